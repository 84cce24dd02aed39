"""What can happen to an incident."""

from dataclasses import dataclass
from datetime import datetime

from escalation.core.incident import Parked, Quiet, Urgency


@dataclass(frozen=True, kw_only=True)
class Triggered:
    """The first event. A low one with `raise_at` is held until support hours begin; a quiet one pages nobody
    before the end of that.
    """

    severity: str
    urgency: Urgency
    raise_at: datetime | None = None
    quiet: Quiet | None = None


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """One more event of an open incident. `quiet` is what would keep it from paging if it came now."""

    severity: str
    urgency: Urgency
    raise_at: datetime | None = None
    quiet: Quiet | None = None


@dataclass(frozen=True, kw_only=True)
class Joined(Repeated):
    """A further alert became part of an open incident, by its service's rule or because a person merged
    another one into it.
    """


@dataclass(frozen=True)
class Ticked:
    """`wake_at` has come."""


@dataclass(frozen=True)
class StepRan:
    """The engine resolved a step's targets: `anyone` says whether at least one person could be paged, `told`
    whether anybody or a webhook was: what that is told, no human knows. `outside` is the number of a step
    that stands outside the sequence.
    """

    anyone: bool
    outside: int | None = None
    told: bool = False


@dataclass(frozen=True)
class Unreachable:
    """Every message of a run failed: whom it paged will never hear of it."""

    run: str


@dataclass(frozen=True)
class Acknowledged:
    """Somebody is on it: the person with the id `by`, or no person that is known."""

    by: int | None = None


@dataclass(frozen=True)
class Unacknowledged:
    """Whoever was on it, or put it off, is not any more."""


@dataclass(frozen=True)
class Active:
    """A responder did something (a note, say): the acknowledgement lasts anew."""


@dataclass(frozen=True)
class Snoozed:
    until: datetime


@dataclass(frozen=True)
class Escalated:
    """A person wants the next step now."""


@dataclass(frozen=True)
class Reassigned:
    """A person handed it to others; the engine has swapped the policy."""


@dataclass(frozen=True)
class Added:
    """A person wants these people (ids) told as well, whoever is on it."""

    users: tuple[int, ...]


@dataclass(frozen=True)
class Quieted:
    """Maintenance, say, has begun: whoever is being paged is left in peace."""

    quiet: Quiet


@dataclass(frozen=True)
class QuietOver:
    """That ended, perhaps before its time. `then` is another one that goes on."""

    reason: Parked
    then: Quiet | None = None


@dataclass(frozen=True)
class Resolved:
    """It is over."""


@dataclass(frozen=True)
class Merged:
    """It goes on as the incident `into` (its id), which has its alerts from now on."""

    into: int


Stimulus = (
    Triggered
    | Repeated
    | Joined
    | Ticked
    | StepRan
    | Unreachable
    | Acknowledged
    | Unacknowledged
    | Active
    | Snoozed
    | Escalated
    | Reassigned
    | Added
    | Quieted
    | QuietOver
    | Resolved
    | Merged
)
