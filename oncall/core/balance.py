"""How evenly a role is carried: hours, nights, weekends and holidays of each person, against the mean.

A night is 22:00 to 08:00, a weekend day and a holiday are whole days, all in the person's own zone; one
counts as soon as an hour of it is carried.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Literal, NamedTuple

from oncall.core.final import Shift
from oncall.core.span import Span, union
from oncall.core.walltime import first_instant, wall_time

Tone = Literal["fair", "amber", "red"]
WEEKS = 52
AMBER, RED = 0.10, 0.25
COUNTS_FROM = timedelta(hours=1)
A_DAY, A_WEEK, HOUR = timedelta(days=1), timedelta(weeks=1), timedelta(hours=1)
MIDNIGHT, EVENING, MORNING = time(0), time(22), time(8)
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Carrier:
    """One person: their zone, and the holidays of their own calendar by date; None where none are known."""

    zone: tzinfo
    holidays: Mapping[date, str] | None = None


class Day(NamedTuple):
    """A night (the one that begins on `day`) or a day, how much of it is carried, and by which shifts."""

    day: date
    carried: timedelta
    shifts: tuple[Shift, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one person carries. `holidays` is None where their holidays are not known."""

    user: int
    shifts: tuple[Shift, ...] = ()
    nights: tuple[Day, ...] = ()
    weekend_days: tuple[Day, ...] = ()
    holidays: tuple[Day, ...] | None = None

    @property
    def hours(self) -> float:
        return sum(((shift.end - shift.start) for shift in self.shifts), timedelta()) / HOUR

    @property
    def weekends(self) -> float:
        """A weekend of which one day is carried is half a one."""
        return len(self.weekend_days) / 2

    @property
    def holiday_count(self) -> int | None:
        return None if self.holidays is None else len(self.holidays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What one person carries without a break, over handoffs."""

    user: int
    span: Span

    @property
    def hours(self) -> float:
        return (self.span.end - self.span.start) / HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One role over `span`. `standing`: those who take turns in it, among whom it should be even."""

    role: str
    span: Span
    tallies: tuple[Tally, ...]
    standing: frozenset[int] = frozenset()
    gaps: tuple[Shift, ...] = ()
    longest: Stretch | None = None
    means: Mapping[str, float] = field(default_factory=dict)

    def share(self, tally: Tally) -> float:
        """Of all the time there is."""
        return tally.hours * HOUR / (self.span.end - self.span.start)

    def tone(self, tally: Tally, measure: str) -> Tone | None:
        """How far from fair it is; None for who takes no turns, and where it is not known."""
        value, mean = MEASURES[measure](tally), self.means.get(measure)
        if tally.user not in self.standing or value is None or mean is None:
            return None
        return tone(value, mean)

    @property
    def gap_hours(self) -> float:
        return sum(((gap.end - gap.start) for gap in self.gaps), timedelta()) / HOUR


MEASURES: Mapping[str, Callable[[Tally], float | None]] = {
    "hours": lambda tally: tally.hours,
    "nights": lambda tally: len(tally.nights),
    "weekends": lambda tally: tally.weekends,
    "holidays": lambda tally: tally.holiday_count,
}


def weeks_from(now: datetime, zone: tzinfo) -> Span:
    """52 whole weeks, from the Monday midnight of `zone` that begins the week of `now`."""
    today = wall_time(now, zone).date()
    monday = today - today.weekday() * A_DAY
    return Span(_midnight(monday, zone), _midnight(monday + WEEKS * A_WEEK, zone))


def balance(
    role: str,
    shifts: Sequence[Shift],
    carriers: Mapping[int, Carrier],
    span: Span,
    *,
    standing: Collection[int] = (),
) -> Balance:
    """`shifts`: those of the role, a partition of `span`, in order. Who stands in it is among the tallies."""
    by_user: dict[int, list[Shift]] = {user: [] for user in standing}
    for shift in shifts:
        if shift.user is not None:
            by_user.setdefault(shift.user, []).append(shift)
    tallies = tuple(_tally(user, mine, carriers[user], span) for user, mine in by_user.items())
    stretches = (
        Stretch(user=user, span=one)
        for user, mine in by_user.items()
        for one in union(Span(shift.start, shift.end) for shift in mine)
    )
    return Balance(
        role=role,
        span=span,
        tallies=tallies,
        standing=frozenset(standing),
        gaps=tuple(shift for shift in shifts if shift.user is None),
        longest=max(stretches, key=lambda one: one.hours, default=None),
        means=_means([tally for tally in tallies if tally.user in standing]),
    )


def tone(value: float, mean: float) -> Tone:
    """Amber over 10 %, red over 25 % away from fair; what is less than one away from it is fair."""
    away = abs(value - mean)
    if away < 1 or away <= AMBER * mean:
        return "fair"
    return "amber" if away <= RED * mean else "red"


def nights(zone: tzinfo, span: Span) -> Sequence[tuple[date, Span]]:
    """Every night that touches `span`, by the day it begins on."""
    return [
        (day, Span(_at(day, EVENING, zone), _at(day + A_DAY, MORNING, zone))) for day in _days(zone, span)
    ]


def days(zone: tzinfo, span: Span) -> Sequence[tuple[date, Span]]:
    """Every day that touches `span`, midnight to midnight."""
    return [(day, Span(_midnight(day, zone), _midnight(day + A_DAY, zone))) for day in _days(zone, span)]


def _tally(user: int, shifts: Sequence[Shift], carrier: Carrier, span: Span) -> Tally:
    own_nights, own_days = _calendar(carrier.zone, span)
    holidays, known = carrier.holidays, carrier.holidays or {}
    weekend = [one for one in own_days if one[0].weekday() >= SATURDAY]
    free = [one for one in own_days if one[0] in known]
    named = (day._replace(name=known[day.day]) for day in _carried(shifts, free))
    return Tally(
        user=user,
        shifts=tuple(shifts),
        nights=tuple(_carried(shifts, own_nights)),
        weekend_days=tuple(_carried(shifts, weekend)),
        holidays=None if holidays is None else tuple(named),
    )


def _carried(shifts: Iterable[Shift], units: Sequence[tuple[date, Span]]) -> Iterator[Day]:
    """The nights or days, sorted, of which at least an hour is carried."""
    ends = [unit.end for _, unit in units]
    found: dict[date, tuple[timedelta, tuple[Shift, ...]]] = {}
    for shift in shifts:
        for day, unit in units[bisect_right(ends, shift.start) :]:
            if unit.start >= shift.end:
                break
            carried, behind = found.get(day, (timedelta(), ()))
            more = min(unit.end, shift.end) - max(unit.start, shift.start)
            found[day] = (carried + more, (*behind, shift))
    return (Day(day, carried, behind) for day, (carried, behind) in found.items() if carried >= COUNTS_FROM)


def _means(tallies: Sequence[Tally]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, measure in MEASURES.items():
        values = [value for value in map(measure, tallies) if value is not None]
        if values:
            found[name] = sum(values) / len(values)
    return found


@lru_cache(maxsize=64)
def _calendar(zone: tzinfo, span: Span) -> tuple[Sequence[tuple[date, Span]], Sequence[tuple[date, Span]]]:
    """The nights and days of one zone: the same for everybody who lives there."""
    return nights(zone, span), days(zone, span)


def _days(zone: tzinfo, span: Span) -> Iterator[date]:
    day, last = wall_time(span.start, zone).date() - A_DAY, wall_time(span.end, zone).date()
    while day <= last:
        yield day
        day += A_DAY


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return first_instant(datetime.combine(day, clock), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return _at(day, MIDNIGHT, zone)
