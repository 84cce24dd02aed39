"""Write down what became of a message that was handed over; where it failed, go on another way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from paging import links
from paging.actions import bundles, timeline
from paging.actions.bundles import STOPPED
from paging.actions.going_on import go_on, lock_page
from paging.core.cause import is_test
from paging.core.code_words import without
from paging.core.delivery import (
    ELSEWHERE,
    LEASE,
    LEFT,
    Accepted,
    Fault,
    Rejected,
    Round,
    Settled,
    State,
    settle,
)
from paging.core.message import Message
from paging.core.price import reckoned
from paging.core.rules import INFO
from paging.models import Attempt, Notification
from people import metrics
from people.ledger.record import Line, record
from people.ledger.verbs import Verb

OUTBOX = "outbox"


@dataclass(frozen=True)
class Handover:
    """A claimed notification as it was handed to a provider. `message` is None where nothing was handed over.

    `provider` is the short name for rows and metrics, `title` the one for sentences; `following` is both of
    the provider to ask next, where one is left. `hopeful`: one that was asked before it, in the same claim,
    failed only for now. `took` is how long it took to answer.
    """

    notification: Notification
    message: Message | None = None
    provider: str = ""
    title: str = "anybody"
    following: tuple[str, str] | None = None
    hopeful: bool = False
    took: timedelta | None = None


def record_answer(*, handover: Handover, answer: Accepted | Rejected, now: datetime) -> bool:
    """The state, the attempt and the timeline's line, in one transaction. Returns whether the same worker
    is to ask the next provider: it holds the claim for another lease then.

    A worker that comes so late that another one has claimed the row changes no state, and is still on record.
    """
    claimed = handover.notification
    spread = claimed.message_id.int % 1000 / 1000
    within = Round(elsewhere=handover.following is not None, hopeful=handover.hopeful)
    settled = settle(answer, attempts=claimed.attempts, spread=spread, now=now, within=within)
    with transaction.atomic(durable=True):
        if settled.state in {State.FAILED, State.CLAIMED}:
            page = lock_page(claimed)
            if settled.state is State.CLAIMED and page.stopped_at is not None:
                settled = Settled(State.SUPPRESSED, page.stop_reason)
        ours = _put(handover, settled, now=now)
        if isinstance(answer, Accepted) and not ours:
            _replace_receipts(claimed, answer)
        if handover.message is not None:
            Attempt.objects.create(at=now, **_attempt(handover, handover.message, answer))
        instead = ""
        if isinstance(answer, Rejected) and ours:
            instead = _instead(handover, answer, settled, now=now)
        others = bundles.members(claimed) if settled.state is State.SENT else []
        lines = [
            _line(replace(handover, notification=one), settled, instead=instead, now=now)
            for one in [claimed, *others]
        ]
        if others:
            count = len({one.page.cause for one in [claimed, *others]})
            lines = [replace(line, what=f"{line.what}; it says {count} at once") for line in lines]
        record(lines, now=now)
    if handover.message is not None:
        _measure(handover, answer, now=now)
    return ours and settled.state is State.CLAIMED


def _put(handover: Handover, settled: Settled, *, now: datetime) -> bool:
    """Whether the state was ours to change. That it left is a fact, whoever holds the claim by now; and a
    receipt that says so came from somebody who knows better than a call that got no answer.
    """
    claimed = handover.notification
    changes: dict[str, Any] = {"state": settled.state, "reason": settled.reason[:200]}
    if handover.provider:
        changes["provider"] = handover.provider
    if settled.due_at is not None:
        changes["due_at"] = settled.due_at
    if settled.state is State.SENT:
        changes["sent_at"] = now
    if settled.state is State.CLAIMED and handover.following is not None:
        changes |= {"provider": handover.following[0], "lease_until": now + LEASE}
    rows = Notification.objects.filter(pk=claimed.pk).exclude(state__in=LEFT)
    if settled.state is not State.SENT:
        rows = rows.filter(claim=claimed.claim)
    if rows.update(**changes):
        return True
    if settled.state is State.SENT:
        unsaid = Notification.objects.filter(pk=claimed.pk, sent_at=None)
        unsaid.update(sent_at=now, provider=handover.provider)
    return False


def _attempt(handover: Handover, message: Message, answer: Accepted | Rejected) -> dict[str, Any]:
    """As handed over. Only the outbox keeps links that work: there the row is the delivery. A code that
    proves an address is kept nowhere; without a provider it stands in the output of the process that sends.
    """
    kept = message.text if handover.provider == OUTBOX else links.without_tokens(message.text)
    kept = without(kept, message.secrets)
    said = (
        {"accepted": True, "provider_id": answer.provider_id[:128]}
        if isinstance(answer, Accepted)
        else {"accepted": False, "error": answer.error[:500], "fault": answer.fault}
    )
    cost = _cost(handover, message, answer)
    return said | {
        "took_ms": None if handover.took is None else max(round(handover.took.total_seconds() * 1000), 0),
        "cost": cost,
        "currency": "" if cost is None else settings.PRICES.currency,
        "notification": handover.notification,
        "provider": handover.provider,
        "subject": message.subject,
        "body": kept,
    }


def _cost(handover: Handover, message: Message, answer: Accepted | Rejected) -> Decimal | None:
    """By the operator's prices. What was refused costs nothing, and the outbox never does."""
    if isinstance(answer, Rejected) or handover.provider == OUTBOX:
        return None
    return reckoned(settings.PRICES, via=message.via, text=message.text)


def _replace_receipts(claimed: Notification, answer: Accepted) -> None:
    """A receipt that was quicker than the answer wrote down the same try, without what was said."""
    same = {"provider": answer.provider, "provider_id": answer.provider_id}
    Attempt.objects.filter(notification=claimed, accepted=True, body="", **same).delete()


def _instead(handover: Handover, answer: Rejected, settled: Settled, *, now: datetime) -> str:
    """What is done instead of this try, in words of the timeline; empty where it is tried again later."""
    if settled.state is State.SUPPRESSED:
        bundles.release([handover.notification.pk], now=now)
        return STOPPED
    if settled.state is State.CLAIMED and handover.following is not None:
        return f"{handover.following[1]} at once instead"
    if settled.state is not State.FAILED:
        return ""
    # every provider was asked: only another method is left
    fault = Fault.MESSAGE if answer.fault in ELSEWHERE else answer.fault
    return go_on(handover.notification, fault=fault, why=answer.error, now=now)


def _line(handover: Handover, settled: Settled, *, instead: str, now: datetime) -> Line:
    claimed = handover.notification
    what = timeline.named(claimed)
    if settled.state is State.SENT:
        what = f"{what} handed to {handover.title}"
    elif settled.state in {State.CLAIMED, State.SUPPRESSED}:
        what = f"{what} not taken by {handover.title}"
    elif settled.due_at is not None:
        wait = (settled.due_at - now).total_seconds()
        what = f"{what} not taken by {handover.title}; tried again in {wait:.0f} s"
    else:
        what = f"{what} failed"
    what = f"{what}; {instead}" if instead else what
    verb = Verb.PAGE_SENT if settled.state is State.SENT else Verb.PAGE_FAILED
    return timeline.line(verb, claimed, what, settled.reason or claimed.reason)


def _measure(handover: Handover, answer: Accepted | Rejected, *, now: datetime) -> None:
    claimed = handover.notification
    if isinstance(answer, Accepted):
        outcome = "accepted"
        delay = (now - claimed.due_at).total_seconds()
        # A notice may wait, and says nothing of how pages leave; a test page is none.
        if claimed.page.urgency != INFO and not is_test(claimed.page.cause):
            metrics.SEND_DELAY.labels(kind=claimed.method.kind).observe(max(delay, 0))
    else:
        outcome = "permanent" if answer.permanent else "temporary"
    metrics.ATTEMPTS.labels(provider=handover.provider, outcome=outcome).inc()
