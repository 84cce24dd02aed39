"""What the machine wants done. The engine does it, in the transaction that writes the new state."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from escalation.core.incident import State
from escalation.core.policy import Target

STEP_UNREACHED = "nobody of the step was reached; the next runs at once"
"""So the ledger has it: others of the same verb make no step run before its time. What was written stays."""


class Event(StrEnum):
    """What the timeline says happened; the engine finds the words."""

    TRIGGERED = "triggered"
    HELD = "held"
    RAISED = "raised"
    JOINED_URGENT = "joined_urgent"
    ACKNOWLEDGED = "acknowledged"
    ACK_COUNTED = "acknowledgement_counted"
    ACK_OF_NOBODY = "acknowledgement_of_nobody"
    UNACKNOWLEDGED = "unacknowledged"
    ACK_EXPIRED = "acknowledgement_expired"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    ADDED = "added"
    ADDED_UNREACHED = "added_unreached"
    STEP_PASSED = "step_passed"
    STEP_EMPTY = "step_empty"
    STEP_TOLD = "step_told"
    STEP_UNREACHED = "step_unreached"
    OUTSIDE_UNREACHED = "outside_unreached"
    NOBODY_LEFT = "nobody_left"
    EXHAUSTED = "exhausted"
    HEALED = "healed"
    QUIETED = "quieted"
    QUIET_OVER = "quiet_over"
    RESOLVED = "resolved"
    MERGED = "merged"


@dataclass(frozen=True, kw_only=True)
class PageTargets:
    """Page these. `run` names this run of this step for ever, so that applying it twice pages once.
    `valid_for` is how long a message of it is worth delivering: until the next step. Of those who are meant,
    the users in `without` have acknowledged already.
    """

    number: int
    repeat: int
    run: str
    targets: tuple[Target, ...]
    outside: bool = False
    valid_for: timedelta = timedelta(minutes=10)
    without: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PagePerson:
    """Page this user, whom somebody has added."""

    run: str
    user: int


@dataclass(frozen=True, kw_only=True)
class PageManagers:
    """Page the team's managers but for those in `without`, who have acknowledged already; and the site's
    fallback contact if there is none to page.
    """

    run: str
    why: str
    without: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PageFallback:
    """Page the site's fallback contact: there is nobody left."""

    run: str
    why: str


@dataclass(frozen=True)
class StopPaging:
    """Nothing more about this incident leaves (to `user` alone, where given); but for the first word to those
    whom a run that begins with `sparing` pages, where one is named.
    """

    reason: str
    sparing: str = ""
    user: int | None = None


@dataclass(frozen=True)
class Note:
    event: Event
    why: str = ""


Decision = PageTargets | PagePerson | PageManagers | PageFallback | StopPaging | Note
Answer = tuple[State, list[Decision]]
