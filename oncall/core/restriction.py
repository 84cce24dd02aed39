"""Weekly windows of local time to which a layer is limited, without pausing its rotation."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import lru_cache

from oncall.core.span import Span, union
from oncall.core.walltime import first_instant, last_instant, wall_time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Restriction:
    """From `start` on each of `days` (0 is Monday) to `end`, in the schedule's wall-clock time.

    Without `until`, an end at or before the start is on the next day, so that start = end is 24 hours.
    With it, `days` is the one day the window starts on and `until` the weekday it ends on.
    """

    days: tuple[int, ...]
    start: time
    end: time
    until: int | None = None

    def reach(self) -> int:
        """On which day after the one it starts on a window ends."""
        if self.until is None:
            return 1 if self.end <= self.start else 0
        days = (self.until - self.days[0]) % 7
        return 7 if days == 0 and self.end <= self.start else days

    def worked(self) -> frozenset[int]:
        """The weekdays it works: those a window starts on, and those a longer one passes before its last."""
        return frozenset((day + more) % 7 for day in self.days for more in range(max(self.reach(), 1)))


@lru_cache(maxsize=8)  # layers, and roles, often share their hours
def windows(restrictions: tuple[Restriction, ...], zone: tzinfo, within: Span) -> tuple[Span, ...]:
    """The windows that touch `within`, whole, sorted, and joined where they touch."""
    return tuple(union(span for one in restrictions for span in _windows(one, zone, within)))


def _windows(one: Restriction, zone: tzinfo, within: Span) -> Iterator[Span]:
    if within.start >= within.end:
        return
    reach = one.reach()
    first, last = (wall_time(at, zone).toordinal() for at in within)
    for day in range(first - reach - 1, last + 2):  # clocks may have gone back from a day that had begun
        if (day - 1) % 7 in one.days:
            start = first_instant(datetime.combine(date.fromordinal(day), one.start), zone)
            end = last_instant(datetime.combine(date.fromordinal(day + reach), one.end), zone)
            if end > within.start and start < within.end:
                yield Span(start, end)
