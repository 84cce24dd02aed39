"""A source that must call in: until when it is heard to be well, and what its silence means."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

USUAL_GRACE = timedelta(minutes=5)
LONGEST_MUTE = timedelta(days=90)


class State(StrEnum):
    """In the words that people read."""

    WAITING = "never called"
    """It is set up, and nobody has called yet: nothing is missed before the first call."""
    ON_TIME = "on time"
    LATE = "late"
    """It should have called, and its grace is not over."""
    SILENT = "silent"
    """It is an alert, until it calls."""
    MUTED = "muted"
    """Its silence is no alert before the mute ends."""


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What is known of one; all instants in UTC.

    `due_at`: when its silence is an alert. None before the first call, and while it is one already, since
    `silent_since`. `excused_at` ends a time in which nobody could have heard it: it counts as a call.
    """

    every: timedelta
    grace: timedelta
    last_call_at: datetime | None = None
    due_at: datetime | None = None
    silent_since: datetime | None = None
    excused_at: datetime | None = None
    muted_until: datetime | None = None


def reckoned(beat: Beat) -> Beat:
    """With the deadline that follows from the rest: `every` and `grace` after it was last well, and not while
    it is muted.
    """
    if beat.last_call_at is None or beat.silent_since is not None:
        return replace(beat, due_at=None)
    due = max(beat.last_call_at, beat.excused_at or beat.last_call_at) + beat.every + beat.grace
    return replace(beat, due_at=max(due, beat.muted_until or due))


def called(beat: Beat, *, now: datetime) -> Beat:
    return reckoned(replace(beat, last_call_at=now, silent_since=None))


def silenced(beat: Beat, *, now: datetime) -> Beat:
    """It is an alert from now on; the next call ends it."""
    return reckoned(replace(beat, silent_since=now))


def excused(beat: Beat, *, since: datetime, until: datetime) -> Beat:
    """As if it had called at `until`, where the call that was expected may have been lost: nobody could hear
    it from `since` to then. Once in each silence, so that one that has died is missed after all.
    """
    if beat.due_at is None or beat.last_call_at is None or beat.due_at <= since:
        return beat
    was_excused = beat.excused_at is not None and beat.excused_at >= beat.last_call_at
    expected = beat.last_call_at + beat.every
    if was_excused or until < expected - beat.grace:
        return beat
    return reckoned(replace(beat, excused_at=until))


def state_of(beat: Beat, *, now: datetime) -> State:
    if beat.silent_since is not None:
        return State.SILENT
    if beat.muted_until is not None and now < beat.muted_until:
        return State.MUTED
    if beat.last_call_at is None or beat.due_at is None:
        return State.WAITING
    return State.ON_TIME if now < beat.due_at - beat.grace else State.LATE
