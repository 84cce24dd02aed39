"""EMAIL_REPLIES: where people's answers to our mails arrive, and who hands them to us."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from watchbill.values import VariableError

USER = "watchbill"  # of the name and password that a provider without signatures posts with
SECRET = re.compile(r"[A-Za-z0-9_-]{16,}")
LONGEST_LOCAL_PART = 32
"""Of the 64 characters that one may have (RFC 5321), the rest is what is signed."""


@dataclass(frozen=True)
class Receiver:
    """One whose webhook django-anymail reads. `key`: what it signs with; none: it knows a password."""

    title: str
    view: str
    key: str = ""


RECEIVERS = {
    "mailersend": Receiver("MailerSend", "mailersend.MailerSendInboundWebhookView", "inbound_secret"),
    "mailgun": Receiver("Mailgun", "mailgun.MailgunInboundWebhookView", "webhook_signing_key"),
    "mailjet": Receiver("Mailjet", "mailjet.MailjetInboundWebhookView"),
    "postmark": Receiver("Postmark", "postmark.PostmarkInboundWebhookView"),
    "sparkpost": Receiver("SparkPost", "sparkpost.SparkPostInboundWebhookView"),
}
"""Those that hand over the whole mail: others have to be asked for it, while they wait for an answer."""


@dataclass(frozen=True)
class Replies:
    """`at`: the domain that is ours alone, or a mailbox with plus addresses. `options` are of anymail's
    `view`. All empty where mails are not answered.
    """

    provider: str = ""
    at: str = ""
    view: str = ""
    options: dict[str, Any] = field(default_factory=dict, repr=False)


def read(value: str) -> Replies:
    """PROVIDER://SECRET@reply.acme.example or PROVIDER://SECRET@pager@acme.example. Raises VariableError,
    which never repeats the secret.
    """
    if not value:
        return Replies()
    scheme, _, rest = value.partition("://")
    if scheme not in RECEIVERS:
        known = ", ".join(f"{name}://" for name in RECEIVERS)
        raise VariableError(f"EMAIL_REPLIES must begin with one of {known}; leave it empty for none.")
    written, _, at = rest.partition("@")
    receiver, secret = RECEIVERS[scheme], unquote(written)
    if not secret or not _is_place(at):
        raise VariableError(
            f"EMAIL_REPLIES must be {scheme}://SECRET@reply.acme.example, or "
            f"{scheme}://SECRET@pager@acme.example for a mailbox that takes plus addresses (at most "
            f"{LONGEST_LOCAL_PART} characters, without a +); in the secret write @ / : as %40 %2F %3A."
        )
    return Replies(
        provider=scheme,
        at=at.casefold(),
        view=f"anymail.webhooks.{receiver.view}",
        options={receiver.key: secret} if receiver.key else {"webhook_secret": _password(secret, receiver)},
    )


def _is_place(at: str) -> bool:
    local, _, domain = at.rpartition("@")
    try:
        validate_email(f"{local or 'any'}@{domain}")
    except ValidationError:
        return False
    return len(local) <= LONGEST_LOCAL_PART and "+" not in local


def _password(secret: str, receiver: Receiver) -> str:
    if not SECRET.fullmatch(secret):
        raise VariableError(
            f"EMAIL_REPLIES has a secret that {receiver.title} cannot post with; write at least 16 letters, "
            "digits, - and _."
        )
    return f"{USER}:{secret}"
