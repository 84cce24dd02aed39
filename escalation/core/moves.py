"""The moves between states that the machine makes."""

from dataclasses import replace
from datetime import datetime

from escalation.core.decision import Decision, PageManagers
from escalation.core.incident import Parked, State, Status, Urgency
from escalation.core.policy import Policy, Step

MANAGERS = ".managers"


def start(state: State, now: datetime) -> State:
    """At step one with its repeats anew, due now."""
    return replace(
        state,
        status=Status.TRIGGERED,
        cycle=state.cycle + 1,
        repeat=0,
        step=0,
        step_at=now,
        hold_until=None,
        raise_at=None,
        reached=False,
        managers_paged=False,
        outside_from=state.outside_from or now,
        parked=Parked.NOT,
    )


def stopped(state: State, *, hold_until: datetime | None) -> State:
    return replace(state, status=Status.ACKNOWLEDGED, step_at=None, hold_until=hold_until, parked=Parked.NOT)


def held(state: State, raise_at: datetime | None) -> State:
    """Parked, until support hours begin if there are any."""
    return replace(
        state,
        parked=Parked.LOW_URGENCY,
        urgency=Urgency.LOW,
        step_at=None,
        hold_until=raise_at,
        raise_at=raise_at,
    )


def raised_later(state: State, raise_at: datetime | None) -> State:
    """A worse severity that still may wait: who is being paged is paged on, what waits is raised then."""
    if raise_at is None or (state.status is Status.TRIGGERED and state.parked is Parked.NOT):
        return state
    if state.status is Status.TRIGGERED:
        return held(state, raise_at)
    return replace(state, raise_at=raise_at, hold_until=max(state.hold_until or raise_at, raise_at))


def advanced(state: State, policy: Policy) -> State:
    """Past the last step comes the first of the next repeat; after the last repeat, exhaustion."""
    if state.step + 1 == len(policy.steps) and state.repeat < policy.repeat:
        return replace(state, step=0, repeat=state.repeat + 1)
    return replace(state, step=state.step + 1)


def page_managers(state: State, why: str) -> tuple[State, list[Decision]]:
    if state.managers_paged:
        return state, []
    return replace(state, managers_paged=True), [PageManagers(run=f"{state.cycle}{MANAGERS}", why=why)]


def last_run(state: State, policy: Policy) -> str:
    """The name of the run whose timeout is waited for."""
    step, repeat = (state.step, state.repeat) if state.step else (len(policy.steps), state.repeat - 1)
    return run_name(state, policy.steps[step - 1], repeat) if state.step_at and repeat >= 0 else ""


def run_name(state: State, step: Step, repeat: int) -> str:
    return f"{state.cycle}.{repeat}.{step.number}"


def is_lost(state: State, policy: Policy) -> bool:
    return state.status is Status.TRIGGERED and state.parked is Parked.NOT and state.wake_at(policy) is None


def why_held(raise_at: datetime | None) -> str:
    return "low urgency pages nobody" if raise_at is None else "outside support hours"
