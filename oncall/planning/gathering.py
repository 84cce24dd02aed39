"""Rows to the puzzle: the roster, and where people live, when they are away and on call elsewhere."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.actions import Refused, ensure_holidays
from oncall.core.coverage import NEVER_PAGED
from oncall.core.final import Roster, shifts
from oncall.core.plan.framing import Frame, frame
from oncall.core.plan.load import Person
from oncall.core.plan.turns import AFTER, BEFORE
from oncall.core.span import Span, union
from oncall.core.walltime import first_instant
from oncall.loading import rosters
from oncall.models import HolidayDate, Schedule, ScheduleVersion, TimeOff
from people.models import User

A_DAY = timedelta(days=1)
Calendars = Mapping[str, frozenset[date]]


def frame_of(schedule: Schedule, since: datetime, until: datetime) -> Frame:
    """The puzzle of [since, until) as the rows say it now, in UTC."""
    first, last = since - BEFORE, until + AFTER
    roster = rosters([schedule.pk], since=first, until=last)[schedule.pk]
    users = list(User.objects.filter(pk__in=_named(roster)))
    calendars = _calendars(users, schedule, first, last)
    own = calendars.get(_calendar_of(schedule, until), frozenset())
    away = _away(users, since, until)
    elsewhere = _elsewhere({user.pk for user in users}, schedule, since, until)
    people = {
        user.pk: Person(
            number=user.pk,
            zone=ZoneInfo(user.time_zone),
            holidays=own | calendars.get(user.holidays, frozenset()),
            away=tuple(union(away.get(user.pk, ()))),
            elsewhere=tuple(union(elsewhere.get(user.pk, ()))),
            left_at=roster.deactivated.get(user.pk),
        )
        for user in users
    }
    return frame(roster, people, since, until)


def _named(roster: Roster) -> set[int]:
    named = {user for version in roster.versions for user in version.definition.users()}
    named |= {override.user for override in roster.overrides}
    return named | {shift.user for temporary in roster.temporaries for shift in temporary.shifts}


def _calendar_of(schedule: Schedule, at: datetime) -> str:
    version = ScheduleVersion.objects.filter(schedule=schedule, effective_from__lt=at)
    latest = version.order_by("-effective_from").first()
    return latest.holidays if latest else ""


def _calendars(users: Iterable[User], schedule: Schedule, first: datetime, last: datetime) -> Calendars:
    """The dates of everybody's calendar and of the schedule's; years not yet kept are written."""
    wanted = {user.holidays for user in users} | {_calendar_of(schedule, last)}
    for calendar in sorted(wanted - {""}):
        with suppress(Refused):  # a calendar nobody knows has no holidays
            ensure_holidays(calendar, range(first.year, last.year + 1))
    rows = HolidayDate.objects.filter(calendar__in=wanted, date__range=(first.date(), last.date()))
    found: dict[str, set[date]] = {}
    for calendar, day in rows.values_list("calendar", "date"):
        found.setdefault(calendar, set()).add(day)
    return {calendar: frozenset(days) for calendar, days in found.items()}


def _away(users: Iterable[User], since: datetime, until: datetime) -> dict[int, list[Span]]:
    zones = {user.pk: ZoneInfo(user.time_zone) for user in users}
    rows = TimeOff.objects.filter(
        user__in=zones,
        cancelled_at=None,
        end__gte=(since - A_DAY).date(),
        start__lte=(until + A_DAY).date(),
    )
    found: dict[int, list[Span]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append(_span_of(row, zones[row.user_id]))
    return found


def _span_of(row: TimeOff, zone: ZoneInfo) -> Span:
    if row.starts_at is not None and row.ends_at is not None:
        return Span(row.starts_at.astimezone(UTC), row.ends_at.astimezone(UTC))
    return Span(*(first_instant(datetime.combine(day, time()), zone) for day in (row.start, row.end)))


def _elsewhere(
    users: set[int], schedule: Schedule, since: datetime, until: datetime
) -> dict[int, list[Span]]:
    """When each of `users` is on call on another schedule, and would be paged."""
    others = Schedule.objects.filter(retired_at=None).exclude(pk=schedule.pk).values_list("pk", flat=True)
    found: dict[int, list[Span]] = {}
    for roster in rosters(others, since=since, until=until).values():
        if not users & _named(roster):
            continue
        for shift in shifts(roster, since, until):
            if shift.user in users and shift.role not in NEVER_PAGED:
                found.setdefault(shift.user or 0, []).append(Span(shift.start, shift.end))
    return found
