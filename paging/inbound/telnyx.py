"""What Telnyx posts to us: whether Telnyx sent it, just now, and the event in it.

https://developers.telnyx.com/development/api-fundamentals/webhooks/receiving-webhooks: Ed25519 over the time
in `Telnyx-Timestamp` (seconds since 1970), “|” and the raw body; base64 in `Telnyx-Signature-Ed25519`.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import orjson
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from paging.inbound.posted import body_of, refusal

P = ParamSpec("P")
SIGNATURE = "Telnyx-Signature-Ed25519"
TIMESTAMP = "Telnyx-Timestamp"
TOLERANCE = timedelta(minutes=5)
LONGEST_TIMESTAMP = 12  # digits
MAX_BYTES = 64 * 1024
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Event:
    """`kind` is such as “message.finalized”, `payload` what it is about."""

    kind: str
    payload: Mapping[str, Any]


View = Callable[Concatenate[HttpRequest, Event, P], HttpResponse]


def door(clock: Callable[[], datetime]) -> Callable[[View[P]], Callable[..., HttpResponse]]:
    """For a view that Telnyx posts to, which gets the event as its second argument.

    Anything but POST is 405, a body above MAX_BYTES 413, and 403 what Telnyx did not sign with the key that
    TELNYX_PUBLIC_KEY belongs to, or signed longer ago than TOLERANCE; so is everything where no key is set.
    Nothing is read of a body before that. What is signed and no event is 400.
    """

    def guard(view: View[P]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def signed(request: HttpRequest, *args: P.args, **parts: P.kwargs) -> HttpResponse:
            if request.method != "POST":
                return refusal(405, "Send this as POST.", Allow="POST")
            body = body_of(request, most=MAX_BYTES)
            if body is None:
                return refusal(413, "The body is too large.")
            said = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
            if not is_signed(body, *said, public_key=settings.TELNYX["public_key"], now=clock()):
                log.warning("callback_refused", provider="telnyx", door=request.path_info.split("/")[1:3])
                return refusal(403, "The signature is not Telnyx's, or too old.")
            event = event_of(body)
            if event is None:
                return refusal(400, "The body is no event.")
            return view(request, event, *args, **parts)

        return signed

    return guard


def is_signed(body: bytes, signature: str, timestamp: str, *, public_key: str, now: datetime) -> bool:
    """Whether the holder of the key signed this body within TOLERANCE of `now`. Never without a key."""
    digits = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= LONGEST_TIMESTAMP
    if not digits or abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), f"{timestamp}|".encode() + body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def event_of(body: bytes) -> Event | None:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, dict):
        return None
    kind, payload = data.get("event_type"), data.get("payload")
    return Event(kind, payload) if isinstance(kind, str) and isinstance(payload, dict) else None
