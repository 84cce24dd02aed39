"""Email by SMTP. One connection a message: a page is rare, and a connection kept open is a stale one."""

import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from paging.channels.base import Accepted, ChannelError, Fault
from paging.channels.smtp import TIMEOUT
from paging.core.message import Message


class EmailChannel:
    provider = "smtp"
    title = "the mail server"

    def send(self, message: Message) -> Accepted:
        message_id = f"<{message.message_id}@{_domain()}>"
        mail = EmailMultiAlternatives(
            message.subject,
            message.text,
            to=[message.to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            connection=get_connection(timeout=TIMEOUT),
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        try:
            mail.send()
        except OSError as fault:  # smtplib's own errors are OSErrors too
            raise ChannelError(f"The mail server said: {fault}", fault=_fault(fault)) from fault
        return Accepted(self.provider, message_id)


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _fault(fault: OSError) -> Fault:
    """SMTP's own rule: 5xx is for good, 4xx for now. Without an answer, for now."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        for_good = all(code >= 500 for code, _ in fault.recipients.values())
    else:
        for_good = isinstance(fault, smtplib.SMTPResponseException) and fault.smtp_code >= 500
    return Fault.MESSAGE if for_good else Fault.TEMPORARY
