"""Handoffs: the instants at which the people of a role change, and who is to hear what of them, and when.

All of it is computed from final shifts, so that whatever changes a roster changes its handoffs. Every instant
is in UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.core.coverage import NEVER_PAGED
from oncall.core.final import Shift

LONG = timedelta(hours=8)
"""A shift this long is handed over with a note; a cover of a few hours is not."""

ASKED_BEFORE = timedelta(hours=24)


class Stint(NamedTuple):
    """What one person carries of one role without a break, whatever put them there."""

    role: str
    user: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Handoff:
    """Who goes off and who comes on, sorted by id; nobody where a gap ends or begins.

    `asks` says whether the outgoing are asked for a note and the incoming to confirm it.
    """

    role: str
    at: datetime
    outgoing: tuple[int, ...]
    incoming: tuple[int, ...]
    asks: bool


class Holding(NamedTuple):
    """What a handoff that has happened means now: who is to hear “you are on” of it, and who “off”."""

    on: tuple[int, ...]
    off: tuple[int, ...]


def stints(shifts: Iterable[Shift]) -> list[Stint]:
    """The shifts with those of one person and role that touch made one; gaps left out. Sorted by start."""
    by_person: dict[tuple[str, int], list[Stint]] = defaultdict(list)
    for shift in sorted(shifts, key=lambda shift: shift.start):
        if shift.user is None:
            continue
        found = by_person[shift.role, shift.user]
        if found and shift.start <= found[-1].end:
            found[-1] = found[-1]._replace(end=max(found[-1].end, shift.end))
        else:
            found.append(Stint(shift.role, shift.user, shift.start, shift.end))
    return sorted((one for found in by_person.values() for one in found), key=lambda one: one.start)


def handoffs(carried: Sequence[Stint], since: datetime, until: datetime) -> list[Handoff]:
    """Every handoff after `since` and before `until`, in the order of time.

    `carried` has to reach from `since` to `until` at least, and for `asks` to be right LONG further, both
    ways: what a range cuts off looks like a handoff at its edge, which is never one.
    """
    going: dict[tuple[datetime, str], list[Stint]] = defaultdict(list)
    coming: dict[tuple[datetime, str], list[Stint]] = defaultdict(list)
    for one in carried:
        if since < one.start < until:
            coming[one.start, one.role].append(one)
        if since < one.end < until:
            going[one.end, one.role].append(one)
    recent = _ends(carried)
    return [
        Handoff(
            role=role,
            at=at,
            outgoing=_users(going[at, role]),
            incoming=_users(coming[at, role]),
            asks=role not in NEVER_PAGED
            and bool(going[at, role])
            and any(_takes_over(one, recent) for one in coming[at, role]),
        )
        for at, role in sorted({*going, *coming})
    ]


def holding(past: Sequence[Handoff], carried: Iterable[Stint], now: datetime) -> Iterator[Holding]:
    """For each handoff of `past`, in order: what of it holds at `now`.

    After an outage that is the last one of each role. “On” hears who came on then and is on still; “off” who
    went off at the last one: those in between have come and gone, and nothing is told of them.
    """
    began = {(one.role, one.user): one.start for one in carried if one.start <= now < one.end}
    last = {one.role: one.at for one in past}
    for one in past:
        on = tuple(user for user in one.incoming if began.get((one.role, user)) == one.at)
        yield Holding(on, one.outgoing if last[one.role] == one.at else ())


def due_lead(leads: Iterable[timedelta], start: datetime, now: datetime) -> timedelta | None:
    """The shortest of the leads that has come: after an outage only that one is told, and none from the
    start on.
    """
    if now >= start:
        return None
    return min((lead for lead in leads if start - lead <= now), default=None)


def needs_no_warning(carried: Iterable[Stint], first: Stint, lead: timedelta) -> bool:
    """Whether the person carries the role between that lead and the start: on every other day, nobody needs
    a week's warning. `carried` has to reach back to the lead.
    """
    return any(
        one.user == first.user and one.role == first.role and first.start - lead < one.end < first.start
        for one in carried
    )


def asked_at(carried: Iterable[Stint], handoff: Handoff, user: int) -> datetime:
    """When somebody who goes off is asked for a note: a day before, but not in the first half of a shift."""
    mine = (one for one in carried if one.end == handoff.at and one.role == handoff.role and one.user == user)
    length = max((one.end - one.start for one in mine), default=2 * ASKED_BEFORE)
    return handoff.at - min(ASKED_BEFORE, length / 2)


def next_of(moments: Iterable[datetime], now: datetime) -> datetime | None:
    """The first moment after `now`."""
    return min((moment for moment in moments if moment > now), default=None)


def _takes_over(first: Stint, ends: Mapping[tuple[str, int], list[datetime]]) -> bool:
    """A shift of some length, of somebody who was not on only a few hours ago."""
    recent = any(first.start - LONG < end < first.start for end in ends[first.role, first.user])
    return first.end - first.start >= LONG and not recent


def _ends(carried: Iterable[Stint]) -> Mapping[tuple[str, int], list[datetime]]:
    found: dict[tuple[str, int], list[datetime]] = defaultdict(list)
    for one in carried:
        found[one.role, one.user].append(one.end)
    return found


def _users(found: Iterable[Stint]) -> tuple[int, ...]:
    return tuple(sorted(one.user for one in found))
