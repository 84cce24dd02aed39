"""Which schedules are to be looked at now, each in a transaction of its own.

Holding a schedule's lock proves that nobody else records its handoffs or tells of them. What was done is in
rows of the same transaction, so that a worker that dies leaves nothing half done, and two that start at once
tell nobody twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from oncall.handoffs.look import Loaded, keep, load
from oncall.models import Schedule

log = structlog.get_logger(__name__)

FAULT_PAUSE = timedelta(minutes=5)
"""A schedule that cannot be read is looked at again after this, behind the others."""

DEADLOCKED = {"40P01", "40001"}


def run_due(
    *, clock: Callable[[], datetime], limit: int = 100, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Look at every schedule whose `wake_at` has come, and at those never looked at; at most `limit`.

    Returns how many were looked at. Safe to run in many workers at once: a schedule that another one holds
    is passed over.
    """
    now = clock()
    due = list(Schedule.objects.filter(_due(now)).order_by("wake_at", "pk")[:limit])
    looked, loaded = 0, _loaded(due, now)
    for schedule in due:
        if stopping():
            break
        looked += _look(schedule.pk, clock, loaded)
    return looked


def _loaded(due: Sequence[Schedule], now: datetime) -> Loaded | None:
    """None where one of them cannot be read: each look then loads its own."""
    try:
        return load(due, now=now) if len(due) > 1 else None
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("schedules_not_loaded_at_once", effect="each is loaded by itself")
        return None


def _due(now: datetime) -> Q:
    return Q(wake_at__lte=now) | Q(wake_at=None, retired_at=None)


def _look(pk: int, clock: Callable[[], datetime], loaded: Loaded | None) -> bool:
    try:
        with transaction.atomic():
            now = clock()  # after the lock was waited for, where the database has only one writer
            rows = Schedule.objects.select_for_update(skip_locked=True, of=("self",))
            schedule = rows.filter(_due(now), pk=pk).first()
            if schedule is not None:
                keep(schedule, now=now, loaded=loaded)
            return schedule is not None
    except (OperationalError, InterfaceError) as fault:
        if getattr(fault.__cause__, "sqlstate", "") in DEADLOCKED:
            return False  # this one waits for the next look, the others do not
        raise
    except Exception:
        log.exception("schedule_not_kept", schedule=pk, effect=f"looked at again after {FAULT_PAUSE}")
        Schedule.objects.filter(pk=pk).update(wake_at=clock() + FAULT_PAUSE)
        return False
