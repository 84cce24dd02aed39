"""Rest after work by night: from when one may start again, and whether one was asked to sooner.

Directive 2003/88/EC, article 3: eleven hours in a row in each day. It is reckoned from the end of the last
engagement, which is how C-151/02 (Jaeger) has compensatory rest: at once, and whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ELEVEN_HOURS = timedelta(hours=11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """From the end of the last of some engagements of one night until work may begin."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rest that was cut short at `at`, by `by`."""

    rest: Rest
    at: datetime
    by: str


def rests(ends: Iterable[datetime], *, length: timedelta = ELEVEN_HOURS) -> list[Rest]:
    """After each end of an engagement by night; a later one within the rest begins it anew, so that of
    several in a night only the last counts.
    """
    found: list[Rest] = []
    for end in sorted(ends):
        if found and end < found[-1].until:
            found[-1] = Rest(since=end, until=end + length)
        else:
            found.append(Rest(since=end, until=end + length))
    return found


def earliest_start(rested: Sequence[Rest], at: datetime) -> datetime | None:
    """Until when one has to rest at `at`; None where one need not."""
    return next((rest.until for rest in rested if rest.since <= at < rest.until), None)


def violations(rested: Sequence[Rest], asked: Iterable[tuple[datetime, str]]) -> list[Violation]:
    """The first time each rest was broken: by an answer, a page, a scheduled start (`asked`: when, what)."""
    ordered = sorted(asked)
    found = []
    for rest in rested:
        first = next(((at, by) for at, by in ordered if rest.since < at < rest.until), None)
        if first is not None:
            found.append(Violation(rest=rest, at=first[0], by=first[1]))
    return found
