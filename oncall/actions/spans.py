"""The schedule under a lock, and when a change of it may begin and end."""

from datetime import datetime, timedelta

from django.db.models import F

from oncall.actions.refusal import Refused
from oncall.core.final import Roster
from oncall.loading import rosters
from oncall.models import Schedule

GRACE = timedelta(minutes=5)
AN_INSTANT = timedelta(microseconds=1)


def locked(schedule: Schedule) -> Schedule:
    """The schedule's row, locked: while it is held nobody else changes what lies over this schedule.

    Raises Refused for a retired schedule.
    """
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if row.retired_at is not None:
        raise Refused(
            f"{row.name} is retired since {row.retired_at:%Y-%m-%d %H:%M} UTC; nothing in it changes."
        )
    return row


def changed(schedule: Schedule, *, now: datetime) -> None:
    """Say that what the schedule says, or what lies over it, is another now, and let the keeper look at it.

    Call it in the transaction that changes it, holding the lock.
    """
    Schedule.objects.filter(pk=schedule.pk).update(revision=F("revision") + 1, wake_at=now)


def checked_start(start: datetime, end: datetime, *, now: datetime, founding: bool) -> datetime:
    """When a change from `start` to `end` begins: not in the past, so that history stays as it was.

    A start up to five minutes ago means "from now". `founding` allows the past. Raises Refused.
    """
    if end <= start:
        raise Refused(f"It ends at {end:%Y-%m-%d %H:%M}, which is not after its start; write a later end.")
    if founding:
        return start
    if end <= now or start < now - GRACE:
        raise Refused(
            f"It begins at {start:%Y-%m-%d %H:%M} UTC, in the past, and who was on call then stays; "
            "begin it now or later."
        )
    return max(start, now)


def roster_around(schedule: Schedule, start: datetime, end: datetime, now: datetime) -> Roster:
    """What is said for [start, end), with the version of `now` where there is none yet at the start."""
    return rosters([schedule.pk], since=start, until=max(end, now + AN_INSTANT))[schedule.pk]


def check_role(role: str, roster: Roster, schedule: Schedule) -> None:
    """Raises Refused unless a version in the roster has the role."""
    known = {name for version in roster.versions for name in version.definition.roles}
    if role not in known:
        raise Refused(f"{schedule.name} has no role “{role}”; it has {', '.join(sorted(known)) or 'none'}.")
