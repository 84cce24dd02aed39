"""Write down what became of a message that was handed over, and go another way where it failed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from paging import links, loading
from paging.actions import bundles
from paging.actions.bundles import STOPPED
from paging.actions.pages import reachable, subject_of
from paging.actions.refusals import DISABLING, disable_refused
from paging.channels.registry import providers_of
from paging.core.address import masked
from paging.core.cause import is_test
from paging.core.code_words import without
from paging.core.delivery import (
    ELSEWHERE,
    LEASE,
    LEFT,
    WAITING,
    Accepted,
    Fault,
    Rejected,
    Round,
    Settled,
    State,
    settle,
)
from paging.core.failover import in_order
from paging.core.message import Message
from paging.core.price import reckoned
from paging.core.rules import INFO, detour
from paging.models import Attempt, Notification, Page
from paging.queue import nudge_on_commit
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
VERBS = {
    State.SENT: Verb.PAGE_SENT,
    State.PENDING: Verb.PAGE_FAILED,
    State.CLAIMED: Verb.PAGE_FAILED,
    State.SUPPRESSED: Verb.PAGE_FAILED,
    State.FAILED: Verb.PAGE_FAILED,
}
NOTICE_VERBS = {verb: Verb(verb.replace("page.", "notice.")) for verb in VERBS.values()}


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


def lock_page(failed: Notification) -> Page:
    """Of two messages of one page that fail at once, the second sees that the first has failed. All the pages
    that the message said are locked, before their notifications, which is the order of a stop, too: call it
    first. Another way may be added to them meanwhile. Returns its own page.
    """
    said = Notification.objects.filter(Q(pk=failed.pk) | Q(bundled_into=failed)).values("page")
    rows = Page.objects.select_for_update(no_key=True).filter(pk__in=said).order_by("pk")
    return {row.pk: row for row in rows}[failed.page_id]


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


def go_on(failed: Notification, *, now: datetime, fault: Fault = Fault.MESSAGE, why: str = "") -> str:
    """Another way at once, for a message that failed, or that its carrier gave back, and for each page that
    it said beside its own. Returns what the timeline says about its own; of the others it says so itself. In
    the caller's transaction, which has the page's lock (`lock_page`) and has written the message's own state.

    TEMPORARY and PROVIDER: by the next provider of the same method, each of them once a page; where all
    have tried, by the next method. MESSAGE: by the next method. ADDRESS and OPTED_OUT: the method is
    disabled, and then by the next one. `why` is the provider's sentence.
    """
    if fault in DISABLING:
        disable_refused(method=failed.method, fault=fault, why=why, now=now)
    wanted = reachable(failed.page.user) and Page.objects.filter(pk=failed.page_id, stopped_at=None).exists()
    if wanted and fault in ELSEWHERE and (title := _by_next_provider(failed, now=now)):
        return f"{CALLED[failed.method.kind]} by {title} at once instead"
    lines = [
        Line(
            NOTICE_VERBS[Verb.PAGE_FAILED] if one.page.urgency == INFO else Verb.PAGE_FAILED,
            subject_of(one.page.cause),
            ENGINE,
            f"{_message(one)} failed; {_other_way(one, now=now)}",
            failed.reason,
            {"page": one.page_id, "notification": one.pk, "via": one.method.kind, "user": one.page.user_id},
        )
        for one in bundles.fail_members(failed)
    ]
    if lines:
        record(lines, now=now)
    return _other_way(failed, now=now)


def _message(one: Notification) -> str:
    return f"{CALLED[one.method.kind]} to {one.page.user} ({masked(one.method.address)})"


def _other_way(failed: Notification, *, now: datetime) -> str:
    page = failed.page
    if not Page.objects.filter(pk=page.pk, stopped_at=None).exists():
        return STOPPED
    if not reachable(page.user):
        _give_up(page, now=now)
        return "nobody is asked in their place"
    return _by_next_method(failed, now=now)


def _by_next_provider(failed: Notification, *, now: datetime) -> str:
    """The same to the same method, as a message of its own, so that a late receipt of the former one
    says nothing of it. It speaks for whom that one spoke for, and asks no limit: the address did not get it.
    Returns the title of its provider; empty where every one has tried.
    """
    titles = providers_of(failed.method.kind)
    same = Notification.objects.filter(page_id=failed.page_id, method_id=failed.method_id)
    tried = set(Attempt.objects.filter(notification__in=same).values_list("provider", flat=True))
    tried |= set(same.exclude(provider="").values_list("provider", flat=True))
    names = list(titles)
    left = [
        name for name in (names[place] for place in in_order(names, at=failed.provider)) if name not in tried
    ]
    if not left:
        return ""
    # Rows of one method and page differ in their moments; this one may come at the very same.
    due_at = now - timedelta(microseconds=same.count())
    again = Notification.objects.create(
        page_id=failed.page_id,
        method_id=failed.method_id,
        due_at=due_at,
        created_at=now,
        provider=left[0],
        priority=failed.priority,
        admitted_at=now,
        says=failed.says,
    )
    Notification.objects.filter(bundled_into=failed, state=State.BUNDLED).update(bundled_into=again)
    nudge_on_commit()
    return titles[left[0]]


def _by_next_method(failed: Notification, *, now: datetime) -> str:
    page = failed.page
    methods = loading.usable_methods([page.user_id]).get(page.user_id, ())
    way = detour(methods, loading.told(page.pk), urgency=page.urgency)
    forward = Notification.objects.filter(pk__in=way.forward)
    kinds = list(forward.values_list("method__kind", flat=True)) if way.forward else []
    forward.filter(state__in=WAITING, due_at__gt=now).update(due_at=now)
    Notification.objects.bulk_create(
        Notification(page=page, method_id=method.id, due_at=now, created_at=now, priority=failed.priority)
        for method in way.extra
    )
    instead = sorted({*kinds, *(method.kind for method in way.extra)})
    nudge_on_commit()
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
    message = _message(claimed)
    if settled.state is State.SENT:
        what = f"{message} handed to {handover.title}"
    elif settled.state in {State.CLAIMED, State.SUPPRESSED}:
        what = f"{message} not taken by {handover.title}"
        what = f"{what}; {instead}" if instead else what
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
        # A notice may wait, and says nothing of how pages leave; a test page is none.
        if claimed.page.urgency != INFO and not is_test(claimed.page.cause):
            metrics.SEND_DELAY.labels(kind=claimed.method.kind).observe(max(delay, 0))
    else:
        outcome = "permanent" if answer.permanent else "temporary"
    metrics.ATTEMPTS.labels(provider=handover.provider, outcome=outcome).inc()
