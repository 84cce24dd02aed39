"""What comes due of swaps: people are asked again, and what nobody took ends. Each of it once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction

from oncall.actions import swap_news
from oncall.actions.giving import carried
from oncall.actions.spans import roster_around
from oncall.actions.swap_checks import GOING
from oncall.actions.swaps import AGAIN, LEADS, TIMES, expire, next_wake
from oncall.core.span import Span
from oncall.models import Swap
from people.ledger.record import ENGINE

FAULT_PAUSE = timedelta(minutes=5)
log = structlog.get_logger(__name__)


def run_due(*, clock: Callable[[], datetime], limit: int = 100) -> int:
    """Look at every swap whose `wake_at` has come, the oldest first, each in a transaction of its own.

    Returns how many were; fewer than `limit` means that nothing more is due. Safe to run in many workers at
    once: a row that another one holds is passed over.
    """
    due = Swap.objects.filter(wake_at__lte=clock()).order_by("wake_at", "pk")
    return sum(_run_one(pk, clock) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _run_one(pk: int, clock: Callable[[], datetime]) -> bool:
    try:
        with transaction.atomic():
            now = clock()  # after the lock was waited for, where the database has only one writer
            rows = Swap.objects.select_for_update(skip_locked=True, of=("self",))
            row = (
                rows.filter(pk=pk, wake_at__lte=now)
                .select_related("schedule__team", "giver", "taker", "offered_to")
                .first()
            )
            if row is None:
                return False
            _look(row, now)
            return True
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("swap_not_looked_at", swap=pk, effect=f"looked at again after {FAULT_PAUSE}")
        Swap.objects.filter(pk=pk).update(wake_at=clock() + FAULT_PAUSE)
        return False


def _look(row: Swap, now: datetime) -> None:
    """1. What is decided needs nothing more. 2. What ended untaken, or of which the giver has nothing left,
    expires. 3. Otherwise the latest reminder that is due is sent: after an outage one, not a burst.
    """
    if row.state not in GOING:
        Swap.objects.filter(pk=row.pk).update(wake_at=None)
        return
    if row.end <= now:
        swap_news.untaken(row, now=now)
        expire(swap=row, why="nobody took it in time", by=ENGINE, now=now)
        return
    since = max(row.start, now)
    roster = roster_around(row.schedule, since, row.end, now)
    if not carried(roster, row.role, row.giver_id, Span(since, row.end)):
        expire(swap=row, why=f"{row.giver} no longer carries it", by=ENGINE, now=now)
        return
    _remind(row, now)
    Swap.objects.filter(pk=row.pk).update(wake_at=next_wake(row.start, row.end, after=now, urgent=row.urgent))


def _remind(row: Swap, now: datetime) -> None:
    if row.start <= now:
        _remind_late(row, now)
        return
    due = [lead for lead in LEADS if row.asked_at < row.start - lead <= now]
    if due:
        seconds = int(min(due).total_seconds())
        swap_news.reminded(row, run=f"{row.state}:{seconds}", now=now)


def _remind_late(row: Swap, now: datetime) -> None:
    """It has begun, and its giver is still on. Who has to come off now is asked for again and again."""
    number = (now - row.start) // AGAIN
    if row.urgent and 1 <= number <= TIMES:
        swap_news.reminded(row, run=f"{row.state}:late:{number}", now=now)
    if row.start > row.asked_at or (row.urgent and number):
        swap_news.untaken(row, now=now)
