"""Shifts that fall on their person's time off."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from oncall.core.final import Shift
from oncall.core.span import Span
from oncall.core.walltime import first_instant


@dataclass(frozen=True, slots=True)
class Away:
    """`user` is away for `span` (UTC); `number` is the entry of time off that says so."""

    user: int
    span: Span
    number: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """A shift, and the number of the schedule it is of."""

    schedule: int
    shift: Shift


@dataclass(frozen=True, slots=True)
class Conflict:
    """`shift` of `schedule` falls on `away`; `span` (UTC) is the time in both."""

    schedule: int
    shift: Shift
    away: Away
    span: Span


def days_away(first: date, back: date, zone: tzinfo) -> Span:
    """From the midnight that begins `first` to the one that begins `back`, the first day not away."""
    return Span(first_instant(_midnight(first), zone), first_instant(_midnight(back), zone))


def conflicts(carried: Iterable[Carried], away: Iterable[Away]) -> list[Conflict]:
    """Every shift with each time off of its person that it meets, ordered by when they meet."""
    absences: dict[int, list[Away]] = defaultdict(list)
    for one in away:
        absences[one.user].append(one)
    found = [
        Conflict(each.schedule, each.shift, one, common)
        for each in carried
        if each.shift.user is not None
        for one in absences.get(each.shift.user, ())
        if (common := _common(each.shift, one.span)).start < common.end
    ]
    return sorted(found, key=lambda one: (one.span, one.schedule, one.shift.role, one.away.number))


def _common(shift: Shift, span: Span) -> Span:
    return Span(max(shift.start, span.start), min(shift.end, span.end))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
