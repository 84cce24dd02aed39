"""What each person carried beside what would be fair, and how a team's shifts went over time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Protocol

from oncall.core.span import Span, intersection, union
from watchbill.reports.core.facts import Carried
from watchbill.reports.core.hours import asleep as asleep_in
from watchbill.reports.core.hours import nights
from watchbill.reports.core.thresholds import Colour, Thresholds

ENOUGH = 2
SATURDAY = 5
AN_INSTANT = timedelta(microseconds=1)
A_SECOND, AN_HOUR, A_DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class Counted(Protocol):
    """What is counted of one shift, or of the part of one that lies within a time."""

    @property
    def carried(self) -> Carried: ...
    @property
    def pages(self) -> int: ...
    @property
    def interruptions(self) -> int: ...
    @property
    def sleep_interruptions(self) -> int: ...
    @property
    def short_rests(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """No more than what is fair asks for."""

    carried: Carried
    pages: int
    interruptions: int
    sleep_interruptions: int
    short_rests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLoad:
    """One person's over a time. `fair` is their part of the team's interruptions in sleep hours if each had
    as many for each hour carried; `share` is the part of all hours of the time in which they were on call.
    """

    user: int
    carried: timedelta
    sleep: timedelta
    nights: int
    weekends: int
    pages: int
    interruptions: int
    sleep_interruptions: int
    short_rests: int
    share: Fraction
    fair: Fraction

    @property
    def over_fair(self) -> Fraction | None:
        """1: what is fair. None where there is nothing to share."""
        return self.sleep_interruptions / self.fair if self.fair else None

    def uneven(self, limits: Thresholds) -> Colour:
        """How far over what is fair. Never red for fewer than two events."""
        found = Colour.GREEN if self.over_fair is None else limits.uneven_sleep.colour(self.over_fair)
        return min(found, Colour.AMBER) if self.sleep_interruptions < ENOUGH else found

    def colour(self, limits: Thresholds) -> Colour:
        """The worse of how they were woken and of how much they were on call."""
        return max(self.uneven(limits), limits.on_call_share.colour(self.share))


def people(loads: Sequence[Counted], *, within: Span) -> list[PersonLoad]:
    """Of the shifts of a team in `within`, by how often each was woken, most first.

    Somebody on two roles at once carries the hours once. What is fair goes by the hours each carried in sleep
    hours: who takes the nights of others for a day shift is not thereby noisy.
    """
    by_user: dict[int, list[Counted]] = {}
    for load in loads:
        by_user.setdefault(load.carried.user, []).append(load)
    spans = {user: _span(mine, within) for user, mine in by_user.items()}
    asleep = {user: _asleep(by_user[user][0].carried, spans[user]) for user in by_user}
    all_asleep = sum(asleep.values(), timedelta(0))
    woken = sum(load.sleep_interruptions for load in loads)
    found = []
    for user, mine in by_user.items():
        part = Fraction(asleep[user] // A_SECOND, all_asleep // A_SECOND) if all_asleep else Fraction(0)
        carried = _total(spans[user])
        found.append(
            PersonLoad(
                user=user,
                carried=carried,
                sleep=asleep[user],
                nights=_nights(mine[0].carried, spans[user]),
                weekends=_weekends(mine[0].carried, spans[user]),
                pages=sum(load.pages for load in mine),
                interruptions=sum(load.interruptions for load in mine),
                sleep_interruptions=sum(load.sleep_interruptions for load in mine),
                short_rests=sum(load.short_rests for load in mine),
                share=Fraction(carried // A_SECOND, max((within.end - within.start) // A_SECOND, 1)),
                fair=woken * part,
            )
        )
    return sorted(found, key=lambda one: (-one.sleep_interruptions, -one.interruptions, one.user))


@dataclass(frozen=True, slots=True)
class Day:
    """`incidents`: that began on it; `average`: a day's, over the 21 days that end with it."""

    day: date
    incidents: int
    average: Fraction


TRAILING = 21


def trailing(counts: Mapping[date, int], *, first: date, last: date) -> list[Day]:
    """Each day from `first` to `last`; `counts` reach back 20 days before, a day without is none."""
    found = []
    day = first
    while day <= last:
        window = sum(counts.get(day - n * A_DAY, 0) for n in range(TRAILING))
        found.append(Day(day, counts.get(day, 0), Fraction(window, TRAILING)))
        day += A_DAY
    return found


def over_budget(loads: Collection[Counted], *, budget: int) -> Fraction:
    """The part of the shifts that had more pages than the budget."""
    return Fraction(sum(load.pages > budget for load in loads), len(loads)) if loads else Fraction(0)


def _span(loads: Sequence[Counted], within: Span) -> list[Span]:
    return intersection(union(load.carried.span for load in loads), [within])


def _asleep(carried: Carried, spans: Sequence[Span]) -> timedelta:
    return sum((asleep_in(span, carried.zone) for span in spans), timedelta(0))


def _nights(carried: Carried, spans: Sequence[Span]) -> int:
    """In which they were on call for an hour or more."""
    found: dict[date, timedelta] = {}
    for span in spans:
        for day, night in nights(span, carried.zone):
            length = min(night.end, span.end) - max(night.start, span.start)
            found[day] = found.get(day, timedelta(0)) + length
    return sum(length >= AN_HOUR for length in found.values())


def _weekends(carried: Carried, spans: Sequence[Span]) -> int:
    """On a Saturday or Sunday of which they were on call at any time."""
    found: set[date] = set()
    for span in spans:
        day = span.start.astimezone(carried.zone).date()
        last = (span.end - AN_INSTANT).astimezone(carried.zone).date()
        while day <= last:
            if day.weekday() >= SATURDAY:
                found.add(day - (day.weekday() - SATURDAY) * A_DAY)
            day += A_DAY
    return len(found)


def _total(spans: Sequence[Span]) -> timedelta:
    return sum((span.end - span.start for span in spans), timedelta(0))
