"""What became of one message. Each state says what happened in the world."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from paging.core import retry


class State(StrEnum):
    PENDING = "pending"  # nobody has tried yet, or a try failed for now: it waits for its time
    CLAIMED = "claimed"  # a worker holds it and is talking to the provider, until its lease ends
    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"  # the phone has it
    UNDELIVERED = "undelivered"  # the carrier gave it back
    FAILED = "failed"  # the provider refused it for good, or for now once too often
    BUNDLED = "bundled"  # another message says it
    SUPPRESSED = "suppressed"  # its page was stopped before it left
    UNKNOWN = "unknown"  # the worker that held it died: perhaps it left, so it is sent again


WAITING = frozenset({State.PENDING, State.UNKNOWN})
LEFT = frozenset({State.SENT, State.DELIVERED, State.UNDELIVERED})
"""A provider took it, and said so itself or by a receipt."""

LEASE = timedelta(seconds=15)
"""Longer than the 8 s that a channel may take, short enough for the next try to come within 20 s."""


class Fault(StrEnum):
    """Why a provider did not take a message, by what helps."""

    TEMPORARY = "temporary"  # the same again, later
    PROVIDER = "provider"  # another provider at once: this one's account or its way there is at fault
    MESSAGE = "message"  # another method at once: this message is taken by nobody
    ADDRESS = "address"  # another method from now on: nobody is ever reached at this address
    OPTED_OUT = "opted_out"  # another method until the owner allows it again


ELSEWHERE = frozenset({Fault.TEMPORARY, Fault.PROVIDER})
"""Faults of a provider, not of the message: another provider may take it."""


@dataclass(frozen=True)
class Accepted:
    """The provider took the message, and calls it `provider_id`."""

    provider: str
    provider_id: str = ""


@dataclass(frozen=True)
class Rejected:
    """The message did not leave."""

    error: str
    fault: Fault

    @property
    def permanent(self) -> bool:
        """Whether the same again, the same way, would be refused again."""
        return self.fault is not Fault.TEMPORARY


@dataclass(frozen=True)
class Settled:
    """What a notification becomes; `due_at` where it is to be tried again. `CLAIMED`: it stays in the
    hands of its worker, which asks the next provider at once.
    """

    state: State
    reason: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Round:
    """The providers of one kind are asked one after the other. `elsewhere`: one is left to be asked;
    `hopeful`: one that was asked before this answer failed only for now.
    """

    elsewhere: bool = False
    hopeful: bool = False


ALONE = Round()


def settle(
    answer: Accepted | Rejected, *, attempts: int, spread: float, now: datetime, within: Round = ALONE
) -> Settled:
    """The state after try number `attempts`; `spread` as in `retry.next_try`.

    The next provider before any waiting, and waiting only where that may help: what every provider of
    the kind refused for good goes by another method.
    """
    if isinstance(answer, Accepted):
        return Settled(State.SENT)
    if within.elsewhere and answer.fault in ELSEWHERE:
        return Settled(State.CLAIMED, answer.error)
    later = answer.fault is Fault.TEMPORARY or (within.hopeful and answer.fault in ELSEWHERE)
    wait = retry.next_try(attempts=attempts, spread=spread) if later else None
    if wait is None:
        return Settled(State.FAILED, answer.error)
    return Settled(State.PENDING, answer.error, now + wait)
