"""An incident's state, as the machine sees it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from escalation.core.policy import Policy


class Status(StrEnum):
    TRIGGERED = "triggered"
    """Somebody has to be told, and nobody has said that they are on it."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody is on it, or has put it off until `hold_until`."""
    RESOLVED = "resolved"
    """It is over; nobody is paged again."""


class Urgency(StrEnum):
    HIGH = "high"
    LOW = "low"
    """Wakes nobody: waits, parked, for working hours or a person who looks."""


class Parked(StrEnum):
    """Why an open, unacknowledged incident pages nobody. There is no other reason."""

    NOT = ""
    LOW_URGENCY = "low urgency"
    EXHAUSTED = "exhausted"
    MAINTENANCE = "maintenance"
    SUPPRESSED = "suppressed"
    TRIAL = "trial"


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Why something pages nobody before `until`: maintenance, a suppress rule, the trial of a new one. `why`
    is for people: the window's reason, the rule's owner. There is no quiet without an end.
    """

    reason: Parked
    until: datetime
    why: str


QUIETS = frozenset({Parked.MAINTENANCE, Parked.SUPPRESSED, Parked.TRIAL})
"""The reasons a `Quiet` can have."""


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything the machine remembers.

    `step` indexes the next step of the policy to run at `step_at`; one past the last means that the
    policy is exhausted then. `cycle` counts starts at step one by a trigger, `repeat` the policy's own
    repeats. `hold_until` ends an acknowledgement, a snooze, or (while triggered) a hold outside support
    hours; `raise_at` is when a low urgency becomes high, because support hours begin. `reached` says
    whether this pass over the steps paged anyone. Outside steps count from `outside_from`;
    `outside_done` holds their numbers, and `outside_passed` those of them whose condition did not hold.
    `answered` are the ids of those who have acknowledged, since it was last triggered. `added` counts
    responders who were added by hand. Before `quiet_until` nobody is paged at all, whatever falls due, but
    whom a person adds, and `quiet_reason` says why, also of what somebody is on; one that nobody is on starts
    at step one then, and is `parked` for the same reason until it does.
    """

    status: Status
    severity: str
    urgency: Urgency
    cycle: int = 0
    repeat: int = 0
    step: int = 0
    step_at: datetime | None = None
    hold_until: datetime | None = None
    raise_at: datetime | None = None
    reached: bool = False
    managers_paged: bool = False
    outside_from: datetime | None = None
    outside_done: tuple[int, ...] = ()
    outside_passed: tuple[int, ...] = ()
    answered: tuple[int, ...] = ()
    added: int = 0
    parked: Parked = Parked.NOT
    quiet_until: datetime | None = None
    quiet_reason: Parked = Parked.NOT

    def wake_at(self, policy: Policy) -> datetime | None:
        """When the engine has to look again; None when only an event or a person can change anything."""
        if self.status is Status.RESOLVED:
            return None
        moments = [self.hold_until, *self._outside_moments(policy)]
        if self.status is Status.TRIGGERED:
            moments.append(self.step_at)
        if self.outside_from is None and policy.outside:
            moments.append(self.quiet_until)  # from which its steps outside the sequence count
        first = min((moment for moment in moments if moment is not None), default=None)
        return first if first is None or self.quiet_until is None else max(first, self.quiet_until)

    def is_quiet(self, now: datetime) -> bool:
        return self.quiet_until is not None and now < self.quiet_until

    def _outside_moments(self, policy: Policy) -> list[datetime]:
        if self.outside_from is None:
            return []
        return [
            self.outside_from + step.after for step in policy.outside if step.number not in self.outside_done
        ]


def is_worse(severity: str, than: str) -> bool:
    """SEV-1 is the worst; the names sort that way."""
    return severity < than
