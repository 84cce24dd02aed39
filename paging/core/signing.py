"""Signatures as Standard Webhooks has them (github.com/standard-webhooks/standard-webhooks), which receivers
check with a library of their language.

Its secrets are bytes, written `whsec_` and base64. One of ours that is not so written stands for its letters,
as UTF-8: `spelled` is the form that such a library takes.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
SHORTEST, LONGEST = 16, 64  # bytes of a key


def key_of(secret: str) -> bytes:
    """The bytes that sign."""
    decoded = _decoded(secret)
    return secret.encode() if decoded is None else decoded


def spelled(secret: str) -> str:
    """`whsec_…`, whichever way the secret is kept."""
    return PREFIX + base64.b64encode(key_of(secret)).decode()


def is_misspelled(secret: str) -> bool:
    """It begins with `whsec_`, and what follows is not base64 of 16 to 64 bytes."""
    decoded = _decoded(secret)
    return secret.startswith(PREFIX) and (decoded is None or not SHORTEST <= len(decoded) <= LONGEST)


def headers(*, message_id: str, stamp: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """`stamp` is the Unix time of this try. One signature for each secret: the receiver knows one of them."""
    signed = f"{message_id}.{stamp}.".encode() + body
    proofs = (base64.b64encode(hmac.digest(key_of(one), signed, hashlib.sha256)).decode() for one in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(f"v1,{proof}" for proof in proofs),
    }


def event_headers(
    *, event: str, message_id: str, stamp: int, body: bytes, secret: str, former: str = ""
) -> dict[str, str]:
    """All that an event carries, in the form of Standard Webhooks and in ours from before. `former` signs,
    too, where it is not empty: for whoever has not the new secret yet.
    """
    secrets = [secret, former] if former else [secret]
    return {
        "X-Watchbill-Event": event,
        "X-Watchbill-Delivery": message_id,
        "X-Watchbill-Signature": f"t={stamp},v1={stamped(secret, stamp, body)}",
        **headers(message_id=message_id, stamp=stamp, body=body, secrets=secrets),
    }


def stamped(secret: str, stamp: int, body: bytes) -> str:
    """HMAC-SHA256 over the Unix time, a dot and the body, as 64 hexadecimal digits; the letters of the secret
    are the key.
    """
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _decoded(secret: str) -> bytes | None:
    if not secret.startswith(PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return None
