"""What the checks look at: one schedule with its people, as plain values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from oncall.core.conflicts import Away
from oncall.core.coverage import NEVER_PAGED
from oncall.core.final import Roster, Shift
from oncall.core.finding import Finding, Level

AHEAD = timedelta(days=28)
BEHIND = timedelta(days=14)  # a shift of two weeks that is running began then
REACH = AHEAD + timedelta(days=15)  # so that a long shift that begins in AHEAD is seen to be one
SOON = timedelta(hours=24)
WITHIN = f" within {AHEAD.days} days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`reachable`: has a usable contact method. Who is not `active` has left."""

    username: str
    name: str
    zone: tzinfo
    active: bool = True
    reachable: bool = True


class Duty(NamedTuple):
    """A shift of one person, on any schedule."""

    schedule: str
    role: str
    start: datetime
    end: datetime
    override: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one person carries on all schedules together.

    `share`: of the next 28 days, in paged roles. `close`: by schedule, pairs of duties with too little
    between them, the second being on that schedule. `tired`: the end of a night call-out of the last day,
    and the duties that begin within the rest it asks for.
    """

    share: float = 0
    close: Mapping[str, Sequence[tuple[Duty, Duty]]] = field(default_factory=dict)
    called_until: datetime | None = None
    tired: Sequence[Duty] = ()


NO_LOAD = Load()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A schedule from `BEHIND` before `now` to `REACH` after it. `shifts` are split at handoffs, in order.

    `members`: the ids of its team's people; None where it has no team.
    """

    id: int
    schedule: str
    zone: tzinfo
    now: datetime
    roster: Roster
    shifts: Sequence[Shift]
    people: Mapping[int, Person]
    team: str = ""
    members: frozenset[int] | None = None
    away: Sequence[Away] = ()
    loads: Mapping[int, Load] = field(default_factory=dict)

    def ahead(self) -> Iterator[Shift]:
        """The shifts of the next 28 days, cut to them; a shadow's are left out."""
        until = self.now + AHEAD
        for shift in self.shifts:
            if shift.end > self.now and shift.start < until and shift.role not in NEVER_PAGED:
                inside = shift.start >= self.now and shift.end <= until
                start, end = max(shift.start, self.now), min(shift.end, until)
                yield shift if inside else replace(shift, start=start, end=end)

    def spoken(self, at: datetime) -> str:
        """“Mon 2026-03-02 10:00 CET”, in the schedule's zone."""
        return at.astimezone(self.zone).strftime("%a %Y-%m-%d %H:%M %Z")

    def span(self, start: datetime, end: datetime) -> str:
        return f"from {self.spoken(start)} to {self.spoken(end)}"

    def error(self, kind: str, what: str, mend: str, **more: Any) -> Finding:
        return Finding(Level.ERROR, what, mend, kind, self.schedule, **more)

    def warning(self, kind: str, what: str, mend: str, **more: Any) -> Finding:
        return Finding(Level.WARNING, what, mend, kind, self.schedule, **more)
