"""Email by SMTP. One connection a message: a page is rare, and a connection kept open is a stale one."""

import re
import smtplib

from django.core.mail import get_connection

from paging.channels.base import Accepted, ChannelError, Fault
from paging.channels.letter import letter, message_id
from paging.channels.smtp import TIMEOUT
from paging.core.message import Message

NO_SUCH_ADDRESS = re.compile(rb"\b5\.1\.[0-36]\b")  # RFC 3463: not there, or moved


class EmailChannel:
    provider = "smtp"
    title = "the mail server"

    def send(self, message: Message) -> Accepted:
        try:
            letter(message, get_connection(timeout=TIMEOUT)).send()
        except OSError as fault:  # smtplib's own errors are OSErrors too
            raise ChannelError(f"The mail server said: {_answer(fault)}", fault=_fault(fault)) from fault
        return Accepted(self.provider, message_id(message))


def _answer(fault: OSError) -> str:
    """“550 5.1.1 unknown”."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(said)}" for code, said in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error)}"
    return str(fault)


def _text(said: bytes | str) -> str:
    return said if isinstance(said, str) else said.decode(errors="replace")


def _fault(fault: OSError) -> Fault:
    """SMTP's own rule: 5xx is for good, 4xx for now. Without an answer, for now."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        answers = list(fault.recipients.values())
        if any(code < 500 for code, _ in answers):
            return Fault.TEMPORARY
        gone = all(NO_SUCH_ADDRESS.search(said) for _, said in answers)
        return Fault.ADDRESS if gone else Fault.MESSAGE
    if not isinstance(fault, smtplib.SMTPResponseException) or fault.smtp_code < 500:
        return Fault.TEMPORARY
    ours = isinstance(fault, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused)
    return Fault.PROVIDER if ours else Fault.MESSAGE
