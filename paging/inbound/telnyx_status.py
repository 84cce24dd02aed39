"""Telnyx's news of a message, as receipts.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks: `message.sent`, then
`message.finalized`, each with the status of every number that the message went to; ours go to one.
"""

from collections.abc import Mapping
from typing import Any

from paging.core.delivery import State
from paging.core.receipt import Receipt
from paging.core.telnyx import explained
from paging.inbound.telnyx import Event

PROVIDER = "telnyx"
NEWS = frozenset({"message.sent", "message.finalized"})
SENT = frozenset({"queued", "sending", "sent", "delivery_unconfirmed"})
"""What some carriers never confirm is no failure."""

DELIVERED = frozenset({"delivered", "read"})
CAME_BACK = {
    "sending_failed": "not sent",
    "delivery_failed": "not delivered",
    "expired": "it waited too long",
}


def receipt_of(event: Event) -> Receipt | None:
    """None for an event that says nothing of a message of ours, or a status that nobody knows yet."""
    payload = event.payload
    if event.kind not in NEWS or payload.get("direction") != "outbound":
        return None
    status, named = _status(payload.get("to")), str(payload.get("id") or "")
    if status in DELIVERED:
        return Receipt(PROVIDER, named, State.DELIVERED)
    if status in SENT:
        return Receipt(PROVIDER, named, State.SENT)
    if status in CAME_BACK:
        fault, why = explained(payload.get("errors"), otherwise=CAME_BACK[status])
        return Receipt(PROVIDER, named, State.UNDELIVERED, fault, why)
    return None


def _status(numbers: Any) -> str:
    first = numbers[0] if isinstance(numbers, list) and numbers else {}
    return str(first.get("status", "")) if isinstance(first, Mapping) else ""
