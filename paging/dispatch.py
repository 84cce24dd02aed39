"""How a message leaves: claim one row and commit, hand it over, record the answer and commit.

A worker may die between any two lines here. The row then stays claimed until its lease ends, and is sent
again: two pages beat none.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import zip_longest
from uuid import uuid4

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import OuterRef, Subquery

from paging.actions import bundles
from paging.actions.admission import admit
from paging.actions.composing import TooLate, compose
from paging.actions.outcomes import Handover, record_answer
from paging.actions.pages import reachable
from paging.channels.base import Channel, ChannelError
from paging.channels.registry import channels_for
from paging.core import render, retry
from paging.core.address import without
from paging.core.cause import is_code
from paging.core.delivery import LEASE, WAITING, Accepted, Fault, Rejected, State
from paging.core.failover import Standing, in_order
from paging.core.message import Message
from paging.models import Notification, Page
from people import outbound

LONGEST_CALL = 10.0
"""Seconds for a provider's answer, within the lease. Channels allow themselves 8, but where a library counts
each step by itself, nothing else would end the waiting for a server that answers drop by drop.
"""
RECORD_TRIES = 3
STANDING = Standing()

LOST = "sent again: the worker that held it died, perhaps after it left"
CLAIMED = ["state", "claim", "lease_until", "attempts", "admitted_at", "beyond_limit", "says", "reason"]
# The states are those of WAITING, written out as the index has them.
FIRST_OF = """
(SELECT waiting.id FROM paging_notification waiting
JOIN paging_page page ON page.id = waiting.page_id AND page.stopped_at IS NULL
JOIN paging_contactmethod method ON method.id = waiting.method_id
WHERE waiting.priority = %s AND waiting.due_at <= %s AND waiting.state IN ('pending', 'unknown') {}
ORDER BY waiting.due_at, waiting.id LIMIT 1{})
"""
UNTIDY = "untidy"
LOOK = """
SELECT 'untidy' WHERE EXISTS (
  SELECT 1 FROM paging_notification WHERE state = 'claimed' AND lease_until < %s
) OR EXISTS (
  SELECT 1 FROM paging_notification waiting
  JOIN paging_page page ON page.id = waiting.page_id AND page.stopped_at IS NOT NULL
  WHERE waiting.state IN ('pending', 'unknown') AND waiting.due_at <= %s
)
UNION ALL
SELECT DISTINCT method.kind FROM paging_notification waiting
JOIN paging_contactmethod method ON method.id = waiting.method_id
WHERE waiting.state IN ('pending', 'unknown') AND waiting.due_at <= %s AND waiting.priority IN ({})
"""
OF_KINDS = "AND method.kind IN ({})"
LOCKED = " FOR UPDATE OF waiting SKIP LOCKED"
log = structlog.get_logger(__name__)


class What(Enum):
    """What to send: a thread that sends notices must never be one that a page waits for."""

    PAGES = (Notification.Priority.FIRST, Notification.Priority.MORE)
    NOTICES = (Notification.Priority.NOTICE,)


ALL = (What.PAGES, What.NOTICES)


def send_due(*, clock: Callable[[], datetime], limit: int | None = None, what: Sequence[What] = ALL) -> int:
    """Send what is due until nothing is or `limit` were handled: the first page of a service before another,
    pages before notices, and of those the oldest first.

    Returns how many were handled, sent or not. Run it in as many threads and processes as are wanted: a
    row that one holds is passed over by the others, so that a provider that hangs holds up one thread.
    Call it outside a transaction (RuntimeError otherwise): none is open while a provider is called.
    What a provider or a message does wrong is recorded, not raised.
    """
    handled = 0
    while limit is None or handled < limit:
        now = clock()
        _take_back_lost(now)
        claimed = _claim(clock, what)
        if claimed is None:
            _suppress_stopped(now)
            break
        hand_over(claimed, clock=clock)
        handled += 1
    return handled


def claim_next(
    *, clock: Callable[[], datetime], what: Sequence[What] = ALL, kinds: Collection[str] = ()
) -> Notification | None:
    """The first due message to one of `kinds` of contact method (none: any), for `hand_over`; None where
    none is due. Both outside a transaction.

    It looks neither for lost claims nor for stopped pages: whoever calls it has `due_kinds` do that.
    """
    return _claim(clock, what, kinds)


def due_kinds(*, clock: Callable[[], datetime], what: Sequence[What] = ALL) -> frozenset[str]:
    """The kinds of contact method of what is due: one look for all who send, so that idling costs little."""
    now = clock()
    found = _look(what, now)
    if UNTIDY in found:
        _take_back_lost(now)
        _suppress_stopped(now)
        found = _look(what, now)
    return found - {UNTIDY}


def _look(what: Sequence[What], now: datetime) -> frozenset[str]:
    """The kinds of what is due, and UNTIDY where claims are lost or pages were stopped meanwhile."""
    priorities, at = _wanted(what), connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(LOOK.format(", ".join(["%s"] * len(priorities))), (at, at, at, *priorities))
        return frozenset(kind for (kind,) in cursor.fetchall())


def _take_back_lost(now: datetime) -> None:
    """Claims whose lease ended are due again at once. Their `claim` stays, so that a worker that was only
    slow may still say what became of it, until another one claims the row.
    """
    Notification.objects.filter(state=State.CLAIMED, lease_until__lt=now).update(
        state=State.UNKNOWN, reason=LOST
    )


def _claim(
    clock: Callable[[], datetime], what: Sequence[What] = ALL, kinds: Collection[str] = ()
) -> Notification | None:
    """The first due notification that its address takes now, ours alone; or None. What a limit holds back
    on the way is due later.

    The row's lock proves that nobody else claims it and that no stop has reached it. On SQLite the
    transaction itself is that lock (it is IMMEDIATE). `durable` proves that no transaction is open
    around what follows.
    """
    faulty: set[int] = set()
    while True:
        try:
            with transaction.atomic(durable=True):
                now = clock()  # after the lock was waited for, or the lease would begin in the past
                due = _first_due(what, kinds, now)
                if due is None:
                    return None
                if not _is_admitted(due, faulty, now=now):
                    continue
                due.state, due.claim, due.lease_until = State.CLAIMED, uuid4(), now + LEASE
                due.attempts += 1
                due.save(update_fields=CLAIMED)
        except _NotReckoned as fault:
            faulty.add(fault.notification)
        else:
            return due


class _NotReckoned(Exception):
    def __init__(self, notification: int) -> None:
        super().__init__(notification)
        self.notification = notification


def _is_admitted(due: Notification, faulty: Collection[int], *, now: datetime) -> bool:
    """One whose limits cannot be reckoned, by a fault of ours, leaves without them: it is the first, and
    would keep back everything behind it.
    """
    if due.pk in faulty:
        due.admitted_at = due.admitted_at or now
        return True
    try:
        return admit(due, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.exception("limits_not_reckoned", notification=due.pk, effect="it leaves without them")
        raise _NotReckoned(due.pk) from fault


def _first_due(what: Sequence[What], kinds: Collection[str], now: datetime) -> Notification | None:
    """The first due row, locked. Asked again for every message: in SQL, since Django takes longer to put it
    together than the database to answer.
    """
    priorities, at = _wanted(what), connection.ops.adapt_datetimefield_value(now)
    given = [value for priority in priorities for value in (priority, at, *kinds)]
    with connection.cursor() as cursor:
        cursor.execute(_first_of(len(priorities), len(kinds)), given)
        (pk,) = cursor.fetchone()
    return None if pk is None else Notification.objects.select_related("page__user", "method").get(pk=pk)


def _first_of(priorities: int, kinds: int) -> str:
    """One priority after the other, so that each question reads the beginning of an index, and none is asked
    (or a row locked) once the one before it found something.
    """
    of_kinds = OF_KINDS.format(", ".join(["%s"] * kinds)) if kinds else ""
    question = FIRST_OF.format(of_kinds, LOCKED if connection.features.has_select_for_update else "")
    return f"SELECT COALESCE({', '.join([question] * priorities)}, NULL)"


def _wanted(what: Sequence[What]) -> list[int]:
    """The priorities, the first to leave first."""
    return sorted(priority for one in what for priority in one.value)


def _suppress_stopped(now: datetime) -> None:
    """What came back to waiting (for another try, or from a lost claim) after its page was stopped. Pages
    that it spoke for, and that were not, wait again.
    """
    late = Notification.objects.filter(state__in=WAITING, due_at__lte=now, page__stopped_at__isnull=False)
    ids = list(late.values_list("id", flat=True)[:1000])
    if not ids:
        return
    reason = Page.objects.filter(pk=OuterRef("page_id")).values("stop_reason")
    with transaction.atomic():
        still = Notification.objects.filter(pk__in=ids, state__in=WAITING)
        still.update(state=State.SUPPRESSED, reason=Subquery(reason))
        bundles.release(ids, now=now)


def hand_over(claimed: Notification, *, clock: Callable[[], datetime]) -> None:
    """To its provider; where that one fails, to the next one of the kind in the same claim. Call it at once
    after the claim: the lease runs.
    """
    handover = Handover(claimed)
    try:
        _check(claimed)
        channels = _in_order(channels_for(claimed.method.kind), at=claimed.provider, now=clock())
        message = compose(claimed, now=clock())
    except Exception as fault:  # noqa: BLE001 - one message that cannot be made holds up no other
        _record(handover, _refusal(fault, claimed), now=clock())
        return
    for channel, following in zip_longest(channels, channels[1:]):
        began = clock()
        answer = _ask(channel, message, claimed)
        now = clock()
        handover = replace(
            handover,
            message=message,
            provider=channel.provider,
            title=channel.title,
            following=(following.provider, following.title) if following else None,
            took=now - began,
        )
        _watch(channel, answer, took=now - began, now=now)
        if not _record(handover, answer, now=now):
            break
        for_now = isinstance(answer, Rejected) and not answer.permanent
        handover = replace(handover, hopeful=handover.hopeful or for_now)


def _record(handover: Handover, answer: Accepted | Rejected, *, now: datetime) -> bool:
    """What is not written down is sent again: a connection that broke meanwhile is given up for another."""
    for _ in range(RECORD_TRIES - 1):
        try:
            return record_answer(handover=handover, answer=answer, now=now)
        except (OperationalError, InterfaceError) as fault:
            log.warning(
                "answer_not_recorded", notification=handover.notification.pk, error=str(fault).strip()
            )
            connection.close()
    return record_answer(handover=handover, answer=answer, now=now)


def _in_order(channels: Sequence[Channel], *, at: str, now: datetime) -> list[Channel]:
    names = [channel.provider for channel in channels]
    return [channels[place] for place in in_order(names, at=at, resting=STANDING.resting(now))]


def _ask(channel: Channel, message: Message, claimed: Notification) -> Accepted | Rejected:
    let_go_of_the_database()
    try:
        return outbound.in_time(lambda: channel.send(message), seconds=LONGEST_CALL)
    except Exception as fault:  # noqa: BLE001 - whatever a provider's library raises, the message goes on
        return _refusal(fault, claimed)


def let_go_of_the_database() -> None:
    """Many threads wait for providers; few of them need a connection of the pool at the same moment."""
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def _refusal(fault: Exception, claimed: Notification) -> Rejected:
    if isinstance(fault, ChannelError):
        return Rejected(_said(str(fault), claimed), fault.fault)
    if isinstance(fault, outbound.OutOfTime):
        return Rejected(str(fault), Fault.TEMPORARY)
    if isinstance(fault, TooLate):
        return Rejected(str(fault), Fault.MESSAGE)
    log.error("send_failed", notification=claimed.pk, via=claimed.method.kind, exc_info=fault)
    return Rejected(_said(f"unexpected: {fault!r}", claimed), Fault.TEMPORARY)


def _said(text: str, claimed: Notification) -> str:
    """What a provider said, for a timeline that others read: it may repeat the address."""
    return without(render.clean(text, limit=500), claimed.method.address)


def _watch(channel: Channel, answer: Accepted | Rejected, *, took: timedelta, now: datetime) -> None:
    """A provider that refuses us altogether is a line when it begins and one when it ends."""
    if isinstance(answer, Accepted):
        if STANDING.took(channel.provider):
            log.warning("provider_takes_again", provider=channel.provider)
    elif STANDING.failed(channel.provider, answer.fault, took=took, now=now):
        log.error("provider_refuses", provider=channel.provider, error=answer.error)


def _check(claimed: Notification) -> None:
    """Whether a provider is to be asked at all. Raises ChannelError if not."""
    method, proves = claimed.method, is_code(claimed.page.cause)
    if not reachable(claimed.page.user):
        raise ChannelError("the person has left", fault=Fault.MESSAGE)
    if claimed.attempts > retry.TRIES:
        raise ChannelError(f"{retry.TRIES} workers died over it", fault=Fault.MESSAGE)
    if method.disabled_reason and not proves:
        raise ChannelError(f"the contact method was disabled: {method.disabled_reason}", fault=Fault.MESSAGE)
    if method.verified_at is None and not proves:
        raise ChannelError("the contact method is not verified", fault=Fault.MESSAGE)
