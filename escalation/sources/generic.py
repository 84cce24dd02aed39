"""Whatever can post JSON, a form or an address: read by the usual names, or by the mapping of its key.

Nothing that can be read at all is refused: most senders do not try again. What cannot be told is read in the
way that pages somebody: an unknown word triggers, a missing summary is made of what there is.
"""

import base64
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from escalation.sources import usual
from escalation.sources.event import BOM, Event, Malformed, NotGenuine, check_storable, read_list
from escalation.sources.reading import read
from escalation.sources.request import Sent, read_fields
from escalation.sources.signing import check_fresh, hmac_of

BASE64 = "whsec_"
"""A secret that begins so is base64, as Standard Webhooks write theirs; any other is taken by the letter."""


def parse(sent: Sent) -> list[Event]:
    """The events of a post that has no mapping. Raises Malformed."""
    return read(payload_of(sent)).events


def prove(sent: Sent, secret: str, now: datetime) -> str:
    """The mark of a signed post: by Standard Webhooks, whose id it is, or as GitHub signs (the hex
    HMAC-SHA256 of the body in X-Hub-Signature-256), which says no time, so that a copy cannot be told.

    Raises NotGenuine.
    """
    if "webhook-signature" in sent.headers:
        return _prove_standard(sent, secret, now)
    given = sent.headers.get("x-hub-signature-256", "").strip().lower()
    expected = f"sha256={hmac_of(secret, sent.body)}"
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise NotGenuine("the signature is missing or not made with this key's secret")
    return ""


def payload_of(sent: Sent) -> Any:
    """What was posted, to be held against expressions: an object, or a list. Raises Malformed.

    A text that is neither JSON nor a form is the `message` of an object. What stands in the address is
    beside it, where the body does not say the same. A routing key in it is left out.
    """
    body = sent.body.removeprefix(BOM).strip()
    if body.startswith(b"["):
        return read_list(body)
    beside = {name: one for name, one in sent.query.items() if usual.plain_name(name) not in usual.SECRETS}
    fields = {**beside, **_fields(replace(sent, query=beside), body)}
    kept = {name: one for name, one in fields.items() if usual.plain_name(name) not in usual.KEYS}
    if not kept:
        raise Malformed("There is nothing in it; send at least a summary.")
    return kept


def _fields(sent: Sent, body: bytes) -> dict[str, Any]:
    is_text = sent.headers.get("content-type", "").lower().startswith("text/plain")
    if body and is_text and not body.startswith(b"{"):
        return _message(body)
    fields = read_fields(sent)
    return _message(body) if body and list(fields.values()) == [""] else fields


def _message(body: bytes) -> dict[str, Any]:
    said = body.decode("utf-8", "replace")
    check_storable(said)
    return {"message": said}


def _prove_standard(sent: Sent, secret: str, now: datetime) -> str:
    at, which = sent.headers.get("webhook-timestamp", ""), sent.headers.get("webhook-id", "")
    check_fresh(at, now)
    is_base64, secret = secret.startswith(BASE64), secret.removeprefix(BASE64)
    try:
        signer = Webhook(base64.b64decode(f"{secret}==") if is_base64 else secret.encode())
        expected = signer.sign(which, datetime.fromtimestamp(int(at), tz=UTC), sent.body.decode())
    except (ValueError, EmptyWebhookSecretError) as fault:
        raise NotGenuine("by Standard Webhooks a text is signed, with its time in whole seconds") from fault
    given = [one.encode("utf-8", "replace") for one in sent.headers["webhook-signature"].split()]
    if not which or not any(hmac.compare_digest(expected.encode(), one) for one in given):
        raise NotGenuine("the signature is missing or not made with this key's secret")
    return f"standard:{which}"
