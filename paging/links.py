"""The signed addresses in messages: one opens one page (a request to reach one person), or all that one
message speaks of, as that person; another verifies the address that it was sent to; to a third a mail is
answered.

Minted when a message is rendered and never stored. Opening it does nothing; what it shows acts on POST.
"""

import base64
import re
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

MAX_AGE = timedelta(days=3)
FOR_EVER = timedelta(days=36_500)
BUNDLE = "b"  # before the id, and a page's id has digits only
INCOMPLETE = "This link is not complete. Copy all of it from the message, or log in."
SALT = "watchbill.page"
VERIFY_SALT = "watchbill.verify"
REPLY_SALT = "watchbill.reply"
SIGNATURE = 22  # characters: 132 of HMAC-SHA256's bits, so that the rest of an SMS is for words
REPLY_SIGNATURE = 20  # characters of base32, since mail servers fold the case of an address: 100 bits
SHOWN = 6
_TOKEN_IN_TEXT = re.compile(rf"(/(?:p|verify)/[\w.\-]{{{SHOWN}}})[\w.\-]+")

_SIGNED = re.compile(rf"(?P<id>[1-9][0-9]{{0,17}})\.(?P<signature>[a-z2-7]{{{REPLY_SIGNATURE}}})")


class BadLink(ValueError):
    """The link is not ours, was changed, or is too old. The text is for the person who opened it."""


class _Signer(signing.TimestampSigner):
    """A truncated signature, compared in constant time by Django."""

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        return super().signature(value, key)[:SIGNATURE]


def page_url(page_id: int) -> str:
    """The absolute address that acts for the person this page is to. Valid for MAX_AGE from now."""
    return f"{settings.PUBLIC_URL}/p/{_signer().sign(str(page_id))}"


def read_page_token(token: str, max_age: timedelta = MAX_AGE) -> int:
    """The page's id. Raises BadLink."""
    return _read(token, max_age, prefix="")


def bundle_url(notification_id: int) -> str:
    """The absolute address that acts for all that one message says. Valid for MAX_AGE from now."""
    return f"{settings.PUBLIC_URL}/p/{_signer().sign(f'{BUNDLE}{notification_id}')}"


def read_bundle_token(token: str, max_age: timedelta = MAX_AGE) -> int:
    """The notification's id. Raises BadLink."""
    if not token.startswith(BUNDLE):
        raise BadLink(INCOMPLETE)
    return _read(token, max_age, prefix=BUNDLE)


def was_ours(token: str) -> bool:
    """Whether it was signed here, however long ago."""
    try:
        _read(token, FOR_EVER, prefix=BUNDLE if token.startswith(BUNDLE) else "")
    except BadLink:
        return False
    return True


def _read(token: str, max_age: timedelta, *, prefix: str) -> int:
    try:
        return int(_signer().unsign(token, max_age=max_age).removeprefix(prefix))
    except signing.SignatureExpired:
        raise BadLink("This link is too old. Log in to see what it was about.") from None
    except (signing.BadSignature, ValueError):
        raise BadLink(INCOMPLETE) from None


def verify_url(verification_id: int) -> str:
    """The absolute address that verifies the contact method it is mailed to, for as long as its code."""
    return f"{settings.PUBLIC_URL}/verify/{_signer(VERIFY_SALT).sign(str(verification_id))}"


def read_verify_token(token: str) -> int:
    """The verification's id. Raises BadLink."""
    try:
        return int(_signer(VERIFY_SALT).unsign(token, max_age=MAX_AGE))
    except (signing.BadSignature, ValueError):
        raise BadLink("This link is not complete, or too old. Copy all of it from the newest mail.") from None


def reply_address(notification_id: int) -> str:
    """Where this mail is answered; empty where no answer comes back to us (EMAIL_REPLIES)."""
    at = settings.MAIL_REPLIES["at"]
    if not at:
        return ""
    local, _, domain = at.rpartition("@")
    signed = f"{notification_id}.{_reply_signature(notification_id)}"
    return f"{local}+{signed}@{domain}" if local else f"{signed}@{domain}"


def read_reply_address(address: str) -> int | None:
    """Of which mail (a notification's id) it is the address to answer; None where it is not ours."""
    local, _, domain = settings.MAIL_REPLIES["at"].rpartition("@")
    before, _, host = address.strip().casefold().rpartition("@")
    found = _SIGNED.fullmatch(before.removeprefix(f"{local}+") if local else before)
    if not domain or host != domain or found is None:
        return None
    number = int(found["id"])
    return number if constant_time_compare(found["signature"], _reply_signature(number)) else None


def _reply_signature(notification_id: int) -> str:
    made = salted_hmac(REPLY_SALT, str(notification_id), algorithm="sha256").digest()
    return base64.b32encode(made).decode().casefold()[:REPLY_SIGNATURE]


def without_tokens(text: str) -> str:
    """`text` as it may be kept: each token cut to where it opens nothing."""
    return _TOKEN_IN_TEXT.sub(r"\1…", text)


def _signer(salt: str = SALT) -> _Signer:
    return _Signer(salt=salt, sep=".")
