"""Who could carry a span of a role: free first, then rested, then who carried least; with the reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from oncall.core.conflicts import Away
from oncall.core.final import Shift
from oncall.core.span import Span

REST = timedelta(hours=11)  # between two duties: Directive 2003/88/EC, article 3
NIGHT = (time(22), time(8))  # asleep, in the person's own zone
NEVER = datetime(1, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """A shift a person carries, and the name of its schedule."""

    schedule: str
    shift: Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of somebody who might come: what they carry from `REST` before the span to `REST` after
    it, when they are away, when they were paged of late, and how much of the schedule they carry.

    `last_end` is when they last ended a shift of it, None where they carried none; `spare` is who carries
    only when nobody else can, as a manager.
    """

    user: int
    zone: tzinfo
    duties: tuple[Duty, ...] = ()
    away: tuple[Away, ...] = ()
    paged: tuple[datetime, ...] = ()
    carried: timedelta = timedelta(0)
    planned: timedelta = timedelta(0)
    last_end: datetime | None = None
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """`can`: neither away nor on call then; `rested`: with eleven hours of rest before and after it."""

    user: int
    can: bool
    rested: bool
    carried: timedelta
    reasons: tuple[str, ...]
    away: bool = False

    @property
    def said(self) -> str:
        return "; ".join(self.reasons)


def ranked(people: Iterable[Person], span: Span, *, days: int) -> list[Candidate]:
    """Everybody, the best first. `days` is how far back, and ahead, `carried` and `planned` were counted.

    Equal ones by who ended longest ago, then by number: the same state always gives the same order.
    """
    judged = [(person, _judged(person, span, days)) for person in people]
    judged.sort(key=lambda pair: _rank(*pair))
    return [candidate for _, candidate in judged]


def _rank(person: Person, candidate: Candidate) -> tuple[bool, bool, bool, timedelta, datetime, int]:
    last = person.last_end or NEVER
    return not candidate.can, person.spare, not candidate.rested, candidate.carried, last, person.user


def _judged(person: Person, span: Span, days: int) -> Candidate:
    absent = _away(person, span)
    hinders = [*absent, *_on(person, span)]
    tires = [*_near(person, span), *_woken(person, span)]
    burden = f"{_hours(person.carried)} in the last {days} days, {_hours(person.planned)} in the next"
    reasons = (*(hinders or ["free"]), *(tires or ["rested"]), burden)
    both = person.carried + person.planned
    return Candidate(person.user, not hinders, not tires, both, reasons, away=bool(absent))


def _away(person: Person, span: Span) -> list[str]:
    meeting = [one.span for one in person.away if one.span.start < span.end and one.span.end > span.start]
    return [f"away {_between(one, person.zone)}" for one in meeting[:1]]


def _on(person: Person, span: Span) -> list[str]:
    met = (duty for duty in person.duties if duty.shift.start < span.end and duty.shift.end > span.start)
    return list(dict.fromkeys(f"on call then: {duty.shift.role} of {duty.schedule}" for duty in met))


def _near(person: Person, span: Span) -> list[str]:
    """Duties that end, or begin, too close to the span."""
    for duty in person.duties:
        before, after = span.start - duty.shift.end, duty.shift.start - span.end
        if timedelta(0) <= before < REST:
            return [f"{_gap(before)} after {duty.shift.role} of {duty.schedule}"]
        if timedelta(0) <= after < REST:
            return [f"{_gap(after)} before {duty.shift.role} of {duty.schedule}"]
    return []


def _woken(person: Person, span: Span) -> list[str]:
    late = [at for at in person.paged if span.start - REST < at and _by_night(at.astimezone(person.zone))]
    return [f"was paged at {max(late).astimezone(person.zone):%H:%M}"] if late else []


def _by_night(local: datetime) -> bool:
    evening, morning = NIGHT
    return local.time() >= evening or local.time() < morning


def _gap(length: timedelta) -> str:
    return _hours(length) if length else "right"


def _hours(length: timedelta) -> str:
    return f"{round(length / HOUR)} h"


def _between(span: Span, zone: tzinfo) -> str:
    first, last = span.start.astimezone(zone), span.end.astimezone(zone)
    if first.time() == last.time() == time():
        return f"{first:%Y-%m-%d} to {last - timedelta(days=1):%Y-%m-%d}"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
