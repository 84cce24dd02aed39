"""What carrying a stretch costs a person: minutes, nights, weekend days and holidays, in their own zone.

A night is counted for who is on call at 03:00, the middle of 22:00 to 08:00; a Saturday, a Sunday and a
holiday for who is on call at 12:00. So each is counted once, however the hours around it are divided.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from oncall.core.span import Span
from oncall.core.walltime import first_instant, wall_time

NIGHT = time(3)
NOON = time(12)
SATURDAY = 5
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Load(NamedTuple):
    """Counts; they add up over stretches that do not overlap."""

    minutes: int = 0
    nights: int = 0
    weekend_days: int = 0
    holidays: int = 0


NOTHING = Load()


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody lives, by number: their zone, their holidays (the schedule's among them), when they are
    away, and when they are on call elsewhere; `left_at` is when they left.
    """

    number: int
    zone: tzinfo
    holidays: frozenset[date] = frozenset()
    away: tuple[Span, ...] = ()
    elsewhere: tuple[Span, ...] = ()
    left_at: datetime | None = None


def total(loads: Iterable[Load]) -> Load:
    """All of them together."""
    columns = list(zip(*loads, strict=True))
    return Load(*map(sum, columns)) if columns else NOTHING


def load_of(person: Person, spans: Iterable[Span]) -> Load:
    """What `spans`, which do not overlap, cost `person`."""
    return total(_load_of_one(person, span) for span in spans)


def _load_of_one(person: Person, span: Span) -> Load:
    days = list(_days(span, person.zone))
    noons = [day for day in days if _within(day, NOON, person.zone, span)]
    return Load(
        minutes=(span.end - span.start) // MINUTE,
        nights=sum(_within(day, NIGHT, person.zone, span) for day in days),
        weekend_days=sum(day.weekday() >= SATURDAY for day in noons),
        holidays=sum(day in person.holidays for day in noons),
    )


def _days(span: Span, zone: tzinfo) -> Iterator[date]:
    day, last = wall_time(span.start, zone).date(), wall_time(span.end, zone).date()
    while day <= last:
        yield day
        day += DAY


def _within(day: date, at: time, zone: tzinfo, span: Span) -> bool:
    return span.start <= first_instant(datetime.combine(day, at), zone) < span.end
