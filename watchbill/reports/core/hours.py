"""The kinds of time of a person's week, by their own clock: each moment is of one."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

from oncall.core.span import Span, intersection, subtraction, union
from oncall.core.walltime import first_instant, wall_time

A_DAY = timedelta(days=1)
MIDNIGHT, MORNING, EVENING, NIGHT = time(0), time(8), time(18), time(22)
SATURDAY = 5
Holidays = frozenset[date]


class Kind(StrEnum):
    SLEEP = "sleep"
    """22 to 8, on any day: it comes before all others."""
    FREE = "free"
    """The rest of weekends and holidays."""
    OFF = "off"
    """18 to 22 on a working day."""
    BUSINESS = "business"
    """8 to 18 on a working day."""


def kind_at(at: datetime, zone: tzinfo, holidays: Holidays) -> Kind:
    wall = wall_time(at, zone)
    clock = wall.time()
    if clock >= NIGHT or clock < MORNING:
        return Kind.SLEEP
    if wall.weekday() >= SATURDAY or wall.date() in holidays:
        return Kind.FREE
    return Kind.OFF if clock >= EVENING else Kind.BUSINESS


def by_kind(span: Span, zone: tzinfo, holidays: Holidays) -> Mapping[Kind, timedelta]:
    """Real elapsed time: a night in which the clocks change has nine hours of sleep, or eleven."""
    sleep = [night for _, night in nights(span, zone)]
    awake = subtraction([span], union(sleep))
    free = intersection(awake, union(_days(span, zone, holidays)))
    working = subtraction(awake, free)
    evenings = union(_between(day, EVENING, NIGHT, zone) for day in _dates(span, zone))
    return {
        Kind.SLEEP: _total(intersection([span], union(sleep))),
        Kind.FREE: _total(free),
        Kind.OFF: _total(intersection(working, evenings)),
        Kind.BUSINESS: _total(subtraction(working, evenings)),
    }


def asleep(span: Span, zone: tzinfo) -> timedelta:
    """The sleep hours in it, as `by_kind` has them."""
    lengths = (min(night.end, span.end) - max(night.start, span.start) for _, night in nights(span, zone))
    return sum(lengths, timedelta(0))


@lru_cache(maxsize=4096)
def nights(span: Span, zone: tzinfo) -> tuple[tuple[date, Span], ...]:
    """Every night that touches `span`, whole, by the day it begins on."""
    found = ((day, _between(day, NIGHT, MORNING, zone)) for day in _dates(span, zone))
    return tuple((day, night) for day, night in found if night.start < span.end and night.end > span.start)


def night_of(at: datetime, zone: tzinfo) -> date | None:
    """The day on which the night of this instant began; None by day."""
    wall = wall_time(at, zone)
    if wall.time() >= NIGHT:
        return wall.date()
    return wall.date() - A_DAY if wall.time() < MORNING else None


def _dates(span: Span, zone: tzinfo) -> Iterator[date]:
    day = wall_time(span.start, zone).date() - A_DAY
    last = wall_time(span.end, zone).date()
    while day <= last:
        yield day
        day += A_DAY


def _days(span: Span, zone: tzinfo, holidays: Holidays) -> Iterator[Span]:
    for day in _dates(span, zone):
        if day.weekday() >= SATURDAY or day in holidays:
            yield Span(_at(day, MIDNIGHT, zone), _at(day + A_DAY, MIDNIGHT, zone))


def _between(day: date, start: time, end: time, zone: tzinfo) -> Span:
    return Span(_at(day, start, zone), _at(day + A_DAY if end <= start else day, end, zone))


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return first_instant(datetime.combine(day, clock), zone)


def _total(spans: list[Span]) -> timedelta:
    return sum((span.end - span.start for span in spans), timedelta(0))
