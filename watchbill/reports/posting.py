"""How the mail of a report leaves: by what EMAIL_URL names, a mail server or a provider's API, as pages do.

A report may be late and a page may not: it is sent by neither the queue nor the limits of paging.
"""

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.mime.image import MIMEImage
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from watchbill.mailing import BY_API, BY_SERVER

API_TIMEOUT = (3.0, 5.0)  # seconds to connect and to answer
LONGEST = 300


class _WithImages(EmailMultiAlternatives):
    mixed_subtype = "related"  # RFC 2387: they belong to the HTML, and are no attachments


class NotPosted(Exception):
    """Nobody took it; the text is a sentence."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`images` are PNG by their content id. `name` is the same over retries, and no other letter's."""

    to: str
    subject: str
    text: str
    html: str
    name: str
    images: Mapping[str, bytes] = field(default_factory=dict)


def is_set_up() -> bool:
    return bool(_ways())


def post(letter: Letter) -> None:
    """By the first way that takes it. Raises NotPosted, with what each of them said."""
    faults = []
    for way in _ways():
        try:
            _mail(letter, _connection(way)).send()
        except Exception as fault:  # noqa: BLE001 - each library has its own; what it was is said
            faults.append(_said(way, fault))
        else:
            return
    raise NotPosted((" ".join(faults) or "No mail is set up; look at EMAIL_URL.")[:LONGEST])


def _ways() -> list[str]:
    return [way for way in settings.PAGING_CHANNELS["email"] if way in {BY_SERVER, BY_API}]


def _connection(way: str) -> Any:
    if way == BY_SERVER:
        return get_connection()
    return get_connection(settings.MAIL_API["backend"], timeout=API_TIMEOUT, **settings.MAIL_API["options"])


def _mail(letter: Letter, connection: Any) -> EmailMultiAlternatives:
    """Nobody leaves a report by a mail program's button: who gets it stands with the team."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    mail = _WithImages(
        " ".join(letter.subject.split()),
        letter.text,
        to=[letter.to],
        headers={
            "Message-ID": f"<{letter.name}@{domain}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers, please
            "X-Auto-Response-Suppress": "All",
        },
        connection=connection,
    )
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    for name, content in letter.images.items():
        image = MIMEImage(content, "png")
        image.add_header("Content-ID", f"<{name}>")
        image.add_header("Content-Disposition", "inline", filename=f"{name}.png")
        mail.attach(image)
    return mail


def _said(way: str, fault: Exception) -> str:
    """What a provider's API says in detail is not kept: it may repeat the message, links and all."""
    if way == BY_SERVER:
        return f"The mail server said: {_answer(fault)}."
    status = getattr(fault, "status_code", None)
    title = settings.MAIL_API["title"]
    return f"{title} answered {status}." if status else f"{title} did not take it ({type(fault).__name__})."


def _answer(fault: Exception) -> str:
    """“550 5.1.1 unknown”."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(said)}" for code, said in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error)}"
    return str(fault) or type(fault).__name__


def _text(said: bytes | str) -> str:
    return said if isinstance(said, str) else said.decode(errors="replace")
