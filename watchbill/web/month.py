"""A month of shifts as a drawing: a row for each week, seven days wide, in numbers of an SVG.

Every day is equally wide, also the two of the year that have 23 and 25 hours.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from oncall.core.coverage import NEVER_PAGED
from oncall.core.definition import in_order
from oncall.core.final import Shift
from oncall.core.walltime import first_instant, wall_time
from people.models import User

DAY = 150  # units of the drawing
WEEK = 7 * DAY
LABELS = 100  # the roles' names stand left of the days
TOP = 26
LINE = 28
ONE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Day:
    date: date
    x: int
    outside: bool
    """Of the month before or after."""
    today: bool
    weekend: bool


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One shift in one week. `person` None is a gap; `begins` and `ends` are as in `Seen`."""

    shift: Shift
    begins: datetime | None
    ends: datetime | None
    person: User | None
    x: float
    y: int
    width: float
    mine: bool

    @property
    def inner(self) -> float:
        """How wide an outline within it is."""
        return round(max(self.width - 3, 1), 2)

    @property
    def idle(self) -> bool:
        return self.person is None and self.shift.role in NEVER_PAGED


@dataclass(kw_only=True)
class Week:
    days: list[Day]
    bars: list[Bar] = field(default_factory=list)
    roles: list[tuple[str, int]] = field(default_factory=list)
    height: int = TOP
    now: float | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Who looks, when, the people by id, and the range that was looked at."""

    people: Mapping[int, User]
    reader: User
    now: datetime
    since: datetime
    until: datetime

    def begins(self, shift: Shift) -> datetime | None:
        """None where it may have begun before what was looked at."""
        return shift.start if shift.start > self.since else None

    def ends(self, shift: Shift) -> datetime | None:
        """None where it may last longer than what was looked at."""
        return shift.end if shift.end < self.until else None


class Month:
    """The weeks that touch a calendar month of `zone`; `since` and `until` are the instants around them."""

    def __init__(self, first: date, zone: tzinfo) -> None:
        self.first, self.zone = first, zone
        self.next = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        self.previous = (first - ONE).replace(day=1)
        monday = first - timedelta(days=first.weekday())
        self._dates = [monday + n * ONE for n in range(self._days(monday))]
        self._edges = [_midnight(day, zone) for day in [*self._dates, self._dates[-1] + ONE]]
        self.since, self.until = self._edges[0], self._edges[-1]
        self.begins, self.ends = _midnight(first, zone), _midnight(self.next, zone)

    def _days(self, monday: date) -> int:
        return -(-(self.next - monday).days // 7) * 7

    def weeks(self, shifts: Sequence[Shift], seen: Seen) -> list[Week]:
        """The drawing of `shifts`, which touch `since` to `until` and may reach beyond."""
        return [
            self._week(n, touching(shifts, self._edges[n], self._edges[n + 7]), seen)
            for n in range(0, len(self._dates), 7)
        ]

    def _week(self, n: int, shifts: Sequence[Shift], seen: Seen) -> Week:
        today = wall_time(seen.now, self.zone).date()
        week = Week(days=[self._day(day, today) for day in self._dates[n : n + 7]])
        lines: defaultdict[str, list[list[Shift]]] = defaultdict(list)
        for shift in shifts:
            _put(lines[shift.role], shift)
        for role in in_order(set(lines)):
            week.roles.append((role, week.height))
            for line in lines[role]:
                week.bars += [self._bar(one, n, seen, y=week.height) for one in line]
                week.height += LINE
        if self._edges[n] <= seen.now < self._edges[n + 7]:
            week.now = round(self._x(seen.now, n), 2)
        return week

    def _day(self, day: date, today: date) -> Day:
        return Day(
            date=day,
            x=LABELS + day.weekday() * DAY,
            outside=(day.year, day.month) != (self.first.year, self.first.month),
            today=day == today,
            weekend=day.weekday() > 4,
        )

    def _bar(self, shift: Shift, n: int, seen: Seen, *, y: int) -> Bar:
        start, end = max(shift.start, self._edges[n]), min(shift.end, self._edges[n + 7])
        x = self._x(start, n)
        return Bar(
            shift=shift,
            begins=seen.begins(shift),
            ends=seen.ends(shift),
            person=seen.people.get(shift.user) if shift.user is not None else None,
            x=round(x, 2),
            y=y,
            width=round(max(self._x(end, n) - x - 2, 2), 2),
            mine=shift.user == seen.reader.pk,
        )

    def _x(self, at: datetime, n: int) -> float:
        if at >= self._edges[n + 7]:
            return LABELS + WEEK
        day = bisect_right(self._edges, at) - 1
        part = (at - self._edges[day]) / (self._edges[day + 1] - self._edges[day])
        return LABELS + DAY * (day - n + part)


def touching(shifts: Iterable[Shift], start: datetime, end: datetime) -> list[Shift]:
    """Those that have a part in [start, end), whole."""
    return [shift for shift in shifts if shift.start < end and shift.end > start]


def _midnight(day: date, zone: tzinfo) -> datetime:
    return first_instant(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - a wall time


def _put(lines: list[list[Shift]], shift: Shift) -> None:
    for line in lines:
        if line[-1].end <= shift.start:
            line.append(shift)
            return
    lines.append([shift])
