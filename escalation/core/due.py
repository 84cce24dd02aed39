"""What falls due, in the order in which it is looked at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from escalation.core import moves
from escalation.core.decision import (
    Answer,
    Decision,
    Event,
    Note,
    PageTargets,
)
from escalation.core.incident import Parked, State, Status, Urgency
from escalation.core.policy import Policy

LATE = timedelta(seconds=5)
"""A step that fires later than this gives the next one its full timeout from when it fired."""

Phase = Callable[[State, Policy, datetime], Answer]


def ticked(state: State, policy: Policy, now: datetime) -> Answer:
    decisions: list[Decision] = []
    if state.is_quiet(now):
        return state, decisions
    for phase in (_end_quiet, _end_hold, _run_outside, _run_step):
        state, more = phase(state, policy, now)
        decisions += more
    return state, decisions


def _end_quiet(state: State, policy: Policy, now: datetime) -> Answer:
    if state.quiet_until is None:
        return state, []
    return moves.loud(state, now), [Note(Event.QUIET_OVER)]


def _end_hold(state: State, policy: Policy, now: datetime) -> Answer:
    """A hold that is over starts the steps again: nothing stays put off for ever."""
    if state.hold_until is None or now < state.hold_until:
        return state, []
    over = Note(Event.ACK_EXPIRED)
    if state.status is not Status.ACKNOWLEDGED and not _waits(state, now):
        over = Note(Event.RAISED, "support hours have begun")
    return let_go(state, now, over)


def let_go(state: State, now: datetime, over: Note) -> Answer:
    """Nobody is on it any more, and nothing keeps it quiet: the steps start again, or it waits as its urgency
    has it. `over` says why.
    """
    state = replace(state, answered=())
    if _waits(state, now):
        held = replace(moves.held(state, state.raise_at), status=Status.TRIGGERED)
        return held, [over, Note(Event.HELD, moves.why_held(state.raise_at))]
    return moves.start(replace(state, urgency=Urgency.HIGH), now), [over]


def _waits(state: State, now: datetime) -> bool:
    return state.urgency is Urgency.LOW and (state.raise_at is None or now < state.raise_at)


def _run_outside(state: State, policy: Policy, now: datetime) -> Answer:
    decisions: list[Decision] = []
    for step in policy.outside:
        due = state.outside_from is not None and state.outside_from + step.after <= now
        if not due or step.number in state.outside_done:
            continue
        state = replace(state, outside_done=(*state.outside_done, step.number))
        if why := policy.why_not(step, severity=state.severity, at=now):
            state = replace(state, outside_passed=(*state.outside_passed, step.number))
            decisions.append(Note(Event.STEP_PASSED, f"step {step.number}: {why}"))
            continue
        page = PageTargets(
            number=step.number,
            repeat=0,
            run=f"{moves.OUTSIDE}{step.number}",
            targets=step.targets,
            outside=True,
            without=moves.on_it(state, policy),
        )
        decisions.append(page)
    return state, decisions


def _run_step(state: State, policy: Policy, now: datetime) -> Answer:
    if state.status is not Status.TRIGGERED or state.step_at is None or now < state.step_at:
        return state, []
    if state.step >= len(policy.steps):
        return _exhaust(state, policy)
    step = policy.steps[state.step]
    on_time = now - state.step_at <= min(LATE, step.timeout / 2)
    base = state.step_at if on_time else now
    reached = state.reached and state.step > 0
    ran = replace(moves.advanced(state, policy), step_at=base + step.timeout, reached=reached)
    if why := policy.why_not(step, severity=state.severity, at=now):
        return moves.passed_over(ran, policy, now, Note(Event.STEP_PASSED, f"step {step.number}: {why}"))
    page = PageTargets(
        number=step.number,
        repeat=state.repeat,
        run=moves.run_name(state, step, state.repeat),
        targets=step.targets,
        valid_for=step.timeout,
        without=moves.on_it(state, policy),
    )
    return ran, [page]


def _exhaust(state: State, policy: Policy) -> Answer:
    parked = replace(state, step_at=None, parked=Parked.EXHAUSTED)
    given, wanted = len(moves.on_it(state, policy)), policy.acknowledgements
    few = f"only {moves.answers(given, wanted)}" if given else "nobody acknowledged"
    parked, more = moves.page_managers(parked, policy, "exhausted", f"the policy is exhausted and {few}")
    return parked, [Note(Event.EXHAUSTED), *more]
