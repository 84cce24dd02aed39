"""The roster as rows of plain values: one shape for the API and the commands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypedDict

from oncall.api.instants import written
from oncall.core.final import Roster, Shift, on_call, shifts
from oncall.loading import rosters
from oncall.models import Schedule
from oncall.selectors import LOOK_AHEAD
from people.models import User


class ShiftRow(TypedDict):
    """One shift; `user` None is a gap, `override` None a person's own turn."""

    schedule: str
    role: str
    user: str | None
    start: str
    end: str
    override: str | None


@dataclass(frozen=True)
class Duty:
    """Who holds one role of one schedule now, and the instant at which that changes (None: not in sight)."""

    schedule: str
    role: str
    users: tuple[User, ...]
    until: datetime | None


def shift_rows(schedule: Schedule, final: Sequence[Shift]) -> list[ShiftRow]:
    """Ordered by start, then role, as `final` is."""
    people = User.objects.in_bulk({shift.user for shift in final if shift.user is not None})
    return [
        ShiftRow(
            schedule=schedule.name,
            role=shift.role,
            user=None if shift.user is None else people[shift.user].username,
            start=written(shift.start),
            end=written(shift.end),
            override=shift.override or None,
        )
        for shift in final
    ]


def duties(schedules: Iterable[Schedule], *, at: Mapping[int, datetime]) -> list[Duty]:
    """Who is on call on each schedule at its own instant in `at` (by schedule id); every role, gaps too."""
    named = {schedule.pk: schedule.name for schedule in schedules if schedule.pk in at}
    found: dict[tuple[int, str], _Held] = {}
    for instant in sorted({at[pk] for pk in named}):
        found |= _held({pk for pk in named if at[pk] == instant}, instant)
    people = User.objects.in_bulk({user for held in found.values() for user in held.users})
    rows = [
        Duty(named[pk], role, tuple(people[user] for user in held.users), held.until)
        for (pk, role), held in found.items()
    ]
    return sorted(rows, key=lambda row: row.schedule)


class _Held(NamedTuple):
    users: tuple[int, ...]
    until: datetime | None


def _held(schedules: set[int], at: datetime) -> dict[tuple[int, str], _Held]:
    """By schedule and role; looks further ahead only for schedules on which nothing changes soon."""
    found: dict[tuple[int, str], _Held] = {}
    pending = set(schedules)
    for ahead in LOOK_AHEAD:
        until = at + ahead
        for schedule, roster in rosters(pending, since=at, until=until).items():
            ends = _first_ends(roster, at, until)
            for role, users in on_call(roster, at).items():
                found[schedule, role] = _Held(users, ends[role] if ends[role] < until else None)
            if all(end < until for end in ends.values()):
                pending.discard(schedule)
    return found


def _first_ends(roster: Roster, at: datetime, until: datetime) -> dict[str, datetime]:
    ends: dict[str, datetime] = {}
    for shift in shifts(roster, at, until):
        ends[shift.role] = min(shift.end, ends.get(shift.role, until))
    return ends
