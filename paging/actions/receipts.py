"""What a provider says later of a message that it took: that it arrived, or that it never will.

A receipt also proves that a message left, whatever became of the worker that sent it: so it is not sent
again. That makes the difference between some duplicates after a crash and none.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from paging.actions import timeline
from paging.actions.going_on import go_on, lock_page
from paging.core.address import without
from paging.core.delivery import State
from paging.core.receipt import Receipt, is_news
from paging.models import Attempt, Notification, Page
from people.ledger.record import Line, record
from people.ledger.verbs import Verb

VERBS = {
    State.SENT: Verb.PAGE_SENT,
    State.DELIVERED: Verb.PAGE_DELIVERED,
    State.UNDELIVERED: Verb.PAGE_UNDELIVERED,
}


def record_receipt(*, message_id: UUID, receipt: Receipt, now: datetime) -> bool:
    """Write down what the receipt says, and go on at once where the message came back.

    Returns whether it was news: what is repeated, overtaken, or about no message of ours changes nothing.
    """
    with transaction.atomic():
        named = Notification.objects.filter(message_id=message_id).first()
        if named is None:
            return False
        lock_page(named)
        row = (
            Notification.objects.select_for_update(of=("self",))
            .select_related("page__user", "method")
            .get(message_id=message_id)
        )
        receipt = replace(receipt, why=without(receipt.why, row.method.address))
        before = State(row.state)
        if not is_news(receipt.state, before=before) or _is_overtaken(row, receipt):
            return False
        in_hand = before is State.CLAIMED and row.lease_until is not None and row.lease_until > now
        _put(row, receipt, now=now)
        unheard = _note_attempt(row, receipt, now=now)
        instead = ""
        if receipt.state is State.UNDELIVERED:
            # after a failure it has gone on already
            instead = (
                "" if before is State.FAILED else go_on(row, now=now, fault=receipt.fault, why=receipt.why)
            )
        elif before in {State.FAILED, State.UNDELIVERED}:
            Page.objects.filter(pk=row.page_id, stopped_at=None).update(unreachable_at=None)
        if receipt.state is not State.SENT or (unheard and not in_hand):
            record([_line(row, receipt, instead=instead)], now=now)
    return True


def _is_overtaken(row: Notification, receipt: Receipt) -> bool:
    """Bad news of a try that was followed by another one says nothing of that."""
    if receipt.state is not State.UNDELIVERED:
        return False
    last = row.tries.filter(accepted=True).exclude(provider_id="").order_by("-pk").first()
    return last is not None and (last.provider, last.provider_id) != (receipt.provider, receipt.provider_id)


def _put(row: Notification, receipt: Receipt, *, now: datetime) -> None:
    row.state, row.reason = receipt.state, receipt.why[:200]
    row.sent_at = row.sent_at or now
    row.save(update_fields=["state", "reason", "sent_at"])


def _note_attempt(row: Notification, receipt: Receipt, *, now: datetime) -> bool:
    """The try that nobody has written down yet: its worker died, or is about to. Returns whether it was so.

    What it said is not known here; a worker that comes after all replaces the row by its own.
    """
    said: dict[str, Any] = {"provider": receipt.provider, "provider_id": receipt.provider_id[:128]}
    if not receipt.provider_id or row.tries.filter(accepted=True, **said).exists():
        return False
    Attempt.objects.create(notification=row, at=now, accepted=True, body="", **said)
    return True


def _line(row: Notification, receipt: Receipt, *, instead: str) -> Line:
    says = {
        State.SENT: "left, as its receipt says",
        State.DELIVERED: "delivered",
        State.UNDELIVERED: f"came back; {instead}" if instead else "came back",
    }
    what = f"{timeline.named(row)} {says[receipt.state]}"
    return timeline.line(VERBS[receipt.state], row, what, receipt.why)
