"""A schedule's next 52 weeks, role by role, in at most five queries. Reading writes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from oncall.core import final
from oncall.core.balance import Balance, Carrier, balance, weeks_from
from oncall.core.coverage import NEVER_PAGED
from oncall.core.definition import Definition, Role, in_order
from oncall.core.final import Roster, Shift
from oncall.core.span import Span
from oncall.loading import rosters
from oncall.models import HolidayDate, Schedule
from people.models import User

A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """`unknown`: those whose holidays are not counted, with why, by user id."""

    zone: tzinfo
    span: Span
    balances: tuple[Balance, ...]
    people: Mapping[int, User]
    unknown: Mapping[int, str]

    def weeks(self) -> tuple[str, str]:
        """The first and the last ISO week, such as 2026-W48."""
        return _iso_week(self.span.start, self.zone), _iso_week(self.span.end, self.zone, days_before=1)


def quality(schedule: Schedule, *, now: datetime) -> Quality:
    """From the beginning of this ISO week, in the schedule's zone, 52 weeks. A shadow is left out."""
    zone, roster, span = _roster(schedule, now)
    by_role: dict[str, list[Shift]] = {}
    for shift in final.shifts(roster, *span, split_at_handoffs=True):
        if shift.role not in NEVER_PAGED:
            by_role.setdefault(shift.role, []).append(shift)
    standing = {role: _standing(roster, role, now) for role in by_role}
    carrying = {shift.user for shifts in by_role.values() for shift in shifts if shift.user is not None}
    people = User.objects.in_bulk(carrying.union(*standing.values()))
    holidays = _holidays({user.holidays for user in people.values()}, span)
    carriers = {
        pk: Carrier(ZoneInfo(user.time_zone), holidays.get(user.holidays)) for pk, user in people.items()
    }
    return Quality(
        zone=zone,
        span=span,
        balances=tuple(
            balance(role, by_role[role], carriers, span, standing=_active(standing[role], people))
            for role in in_order(set(by_role))
        ),
        people=people,
        unknown={pk: _why(user) for pk, user in people.items() if user.holidays not in holidays},
    )


def _roster(schedule: Schedule, now: datetime) -> tuple[tzinfo, Roster, Span]:
    """The zone of the version in force now decides where the weeks begin."""
    wide = weeks_from(now, UTC)
    since, until = wide.start - A_WEEK, wide.end + A_WEEK  # whatever the zone
    roster = rosters([schedule.pk], since=since, until=until)[schedule.pk]
    begun = [version.zone for version in roster.versions if version.effective_from <= now]
    zone = begun[-1] if begun else next((version.zone for version in roster.versions), UTC)
    return zone, roster, weeks_from(now, zone)


def _standing(roster: Roster, role: str, now: datetime) -> frozenset[int]:
    """Those who take turns in the role by the version in force now, or by the first there is."""
    begun = [one for one in roster.versions if one.effective_from <= now][-1:] or list(roster.versions[:1])
    return frozenset(user for version in begun for user in _of(version.definition, role))


def _of(definition: Definition, role: str) -> set[int]:
    how = definition.roles.get(role)
    followed = None if how is None or isinstance(how, Role) else definition.followed(how)
    layers = how.layers if isinstance(how, Role) else (followed,) if followed else ()
    return {user for layer in layers for slot in layer.participants for user in slot}


def _active(users: Collection[int], people: Mapping[int, User]) -> list[int]:
    active = (pk for pk in users if people[pk].is_active)
    return sorted(active, key=lambda pk: str(people[pk]))


def _holidays(calendars: Collection[str], span: Span) -> Mapping[str, Mapping[date, str]]:
    rows = HolidayDate.objects.filter(
        calendar__in=[name for name in calendars if name],
        date__gte=span.start.date(),
        date__lte=span.end.date(),
    )
    found: dict[str, dict[date, str]] = {}
    for calendar, day, name in rows.values_list("calendar", "date", "name"):
        found.setdefault(calendar, {})[day] = name
    return found


def _why(user: User) -> str:
    if not user.holidays:
        return "has no holiday calendar"
    return f"has the holiday calendar {user.holidays}, of which no dates are known"


def _iso_week(at: datetime, zone: tzinfo, *, days_before: int = 0) -> str:
    day = at.astimezone(zone).date()
    year, week, _ = date.fromordinal(day.toordinal() - days_before).isocalendar()
    return f"{year}-W{week:02}"
