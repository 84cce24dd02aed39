"""Shifts that fall on their person's time off are told early: once each, with who could carry them.

Those of one schedule are told together: a week off can fall on ten shifts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet

from oncall.actions.conflict_news import conflict_news
from oncall.core.conflicts import Conflict
from oncall.models import ConflictTold, Schedule, TimeOff
from oncall.selectors import conflicts, schedules_of
from paging.actions.notices import NoticeRequest, tell
from people.models import User

AHEAD = timedelta(days=90)
EVERY = timedelta(hours=1)
A_DAY = timedelta(days=1)
LOOK_BACK = (timedelta(days=35), timedelta(days=400))
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Met:
    """A shift that falls on time off, and the instant that names it for ever (see `_found`)."""

    conflict: Conflict
    begins: datetime

    def key(self) -> tuple[int, str, datetime]:
        return self.conflict.schedule, self.conflict.shift.role, self.begins


def tell_due_conflicts(*, clock: Callable[[], datetime], limit: int = 100) -> int:
    """Look at the time off of the next 90 days that nobody looked at within the hour, the new ones first.

    Returns how many were looked at. Safe to run in many workers at once: what is found is found before
    anything is locked, and told by whoever still finds the row as it was.
    """
    rows = _due(clock()).select_related("user").order_by(F("checked_at").asc(nulls_first=True), "pk")
    return sum(_run_one(row, clock) for row in list(rows[:limit]))


def conflicts_of(user: User, *, now: datetime) -> list[Conflict]:
    """The shifts that fall on the time off of `user` now or in the next 90 days. What is past is left out."""
    return [each.conflict for each in _found(user, now)]


def _due(now: datetime) -> QuerySet[TimeOff]:
    return TimeOff.objects.filter(
        Q(checked_at=None) | Q(checked_at__lte=now - EVERY),
        cancelled_at=None,
        end__gte=(now - A_DAY).date(),
        start__lte=(now + AHEAD + A_DAY).date(),
    )


def _run_one(seen: TimeOff, clock: Callable[[], datetime]) -> bool:
    now = clock()
    try:
        fresh = _fresh(seen, now)
        news = _news(fresh, seen.user, now)
        with transaction.atomic():
            if not _unchanged(seen):
                return False
            TimeOff.objects.filter(pk=seen.pk).update(checked_at=now)
            ConflictTold.objects.bulk_create(
                ConflictTold(user=seen.user, schedule_id=schedule, role=role, begins=begins)
                for schedule, role, begins in {one.key() for one in fresh}
            )
            tell(requests=news, now=now)
            return True
    except IntegrityError:
        return False  # told this moment, of another time off that meets the same shift: looked at anew
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("conflicts_not_told", time_off=seen.pk, effect=f"looked at again after {EVERY}")
        TimeOff.objects.filter(pk=seen.pk).update(checked_at=now)
        return False


def _unchanged(seen: TimeOff) -> bool:
    """Lock it, unless another worker is at it or was quicker, or it is not what was looked at any more."""
    rows = TimeOff.objects.select_for_update(skip_locked=True, of=("self",))
    same = rows.filter(
        pk=seen.pk,
        cancelled_at=None,
        checked_at=seen.checked_at,
        start=seen.start,
        end=seen.end,
        starts_at=seen.starts_at,
        ends_at=seen.ends_at,
    )
    return same.first() is not None


def _fresh(seen: TimeOff, now: datetime) -> list[_Met]:
    """The shifts that fall on this time off, but for those its person was told of before."""
    if not seen.user.is_active:
        return []
    found = [one for one in _found(seen.user, now) if one.conflict.away.number == seen.pk]
    told = ConflictTold.objects.filter(user=seen.user, begins__in=[one.begins for one in found])
    known = set(told.values_list("schedule", "role", "begins"))
    return [one for one in found if one.key() not in known]


def _found(user: User, now: datetime) -> list[_Met]:
    """Each with when its shift begins, which names it: for one begun longer ago than anybody looks, when the
    time off does, as it would have a new name every hour else.
    """
    schedules = list(schedules_of(user.pk).filter(retired_at=None).values_list("pk", flat=True))
    found: list[_Met] = []
    for back in LOOK_BACK:
        since = now - back
        met = conflicts(schedules, since=since, until=now + AHEAD + LOOK_BACK[0])
        own = [each for each in met if each.shift.user == user.pk and _is_ahead(each, now)]
        clipped = [each for each in own if each.shift.start <= since]
        found = [_Met(each, each.away.span.start if each in clipped else each.shift.start) for each in own]
        if not clipped:
            break
    return found


def _is_ahead(each: Conflict, now: datetime) -> bool:
    return each.span.start < now + AHEAD and each.span.end > now


def _news(fresh: Sequence[_Met], person: User, now: datetime) -> list[NoticeRequest]:
    """What the person and the managers of each schedule are to hear."""
    schedules = Schedule.objects.select_related("team").in_bulk({one.conflict.schedule for one in fresh})
    return [
        request
        for number, schedule in sorted(schedules.items())
        for request in conflict_news(
            schedule, [one.conflict for one in fresh if one.conflict.schedule == number], person, now=now
        )
    ]
