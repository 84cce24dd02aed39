"""Which band a minute is in. By wall-clock time of the person; lengths are real elapsed time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from oncall.compensation.core.terms import Band, Terms, Unit
from oncall.core.restriction import Restriction, windows
from oncall.core.span import Span, intersection, subtraction, union
from oncall.core.walltime import first_instant, wall_time

MIDNIGHT = time(0)
A_DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Holidays = Mapping[date, tuple[time, time]]
"""Each holiday with the wall times it lasts from and to; a `to` of midnight is the end of the day, so that a
whole one is (00:00, 00:00) and a half one may be (12:00, 00:00).
"""
NO_HOLIDAYS: Holidays = {}
WEEKEND_TURNS = 2
"""A weekend is looked for from Wednesday to Wednesday: one from Friday evening to Monday morning is one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person's clock hangs, and which days are holidays there."""

    zone: tzinfo
    holidays: Holidays


def of_bands(terms: Terms, place: Place, within: Span) -> dict[str, list[Span]]:
    """By band, its own time in `within`, sorted and disjoint. Bands not additive share no instant."""
    own: dict[str, list[Span]] = {}
    taken: list[Span] = []
    for band in terms.by_precedence():
        covered = _covered(band, place, within)
        own[band.name] = union([*own.get(band.name, ()), *subtraction(covered, taken)])
        taken = union([*taken, *covered])
    for band in terms.bands:
        if band.additive:
            own[band.name] = _covered(band, place, within)
    return own


def _covered(band: Band, place: Place, within: Span) -> list[Span]:
    spans = [within] if within.start < within.end else []
    if band.within is not None:
        spans = intersection(spans, _windows(band.within, place.zone, within))
    if band.outside:
        spans = subtraction(spans, _windows(band.outside, place.zone, within))
    return intersection(spans, holiday_spans(place, within)) if band.holidays else spans


@lru_cache(maxsize=1024)
def _windows(restrictions: tuple[Restriction, ...], zone: tzinfo, within: Span) -> tuple[Span, ...]:
    """`windows`, remembered for all who are paid by a plan in one zone, and for every page of a day.

    A pure function of a zone that never changes: nothing here can be stale.
    """
    return windows(restrictions, zone, within)


def holiday_spans(place: Place, within: Span) -> list[Span]:
    return union(
        span
        for day, (start, end) in _holidays_of(place, within)
        for span in intersection([within], [_of_day(day, start, end, place.zone)])
    )


def _holidays_of(place: Place, within: Span) -> Iterable[tuple[date, tuple[time, time]]]:
    day = wall_time(within.start, place.zone).date() - A_DAY
    last = wall_time(within.end, place.zone).date() + A_DAY
    while day <= last:
        if day in place.holidays:
            yield day, place.holidays[day]
        day += A_DAY


def _of_day(day: date, start: time, end: time, zone: tzinfo) -> Span:
    after = day + A_DAY if end == MIDNIGHT else day
    return Span(
        first_instant(datetime.combine(day, start), zone), first_instant(datetime.combine(after, end), zone)
    )


class Days(NamedTuple):
    """`many` days from `first` on, by whatever clock: a day, a week or a weekend."""

    first: date
    many: int

    def by(self, zone: tzinfo) -> Span:
        """From midnight to midnight; where the clock skips midnight, from the first moment of the day."""
        starts = datetime.combine(self.first, MIDNIGHT)
        return Span(first_instant(starts, zone), first_instant(starts + self.many * A_DAY, zone))


def unit_around(unit: Unit, day: date) -> Days:
    """The day, week (Monday to Sunday) or weekend that `day` lies in.

    Raises ValueError for an hour, which has no edges, and a shift, which is none of the calendar's.
    """
    match unit:
        case Unit.DAY:
            return Days(day, 1)
        case Unit.WEEK:
            return Days(day - day.weekday() * A_DAY, 7)
        case Unit.WEEKEND:
            return Days(day - (day.weekday() - WEEKEND_TURNS) % 7 * A_DAY, 7)
        case _:
            raise ValueError(f"a {unit} is no part of the calendar")


def units(unit: Unit, within: Span, zone: tzinfo) -> list[Days]:
    """Those that touch `within`, in order."""
    last = wall_time(within.end - timedelta(microseconds=1), zone).date()
    found = [unit_around(unit, wall_time(within.start, zone).date())]
    while found[-1].first + found[-1].many * A_DAY <= last:
        found.append(Days(found[-1].first + found[-1].many * A_DAY, found[-1].many))
    return found


def is_in(at: datetime, spans: Sequence[Span]) -> bool:
    return any(span.start <= at < span.end for span in spans)


def covers(restrictions: tuple[Restriction, ...], at: datetime, zone: tzinfo) -> bool:
    """Whether one of the windows has this instant."""
    day = at - (at - EPOCH) % A_DAY
    return bool(restrictions) and is_in(at, _windows(restrictions, zone, Span(day, day + A_DAY)))
