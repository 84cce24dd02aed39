"""When a schedule announces who is on call, and what it says then: to a room of people, not to one of them.

A wall time that the clock skips is its first instant after the gap; one that exists twice is the first of
the two, so that nothing is announced twice.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from oncall.core.coverage import NEVER_PAGED
from oncall.core.definition import in_order
from oncall.core.final import Shift
from oncall.core.restriction import DAYS
from oncall.core.walltime import first_instant, wall_time

MOST = 20
"""On one schedule."""

LATE = timedelta(hours=1)
"""What a wall time announces helps nobody who reads it later than this after it."""

FITS = 150  # characters of a title: the names stand in it as long as they fit
A_WEEK = 7
CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
Reigns = Sequence[tuple[datetime, tzinfo]]
Holders = Mapping[str, Sequence[int]]
When = tuple[frozenset[int], time | None]
"""Weekdays and a wall time; a time of None is “on change”, and then there are no days."""


def next_at(days: Iterable[int], at: time, zones: Reigns, *, after: datetime) -> datetime | None:
    """The first instant after `after` at which clocks show `at` on one of `days` (0 is Monday).

    `zones` are those of the schedule, each with the instant from which it counts, in order of time; the first
    one counts before its own, too. None where there is no day, or no zone: that is never.
    """
    wanted = frozenset(days)
    if not wanted:
        return None
    for n, (begins, zone) in enumerate(zones):
        ends = zones[n + 1][0] if n + 1 < len(zones) else None
        if ends is not None and ends <= after:
            continue
        since = after if n == 0 else max(after, begins)
        found = (one for one in _ahead(wanted, at, zone, since) if one > after and (n == 0 or one >= begins))
        first = min(found, default=None)
        if first is not None and (ends is None or first < ends):
            return first
    return None


def _ahead(days: frozenset[int], at: time, zone: tzinfo, since: datetime) -> Iterable[datetime]:
    """Those of the week from `since` on, and of one day more: where the clock goes back over midnight, what
    the next day shows may have been shown already.
    """
    today = wall_time(since, zone).toordinal()
    for day in range(today, today + A_WEEK + 2):
        if (day - 1) % 7 in days:
            yield first_instant(datetime.combine(date.fromordinal(day), at), zone)


@dataclass(frozen=True)
class Standing:
    """Who is on call, by role; since when and until when just they are, where that is known."""

    on: Mapping[str, tuple[int, ...]]
    since: datetime | None = None
    until: datetime | None = None


def duty(on: Holders) -> dict[str, list[int]]:
    """Who is on call in the roles that are paged, so that two of them can be compared: whose name stands
    first says nothing.
    """
    return {role: sorted(set(users)) for role, users in on.items() if role not in NEVER_PAGED}


def standing(shifts: Iterable[Shift], on: Holders, *, now: datetime) -> Standing:
    """`on` is who is on at `now`, in the order of their slots; `shifts` a complete partition around it.

    What is put on and taken off again by another kind of override changes nobody. A change at the edge of
    what is known is none that is known.
    """
    paged = [one for one in shifts if one.role not in NEVER_PAGED]
    edges = sorted({edge for one in paged for edge in (one.start, one.end)})
    here = _holding(paged, now)
    known = edges[1:-1]
    since = until = None
    for n in range(len(known) - 1, -1, -1):
        if known[n] <= now and _holding(paged, edges[n]) != here:
            since = known[n]
            break
    for edge in known:
        if edge > now and _holding(paged, edge) != here:
            until = edge
            break
    said = {role: tuple(on[role]) for role in in_order(set(on)) if role not in NEVER_PAGED}
    return Standing(said, since, until)


def _holding(shifts: Iterable[Shift], at: datetime) -> set[tuple[str, int | None]]:
    return {(one.role, one.user) for one in shifts if one.start <= at < one.end}


@dataclass(frozen=True)
class Said:
    title: str
    lines: tuple[str, ...]


def said(schedule: str, how: Standing, names: Mapping[int, str], *, zone: tzinfo, now: datetime) -> Said:
    """“On call for Checkout since 10:00: primary Ana, secondary Bo”, and what follows it. A role that nobody
    has is said as well.
    """
    roles = [_role(role, [names[user] for user in users]) for role, users in how.on.items()] or ["nobody!"]
    since = f" since {moment(how.since, zone, now=now)}" if how.since else ""
    head = f"On call for {schedule}{since}"
    title = f"{head}: {', '.join(roles)}"
    lines = [] if len(title) <= FITS else roles
    if how.until:
        lines.append(f"Next handoff {moment(how.until, zone, now=now)}.")
    if how.since or how.until:
        lines.append(f"Times are in {zone}.")
    return Said(title if len(title) <= FITS else head, tuple(lines))


def _role(role: str, names: Sequence[str]) -> str:
    if not names:
        return f"{role}: nobody!"
    return f"{role} {' and '.join([', '.join(names[:-1]), names[-1]] if len(names) > 1 else names)}"


def moment(at: datetime, zone: tzinfo, *, now: datetime) -> str:
    """“10:00” today, “Mon 10:00” in the week around it, “Mon 5 Jan 10:00” else, in `zone`."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if abs(local.date() - today) < timedelta(days=A_WEEK):
        return f"{local:%a %H:%M}"
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def spelled(days: Iterable[int]) -> str:
    """“mon,wed”: the days as a row keeps them, in the order of the week."""
    return ",".join(DAYS[day] for day in sorted(set(days)))


def read_days(written: str) -> frozenset[int]:
    """What `spelled` spells."""
    return frozenset(DAYS.index(day) for day in written.split(",") if day)


def read_when(days: Sequence[str] | None, at: str, *, on_change: bool) -> When:
    """What somebody wrote: days (“mon”; None: every day) and a time (“09:00”), or on change.

    Raises ValueError with a sentence.
    """
    if on_change:
        if at or days is not None:
            raise ValueError("It is announced at a time or on change; leave out the one or the other.")
        return frozenset(), None
    if not at:
        raise ValueError("Say when it is announced: at a time such as 09:00, or on change.")
    if CLOCK.fullmatch(at) is None:
        raise ValueError(f"“{at[:20]}” is not a time of day; write it as 09:00, from 00:00 to 23:59.")
    wanted = DAYS if days is None else days
    for day in wanted:
        if day not in DAYS:
            raise ValueError(f"“{str(day)[:20]}” is not a day; write {', '.join(DAYS[:-1])} or {DAYS[-1]}.")
    if not wanted:
        raise ValueError("It names no day, so it would never be announced; name one, or leave the days out.")
    return frozenset(DAYS.index(day) for day in wanted), time.fromisoformat(at)


def when(days: Iterable[int], at: time | None) -> str:
    """“on change”, “daily 09:00”, “Mon, Wed 09:00”: when it is announced, in words."""
    if at is None:
        return "on change"
    wanted = sorted(set(days))
    named = "daily" if len(wanted) == A_WEEK else ", ".join(DAYS[day].title() for day in wanted) or "never"
    return f"{named} {at:%H:%M}"
