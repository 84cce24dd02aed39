"""Whose turn it is: wall-clock arithmetic from an anchor, found at any instant without walking from it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple, Protocol

from oncall.core.length import Length
from oncall.core.walltime import first_instant, wall_time

DAY = Length(1, "days")
NEVER = datetime(9999, 12, 31, tzinfo=UTC)


class Turn(NamedTuple):
    """Turn `number` (0 begins at the anchor) lasts from `start` to `end`, UTC."""

    number: int
    start: datetime
    end: datetime


class Turns(Protocol):
    """Numbered turns that follow each other without a gap from the anchor on."""

    def number_at(self, at: datetime) -> int:
        """The turn in force at `at`; negative before the anchor."""

    def start_of(self, number: int) -> datetime:
        """When that turn begins, UTC."""


def turns_between(rotation: Turns, since: datetime, until: datetime) -> Iterator[Turn]:
    """The turns that touch [since, until), whole; those a clock gap swallows are dropped."""
    number = max(rotation.number_at(since), 0)
    start = rotation.start_of(number)
    while start < until:
        end = rotation.start_of(number + 1)
        if start < end:
            yield Turn(number, start, end)
        number, start = number + 1, end


@dataclass(frozen=True, slots=True)
class Rotation:
    """Every `length` of wall-clock time in `zone`, counted from `anchor` (naive)."""

    anchor: datetime
    length: Length
    zone: tzinfo

    def number_at(self, at: datetime) -> int:
        number = self.length.estimate(self.anchor, wall_time(at, self.zone))
        while self.start_of(number) > at:  # a month's estimate counts the month that has not had its day
            number -= 1
        while self.start_of(number + 1) <= at:  # more has passed in a repeated hour than its clock shows
            number += 1
        return number

    def start_of(self, number: int) -> datetime:
        try:
            return first_instant(self.length.after(self.anchor, number), self.zone)
        except (OverflowError, ValueError):  # past the last year there is
            return NEVER


class WorkedDays:
    """Turns of `length` worked days: days of other weekdays, and `holidays`, take no turn.

    A day runs from the anchor's time of day to the same time on the next; on a day that takes no turn the
    one before it goes on. `weekdays` are 0 (Monday) to 6; `holidays` are sorted.
    """

    def __init__(
        self, days: Rotation, weekdays: frozenset[int], holidays: Sequence[date], length: int
    ) -> None:
        self._days = days
        self._length = length
        first = days.anchor.date()
        worked = [(first + timedelta(days=n)).weekday() in weekdays for n in range(7)]
        self._in_week = [sum(worked[:n]) for n in range(8)]
        free = ((holiday - first).days for holiday in holidays if holiday.weekday() in weekdays)
        self._free = [number for number in free if number >= 0]

    def number_at(self, at: datetime) -> int:
        day = self._days.number_at(at)
        return max(self._worked(day) - 1, 0) // self._length if day >= 0 else -1

    def start_of(self, number: int) -> datetime:
        if number <= 0:
            return self._days.start_of(number)
        wanted = number * self._length + 1
        weeks = wanted // self._in_week[7]
        later = range(7 * (weeks - 1), 7 * (weeks + 2 + len(self._free)))
        return self._days.start_of(later[bisect_left(later, wanted, key=self._worked)])

    def _worked(self, day: int) -> int:
        """How many days from the anchor's to number `day`, both included, are worked."""
        weeks, rest = divmod(day + 1, 7)
        return weeks * self._in_week[7] + self._in_week[rest] - bisect_right(self._free, day)
