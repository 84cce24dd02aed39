"""What happens if nobody answers: the machine, run forward."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation.core.decision import PageManagers, PageTargets
from escalation.core.incident import Quiet, State
from escalation.core.machine import decide, opening
from escalation.core.policy import Policy
from escalation.core.stimulus import Quieted, StepRan, Stimulus, Ticked, Triggered

LONGEST = 10_000
"""Decisions after which a plan ends. A policy of 50 steps with 99 repeats has fewer."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One whom a target means at an instant, and the methods they would be paged on, with delays. A webhook
    is no `person`.
    """

    user: int
    ways: Sequence[tuple[str, timedelta]]
    person: bool = True


@dataclass(frozen=True, kw_only=True)
class PlannedMessage:
    """One message that would leave at `at`. `step` is the step's number, None for the managers at the
    end; `repeat` is 0 in the first run.
    """

    at: datetime
    user: int
    via: str
    step: int | None
    repeat: int


Resolve = Callable[[PageTargets | PageManagers, datetime], Sequence[Reached]]
Maintenance = Callable[[datetime], Quiet | None]
"""What keeps the service from paging at an instant."""


def never(at: datetime) -> Quiet | None:
    """Of a service without maintenance."""
    return None


def ahead(
    state: State, policy: Policy, resolve: Resolve, *, maintenance: Maintenance = never
) -> list[PlannedMessage]:
    """Every message from here on, in the order of time, if nobody answers and nothing else happens."""
    return _Walk(state, policy, resolve, maintenance).run()


def first_ahead(
    state: State, policy: Policy, resolve: Resolve, *, now: datetime, maintenance: Maintenance = never
) -> PlannedMessage | None:
    """The first message of `ahead` that is not before `now`, without looking further than to it."""
    return _Walk(state, policy, resolve, maintenance).first(now)


def from_trigger(
    stimulus: Triggered,
    policy: Policy,
    resolve: Resolve,
    *,
    at: datetime,
    maintenance: Maintenance = never,
) -> list[PlannedMessage]:
    """The plan of an incident that triggers at `at`."""
    state, _ = decide(opening(stimulus), policy, stimulus, at)
    return ahead(state, policy, resolve, maintenance=maintenance)


def first_page(
    stimulus: Triggered, policy: Policy, resolve: Resolve, *, at: datetime
) -> tuple[datetime, list[PlannedMessage]] | None:
    """When an incident that triggers at `at` would first page anybody if nobody answers, and all messages of
    that moment, in the order of time; None where it never would.
    """
    state, _ = decide(opening(stimulus), policy, stimulus, at)
    return _Walk(state, policy, resolve, never).first_page()


class _Walk:
    """The machine, woken whenever it asks to be, until it asks no more."""

    def __init__(self, state: State, policy: Policy, resolve: Resolve, maintenance: Maintenance) -> None:
        self._state, self._policy = state, policy
        self._resolve, self._maintenance = resolve, maintenance
        self._messages: list[PlannedMessage] = []

    def run(self) -> list[PlannedMessage]:
        for _ in range(LONGEST):
            wake_at = self._state.wake_at(self._policy)
            if wake_at is None:
                break
            self._tick(wake_at)
        return sorted(self._messages, key=lambda message: message.at)

    def first(self, now: datetime) -> PlannedMessage | None:
        """A step that runs later may page at once, and so before one that waits a while."""
        for _ in range(LONGEST):
            wake_at = self._state.wake_at(self._policy)
            coming = (message for message in self._messages if message.at >= now)
            found = min(coming, key=lambda message: message.at, default=None)
            if wake_at is None or (found is not None and found.at <= wake_at):
                return found
            self._tick(wake_at)
        return None

    def first_page(self) -> tuple[datetime, list[PlannedMessage]] | None:
        for _ in range(LONGEST):
            wake_at = self._state.wake_at(self._policy)
            if wake_at is None:
                break
            self._tick(wake_at)
            if self._messages:
                return wake_at, sorted(self._messages, key=lambda message: message.at)
        return None

    def _tick(self, now: datetime) -> None:
        quiet = self._maintenance(now)
        waiting: deque[Stimulus] = deque([Ticked()] if quiet is None else [Quieted(quiet), Ticked()])
        while waiting:
            self._state, decisions = decide(self._state, self._policy, waiting.popleft(), now)
            for decision in decisions:
                if isinstance(decision, PageTargets):
                    found = self._page(decision, now, step=decision.number)
                    outside = decision.number if decision.outside else None
                    anyone = any(one.person for one in found)
                    waiting.append(StepRan(anyone, outside, told=bool(found)))
                elif isinstance(decision, PageManagers):
                    self._page(decision, now, step=None)

    def _page(
        self, decision: PageTargets | PageManagers, now: datetime, *, step: int | None
    ) -> Sequence[Reached]:
        """Note what each of them gets who has not acknowledged. Whom there was to page."""
        repeat = decision.repeat if isinstance(decision, PageTargets) else self._state.repeat
        meant = [one for one in self._resolve(decision, now) if one.ways]
        found = [one for one in meant if one.user not in decision.without]
        self._messages.extend(
            PlannedMessage(at=now + after, user=one.user, via=via, step=step, repeat=repeat)
            for one in found
            for via, after in one.ways
            if self._maintenance(now + after) is None  # it is stopped when that begins
        )
        return found
