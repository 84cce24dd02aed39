"""Write down what became of a message that was handed over, and go another way where it failed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from paging import links, loading
from paging.actions.pages import reachable, subject_of
from paging.core.address import masked
from paging.core.delivery import WAITING, Accepted, Rejected, Settled, State, settle
from paging.core.message import Message
from paging.core.price import reckoned
from paging.core.rules import INFO, detour
from paging.models import Attempt, Notification, Page
from people import metrics
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb

OUTBOX = "outbox"
CALLED = {
    "sms": "SMS",
    "voice": "call",
    "email": "email",
    "chat": "chat message",
    "webhook": "webhook",
}
VERBS = {State.SENT: Verb.PAGE_SENT, State.PENDING: Verb.PAGE_FAILED, State.FAILED: Verb.PAGE_FAILED}
NOTICE_VERBS = {verb: Verb(verb.replace("page.", "notice.")) for verb in VERBS.values()}


@dataclass(frozen=True)
class Handover:
    """A claimed notification as it was handed to a provider. `message` is None where nothing was handed over.

    `provider` is the short name for rows and metrics, `title` the one for sentences, `took` how long it
    took to answer.
    """

    notification: Notification
    message: Message | None = None
    provider: str = ""
    title: str = "anybody"
    took: timedelta | None = None


def record_answer(*, handover: Handover, answer: Accepted | Rejected, now: datetime) -> None:
    """The state, the attempt and the timeline's line, in one transaction.

    A worker that comes so late that another one has claimed the row changes no state, and is still on record.
    """
    claimed = handover.notification
    spread = claimed.message_id.int % 1000 / 1000
    settled = settle(answer, attempts=claimed.attempts, spread=spread, now=now)
    with transaction.atomic(durable=True):
        if settled.state is State.FAILED:
            _lock(claimed.page_id)
        ours = _put(claimed, settled, now=now)
        if handover.message is not None:
            Attempt.objects.create(at=now, **_attempt(handover, handover.message, answer))
        instead = _go_on(claimed, now=now) if ours and settled.state is State.FAILED else ""
        record([_line(handover, settled, instead=instead, now=now)], now=now)
    if handover.message is not None:
        _measure(handover, answer, now=now)


def _lock(page_id: int) -> None:
    """Of two messages of one page that fail at once, the second sees that the first has failed. The page
    before its notifications, which is the order of a stop, too.
    """
    Page.objects.select_for_update().get(pk=page_id)


def _put(claimed: Notification, settled: Settled, *, now: datetime) -> bool:
    changes: dict[str, Any] = {"state": settled.state, "reason": settled.reason[:200]}
    if settled.due_at is not None:
        changes["due_at"] = settled.due_at
    if settled.state is State.SENT:
        changes["sent_at"] = now
    rows = Notification.objects.filter(pk=claimed.pk).exclude(state=State.SENT)
    if settled.state is not State.SENT:  # what a provider took is a fact, whoever holds the claim by now
        rows = rows.filter(claim=claimed.claim)
    return rows.update(**changes) == 1


def _attempt(handover: Handover, message: Message, answer: Accepted | Rejected) -> dict[str, Any]:
    """As handed over. Only the outbox keeps links that work: there the row is the delivery."""
    kept = message.text if handover.provider == OUTBOX else links.without_tokens(message.text)
    said = (
        {"accepted": True, "provider_id": answer.provider_id[:128]}
        if isinstance(answer, Accepted)
        else {"accepted": False, "error": answer.error[:500]}
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


def _go_on(failed: Notification, *, now: datetime) -> str:
    """Another method at once. Returns what the timeline says about it."""
    page = failed.page
    if not Page.objects.filter(pk=page.pk, stopped_at=None).exists():
        return "its page was stopped"
    if not reachable(page.user):
        _give_up(page, now=now)
        return "nobody is asked in their place"
    methods = loading.usable_methods([page.user_id]).get(page.user_id, ())
    way = detour(methods, loading.told(page.pk), urgency=page.urgency)
    forward = Notification.objects.filter(pk__in=way.forward)
    kinds = list(forward.values_list("method__kind", flat=True)) if way.forward else []
    forward.filter(state__in=WAITING, due_at__gt=now).update(due_at=now)
    Notification.objects.bulk_create(
        Notification(page=page, method_id=method.id, due_at=now, created_at=now) for method in way.extra
    )
    instead = sorted({*kinds, *(method.kind for method in way.extra)})
    if not instead:
        _give_up(page, now=now)
    return (
        f"{' and '.join(CALLED[kind] for kind in instead)} at once instead"
        if instead
        else "no other way is left"
    )


def _give_up(page: Page, *, now: datetime) -> None:
    """Nothing of it arrived and nothing more is to come: the floor above reads that, and asks others."""
    hopeful = page.notifications.exclude(state__in=[State.FAILED, State.UNDELIVERED])
    if not hopeful.exists():
        Page.objects.filter(pk=page.pk).update(unreachable_at=now)


def _line(handover: Handover, settled: Settled, *, instead: str, now: datetime) -> Line:
    claimed = handover.notification
    method, page = claimed.method, claimed.page
    message = f"{CALLED[method.kind]} to {page.user} ({masked(method.address)})"
    if settled.state is State.SENT:
        what = f"{message} handed to {handover.title}"
    elif settled.due_at is not None:
        wait = (settled.due_at - now).total_seconds()
        what = f"{message} not taken by {handover.title}; tried again in {wait:.0f} s"
    else:
        what = f"{message} failed; {instead}" if instead else f"{message} failed"
    data = {"page": page.pk, "notification": claimed.pk, "via": method.kind, "user": page.user_id}
    why = settled.reason or claimed.reason
    verb = VERBS[settled.state]
    return Line(
        NOTICE_VERBS[verb] if page.urgency == INFO else verb, subject_of(page.cause), ENGINE, what, why, data
    )


def _measure(handover: Handover, answer: Accepted | Rejected, *, now: datetime) -> None:
    claimed = handover.notification
    if isinstance(answer, Accepted):
        outcome = "accepted"
        delay = (now - claimed.due_at).total_seconds()
        if claimed.page.urgency != INFO:  # a notice may wait, and says nothing of how pages leave
            metrics.SEND_DELAY.labels(kind=claimed.method.kind).observe(max(delay, 0))
    else:
        outcome = "permanent" if answer.permanent else "temporary"
    metrics.ATTEMPTS.labels(provider=handover.provider, outcome=outcome).inc()
