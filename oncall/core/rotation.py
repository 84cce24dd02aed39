"""Whose turn it is: wall-clock arithmetic from an anchor, found at any instant without walking from it."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
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


@dataclass(frozen=True, slots=True)
class Holidays:
    """Holidays by their weekday (0 is Monday), as sorted ordinals: counted without walking through them."""

    by_weekday: tuple[tuple[int, ...], ...] = ((),) * 7

    @classmethod
    def of(cls, dates: Iterable[date]) -> "Holidays":
        ordinals = sorted({day.toordinal() for day in dates})
        return cls(tuple(tuple(day for day in ordinals if (day - 1) % 7 == weekday) for weekday in range(7)))


NO_HOLIDAYS = Holidays()


class WorkedDays:
    """Turns of `length` worked days: days of other weekdays, and `holidays`, take no turn.

    A day runs from the anchor's time of day to the same time on the next; on a day that takes no turn the
    one before it goes on. `weekdays` are 0 (Monday) to 6, at least one of them.
    """

    def __init__(self, days: Rotation, weekdays: frozenset[int], holidays: Holidays, length: int) -> None:
        self._days = days
        self._length = length
        self._first = days.anchor.toordinal()
        self._worked_days = [
            n for n in range(7) if (self._first + n - 1) % 7 in weekdays
        ]  # of each week from it
        self._in_week = [sum(n < end for n in self._worked_days) for end in range(7)]
        self._free = [holidays.by_weekday[weekday] for weekday in weekdays]
        self._free_before = self._free_until(self._first - 1)

    def number_at(self, at: datetime) -> int:
        day = self._days.number_at(at)
        return max(self._worked(day) - 1, 0) // self._length if day >= 0 else -1

    def start_of(self, number: int) -> datetime:
        if number <= 0:
            return self._days.start_of(number)
        wanted = counted = number * self._length + 1
        day = self._weekday(counted)
        while (missing := wanted - self._worked(day)) > 0:  # as many holidays came before it
            counted += missing
            day = self._weekday(counted)
        return self._days.start_of(day)

    def _worked(self, day: int) -> int:
        """How many days from the anchor's to number `day`, both included, are worked."""
        weeks, rest = divmod(day + 1, 7)
        weekdays = weeks * len(self._worked_days) + self._in_week[rest]
        return weekdays - self._free_until(self._first + day) + self._free_before

    def _weekday(self, count: int) -> int:
        """The number of the day that is the `count`th with a worked weekday."""
        weeks, rest = divmod(count - 1, len(self._worked_days))
        return 7 * weeks + self._worked_days[rest]

    def _free_until(self, ordinal: int) -> int:
        return sum([bisect_right(days, ordinal) for days in self._free])
