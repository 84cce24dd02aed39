"""Shifts that fall on their person's time off are told early: once each, with who could carry them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet

from oncall.actions.refusal import sentence_of_span
from oncall.core.conflicts import Conflict
from oncall.models import Schedule, TimeOff
from oncall.selectors import conflicts, managers_of, schedules_of
from oncall.standins import StandIn, standins
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.selectors import told_of
from people.models import User

AHEAD = timedelta(days=90)
EVERY = timedelta(hours=1)
A_DAY = timedelta(days=1)
LOOK_BACK = (timedelta(days=35), timedelta(days=400))
WHO_COULD = 3
NOBODY_FREE = "Nobody who could carry it is free then, as far as is known."
log = structlog.get_logger(__name__)


def tell_due_conflicts(*, clock: Callable[[], datetime], limit: int = 100) -> int:
    """Look at the time off of the next 90 days that nobody looked at within the hour, the new ones first.

    Returns how many were looked at. Safe to run in many workers at once: what is found is found before
    anything is locked, and told by whoever still finds the row as it was.
    """
    rows = _due(clock()).select_related("user").order_by(F("checked_at").asc(nulls_first=True), "pk")
    return sum(_run_one(row, clock) for row in list(rows[:limit]))


def conflicts_of(user: User, *, now: datetime) -> list[Conflict]:
    """The shifts that fall on the time off of `user` now or in the next 90 days. What is past is left out."""
    return [each for each, _ in _found(user, now)]


def cover_path(*, schedule: str, role: str, giver: int, start: datetime, end: datetime) -> str:
    """The page, below PUBLIC_URL, that asks others to carry this span of `giver`'s."""
    asked = {
        "schedule": schedule,
        "role": role,
        "giver": giver,
        "start": start.isoformat(),
        "end": end.isoformat(),
    }
    return f"/swaps/ask?{urlencode(asked)}"


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
        news = _news(seen, now)
        with transaction.atomic():
            if not _unchanged(seen):
                return False
            TimeOff.objects.filter(pk=seen.pk).update(checked_at=now)
            tell(requests=news, now=now)
            return True
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


def _news(seen: TimeOff, now: datetime) -> list[NoticeRequest]:
    """Who is to hear what of this time off. What its person heard before is not looked at any more."""
    if not seen.user.is_active:
        return []
    found = [(each, _run(each, begins)) for each, begins in _found(seen.user, now) if _is_of(each, seen)]
    told = told_of(seen.user_id, runs=[run for _, run in found])
    fresh = [(each, run) for each, run in found if (_cause(each), run) not in told]
    schedules = Schedule.objects.select_related("team").in_bulk({each.schedule for each, _ in fresh})
    return [
        request
        for each, run in fresh
        for request in _requests(each, schedules[each.schedule], seen.user, run=run, now=now)
    ]


def _is_of(each: Conflict, seen: TimeOff) -> bool:
    return each.away.number == seen.pk


def _found(user: User, now: datetime) -> list[tuple[Conflict, datetime]]:
    """Each with when its shift begins, which names it: for one begun longer ago than anybody looks, when the
    time off does, as it would have a new name every hour else.
    """
    schedules = list(schedules_of(user.pk).filter(retired_at=None).values_list("pk", flat=True))
    found: list[tuple[Conflict, datetime]] = []
    for back in LOOK_BACK:
        since = now - back
        met = conflicts(schedules, since=since, until=now + AHEAD + LOOK_BACK[0])
        own = [each for each in met if each.shift.user == user.pk and _is_ahead(each, now)]
        clipped = [each for each in own if each.shift.start <= since]
        found = [(each, each.away.span.start if each in clipped else each.shift.start) for each in own]
        if not clipped:
            break
    return found


def _is_ahead(each: Conflict, now: datetime) -> bool:
    return each.span.start < now + AHEAD and each.span.end > now


def _cause(each: Conflict) -> str:
    return f"schedule:{each.schedule}"


def _run(each: Conflict, begins: datetime) -> str:
    """At most 64 characters: a role has 40."""
    return f"c:{each.away.user}:{int(begins.timestamp())}:{each.shift.role}"


def _requests(
    each: Conflict, schedule: Schedule, person: User, *, run: str, now: datetime
) -> Iterator[NoticeRequest]:
    start, end = max(each.span.start, now), each.span.end
    path = cover_path(schedule=schedule.name, role=each.shift.role, giver=person.pk, start=start, end=end)
    found = standins(schedule, start=start, end=end, now=now, without=[person.pk])
    could = [one for one in found if one.candidate.can][:WHO_COULD]
    managers = [user for user in managers_of(schedule) if user.pk != person.pk]
    for user in [person, *managers]:
        whose = "You are away, and yet" if user.pk == person.pk else f"{person} is away, and yet"
        span = sentence_of_span(start, end, ZoneInfo(user.time_zone))
        title = f"{whose} on call as {each.shift.role} of {schedule}, {span}"
        notice = Notice(title=title, lines=_who_could(could, user), path=path, label="Ask for cover")
        yield NoticeRequest(user_id=user.pk, cause=_cause(each), run=run, notice=notice)


def _who_could(could: Sequence[StandIn], reader: User) -> tuple[str, ...]:
    names = ["You" if one.user == reader else str(one.user) for one in could]
    said = (f"{name} could: {one.candidate.said}." for name, one in zip(names, could, strict=True))
    return tuple(said) or (NOBODY_FREE,)
