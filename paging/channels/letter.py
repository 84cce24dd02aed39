"""A message as a mail, whoever carries it: its parts, its headers, and what it belongs to."""

import re
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from paging.core.message import Message

UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


def letter(message: Message, connection: Any) -> EmailMultiAlternatives:
    """To one recipient, so that nobody sees another's address.

    A List-Unsubscribe stands on none: nobody leaves a rotation by a mail program's button, and whoever
    turns a method off does so where it can be seen.
    """
    headers = {
        "Message-ID": message_id(message),
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers, please
        "X-Auto-Response-Suppress": "All",  # the same, as Exchange understands it
        "X-Watchbill-Sent-By": settings.PUBLIC_URL,  # where it comes back as an alert, it raises none
    }
    if message.thread:
        thread = f"<{UNSAFE.sub('-', message.thread)}@{_domain()}>"
        headers |= {"In-Reply-To": thread, "References": thread}
    mail = EmailMultiAlternatives(
        message.subject,
        message.text,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
        connection=connection,
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def message_id(message: Message) -> str:
    """The same over retries, so that a mailbox may show one that came twice once."""
    return f"<{message.message_id}@{_domain()}>"


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
