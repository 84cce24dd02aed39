"""Maintenance windows: when each occurrence begins and ends, and how long the cover at an instant lasts.

A window is said in wall-clock time, and stays there through a clock change (oncall.core.walltime): an hour
that is skipped begins after the gap, one that comes twice counts from its first start to its last end. Any
occurrence is found in constant time, counted from the window's own start, never by walking.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall.core.span import Span, union
from oncall.core.walltime import first_instant, last_instant, wall_time

DAY = timedelta(days=1)
LONGEST = 30 * DAY
JOINED_AHEAD = 31 * DAY
"""Windows that follow each other without a break are joined so far; who asks again then hears of the rest."""
FIRST_YEAR, LAST_YEAR = 1970, 2199


class Repeat(StrEnum):
    NONE = ""
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


PERIODS = {Repeat.DAILY: DAY, Repeat.WEEKLY: 7 * DAY, Repeat.MONTHLY: 28 * DAY}
"""How long an occurrence may be before it reaches the next one; of months, the shortest."""
WORDS = {Repeat.DAILY: "a day", Repeat.WEEKLY: "a week", Repeat.MONTHLY: "28 days"}


@dataclass(frozen=True, kw_only=True)
class Window:
    """`start` and `end` are the wall-clock times (naive) of the first occurrence in `zone`; `until` is the
    last day on which one begins. What ran at `ended_at` ended then; those after it are untouched. `said` is
    the window for people.
    """

    start: datetime
    end: datetime
    zone: ZoneInfo
    repeat: Repeat = Repeat.NONE
    until: date | None = None
    ended_at: datetime | None = None
    said: str = ""

    def fault(self) -> str | None:
        """What is wrong with it, and what to write instead; None where nothing is."""
        return next((what for wrong, what in self._faults() if wrong), None)

    def _faults(self) -> Iterator[tuple[bool, str]]:
        start, end, until = f"{self.start:%Y-%m-%d %H:%M}", f"{self.end:%Y-%m-%d %H:%M}", self.until
        years = [moment.year for moment in (self.start, self.end, *([until] if until else []))]
        yield (
            not all(FIRST_YEAR <= year <= LAST_YEAR for year in years),
            f"A maintenance window lies in the years {FIRST_YEAR} to {LAST_YEAR}.",
        )
        yield self.end <= self.start, f"The end, {end}, is not after the start, {start}; write a later time."
        yield (
            self.end - self.start > LONGEST,
            f"A maintenance window lasts {LONGEST.days} days at most; write an end nearer to {start}.",
        )
        once = self.repeat is Repeat.NONE
        yield (
            not once and self.end - self.start >= PERIODS.get(self.repeat, LONGEST),
            f"A {self.repeat} window is shorter than {WORDS.get(self.repeat, '')}; write an earlier end.",
        )
        yield once and until is not None, "“until” ends a repetition; choose a repeat, or leave it out."
        yield (
            until is not None and until < self.start.date(),
            f"The repetition ends on {until}, before the first start, {start}; write a later day.",
        )
        yield (
            once and self._swallowed(0),
            f"Clocks in {self.zone} skip the time from {start} to {end}; write another.",
        )

    def _swallowed(self, number: int) -> bool:
        wall = self._wall(number)
        return last_instant(wall + (self.end - self.start), self.zone) <= first_instant(wall, self.zone)

    def _wall(self, number: int) -> datetime:
        """The wall-clock start of an occurrence, counted from 0. Months clamp to their last day."""
        if self.repeat is not Repeat.MONTHLY:
            return self.start + number * PERIODS.get(self.repeat, timedelta(0))
        year, month = divmod(self.start.year * 12 + self.start.month - 1 + number, 12)
        day = min(self.start.day, monthrange(year, month + 1)[1])
        return self.start.replace(year=year, month=month + 1, day=day)

    def _number(self, wall: datetime) -> int:
        """About which occurrence is the last to start at or before `wall`: right, or one too late."""
        if self.repeat is Repeat.NONE:
            return 0
        if self.repeat is Repeat.MONTHLY:
            return (wall.year - self.start.year) * 12 + wall.month - self.start.month
        return (wall - self.start) // PERIODS[self.repeat]

    def _span(self, number: int) -> Span | None:
        """One occurrence; None where there is none, or nothing is left of it."""
        if number < 0 or (number > 0 and self.repeat is Repeat.NONE):
            return None
        wall = self._wall(number)
        if self.until is not None and wall.date() > self.until:
            return None
        start = first_instant(wall, self.zone)
        end = last_instant(wall + (self.end - self.start), self.zone)
        if end <= start:  # clocks skip all of it; whoever works that night works after the gap
            end = start + (self.end - self.start)
        if self.ended_at is not None and start <= self.ended_at < end:
            end = self.ended_at
        return Span(start, end) if start < end else None

    def _near(self, at: datetime) -> Iterator[Span]:
        """The occurrences that may be about `at`, in order, and two that come after it."""
        number = max(self._number(wall_time(at, self.zone)), 0)
        found = (self._span(one) for one in range(max(number - 2, 0), number + 4))
        return (span for span in found if span is not None)

    def running(self, at: datetime) -> Span | None:
        """The occurrence at `at`; of two, which a clock change can make overlap, the one that ends last."""
        found = [span for span in self._near(at) if span.start <= at < span.end]
        return max(found, key=lambda span: span.end, default=None)

    def next(self, after: datetime) -> Span | None:
        """The first occurrence that starts after `after`."""
        return next((span for span in self._near(after) if span.start > after), None)

    def over_at(self) -> datetime | None:
        """From when on nothing comes of it any more; None for one that repeats without end."""
        if self.repeat is Repeat.NONE:
            span = self._span(0)
            return span.end if span else first_instant(self.start, self.zone)
        if self.until is None:
            return None
        last = self._number(datetime.combine(self.until, datetime.max.time()))
        spans = [span for number in range(max(last - 2, 0), last + 1) if (span := self._span(number))]
        return max((span.end for span in spans), default=first_instant(self.start, self.zone))

    def spans(self, since: datetime, until: datetime) -> Iterator[Span]:
        """The occurrences that touch [since, until), one by one: for what is shown, not decided."""
        span = self.running(since) or self.next(since)
        while span is not None and span.start < until:
            yield span
            span = self.next(span.start)


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Until when the service is in maintenance without a break, and by which window it is now."""

    until: datetime
    window: Window


def covering(windows: Sequence[Window], at: datetime) -> Cover | None:
    """The cover at `at`, windows that touch or overlap joined; None where none runs. At most JOINED_AHEAD is
    looked ahead.
    """
    now = [(span.end, window) for window in windows if (span := window.running(at)) is not None]
    if not now:
        return None
    end, window = max(now, key=lambda one: one[0])
    while end < at + JOINED_AHEAD:
        further = max((span.end for one in windows if (span := one.running(end)) is not None), default=end)
        if further <= end:
            break
        end = further
    return Cover(until=end, window=window)


def share(windows: Sequence[Window], since: datetime, until: datetime) -> float:
    """Which part of [since, until) lies in maintenance, from 0 to 1."""
    spans = union(
        Span(max(span.start, since), min(span.end, until))
        for window in windows
        for span in window.spans(since, until)
    )
    return sum((span.end - span.start for span in spans), timedelta(0)) / (until - since)
