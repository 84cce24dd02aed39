"""The moves between states that the machine makes."""

from dataclasses import replace
from datetime import datetime, timedelta

from escalation.core.decision import Decision, Event, Note, PageManagers
from escalation.core.incident import QUIETS, Parked, Quiet, State, Status, Urgency
from escalation.core.policy import Policy, Step

MANAGERS = ".managers"
FALLBACK = ".fallback"
OUTSIDE = "outside."
ADDED = f"{OUTSIDE}added."

AGAIN = timedelta(minutes=5)
"""After this, and then less and less often, all is tried again where nobody at all could be reached: an
outage of every provider must not outlast the policy. At the latest after LONGEST_WAIT."""
LONGEST_WAIT = 3 * AGAIN


WAITS = frozenset({Parked.LOW_URGENCY, Parked.EXHAUSTED})
"""Parked for want of urgency or of somebody who answers: what is new and urgent is a reason to page."""


def start(state: State, now: datetime) -> State:
    """At step one with its repeats anew, due now. Of what was acknowledged the answers are counted anew."""
    return replace(
        state,
        status=Status.TRIGGERED,
        answered=() if state.status is Status.ACKNOWLEDGED else state.answered,
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
        quiet_until=None,
        quiet_reason=Parked.NOT,
    )


def stopped(state: State, *, hold_until: datetime | None) -> State:
    return replace(state, status=Status.ACKNOWLEDGED, step_at=None, hold_until=hold_until, parked=Parked.NOT)


def over(state: State) -> State:
    return replace(
        state,
        status=Status.RESOLVED,
        step_at=None,
        hold_until=None,
        parked=Parked.NOT,
        quiet_until=None,
        quiet_reason=Parked.NOT,
    )


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


def quieted(state: State, quiet: Quiet) -> State:
    """Nobody is paged before its end. Who is on it stays on it; what waits for somebody is parked, and the
    steps outside the sequence that have not run count from the end.

    `hold_until` says the same to a version that knows of no quiet.
    """
    if state.status is Status.ACKNOWLEDGED:
        return replace(state, quiet_until=quiet.until, quiet_reason=quiet.reason)
    return replace(
        state,
        parked=quiet.reason,
        quiet_until=quiet.until,
        quiet_reason=quiet.reason,
        hold_until=quiet.until,
        step_at=None,
        outside_from=None,
    )


def is_parked_quiet(state: State) -> bool:
    return state.status is Status.TRIGGERED and state.parked in QUIETS


def loud(state: State, now: datetime) -> State:
    """No quiet any more: what was parked by it starts at step one, or waits as its urgency has it. Of what
    somebody has acknowledged meanwhile, the steps outside the sequence count from here.
    """
    low = state.urgency is Urgency.LOW and (state.raise_at is None or now < state.raise_at)
    over = replace(state, quiet_until=None, quiet_reason=Parked.NOT)
    if not is_parked_quiet(state):
        return over if low else replace(over, outside_from=state.outside_from or now)
    if low:
        return held(over, state.raise_at)
    return start(replace(over, urgency=Urgency.HIGH, answered=()), now)


def waits_for_nothing(state: State, policy: Policy) -> bool:
    """Exhausted, or of low urgency for good: no time that comes pages anybody."""
    return state.status is Status.TRIGGERED and state.parked in WAITS and state.wake_at(policy) is None


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


def on_it(state: State, policy: Policy) -> tuple[int, ...]:
    """Who has acknowledged where that takes more than one: they are not paged about it again."""
    return state.answered if policy.acknowledgements > 1 else ()


def page_managers(state: State, policy: Policy, when: str, why: str) -> tuple[State, list[Decision]]:
    """`when` tells this moment from others of the same cycle."""
    if state.managers_paged:
        return state, []
    run = f"{state.cycle}.{when}{MANAGERS}"
    paged = PageManagers(run=run, why=why, without=on_it(state, policy))
    return replace(state, managers_paged=True), [paged]


def managers_for(outside: str, why: str) -> list[Decision]:
    """Whatever the managers heard before: that step, or that person, has something of its own to say."""
    said = Event.ADDED_UNREACHED if outside.startswith(ADDED) else Event.OUTSIDE_UNREACHED
    return [Note(said, why), PageManagers(run=f"{outside}{MANAGERS}", why=why)]


def passed_over(
    state: State, policy: Policy, now: datetime, note: Note, *, waits: bool = False
) -> tuple[State, list[Decision]]:
    """A step that paged no person, and why: the next one comes at once, unless its time is waited for."""
    pass_is_over = state.step in (0, len(policy.steps))
    if not pass_is_over or state.reached:
        return state if waits else replace(state, step_at=now), [note]
    # No step of this pass reached a human. The managers hear now, and the pass's rhythm is kept, so that
    # its repeats find whoever comes on call meanwhile.
    state, more = page_managers(
        state, policy, f"{state.repeat}.{state.step}", "no step of the policy reached anyone"
    )
    return state, [note, *more]


def asked_again(state: State, policy: Policy, *, was: str) -> State:
    """At a worse severity, what stands outside the sequence and was passed over at the one before is asked
    once more.
    """
    opened = {
        step.number
        for step in policy.outside
        if step.number in state.outside_passed and policy.opens(step, was=was, now=state.severity)
    }
    return replace(
        state,
        outside_done=tuple(number for number in state.outside_done if number not in opened),
        outside_passed=tuple(number for number in state.outside_passed if number not in opened),
    )


def opens_a_step(state: State, policy: Policy, *, was: str) -> bool:
    """Whether a step that this cycle has passed over pages at the severity of now."""
    behind = policy.steps if state.repeat else policy.steps[: state.step]
    return any(policy.opens(step, was=was, now=state.severity) for step in behind)


def answers(given: int, wanted: int) -> str:
    """“1 of 2: one more is needed”."""
    missing = wanted - given
    needed = "one more is needed" if missing == 1 else f"{missing} more are needed"
    return f"{given} of {wanted}: {needed}" if missing > 0 else f"{given} of {wanted}"


def nobody_left(state: State, now: datetime) -> tuple[State, list[Decision]]:
    """Neither the managers nor the fallback contact: silence is no answer. While steps are left, they go on,
    and the managers are asked once more at the end.
    """
    if state.parked is not Parked.EXHAUSTED:
        return replace(state, managers_paged=False), [Note(Event.NOBODY_LEFT, "the next step is waited for")]
    wait = min(AGAIN * state.cycle, LONGEST_WAIT)
    minutes = int(wait / timedelta(minutes=1))
    again = replace(start(state, now), step_at=now + wait)
    return again, [Note(Event.NOBODY_LEFT, f"all is tried again in {minutes} min")]


def last_run(state: State, policy: Policy) -> str:
    """The name of the run whose timeout is waited for."""
    step, repeat = (state.step, state.repeat) if state.step else (len(policy.steps), state.repeat - 1)
    return run_name(state, policy.steps[step - 1], repeat) if state.step_at and repeat >= 0 else ""


def run_name(state: State, step: Step, repeat: int) -> str:
    return f"{state.cycle}.{repeat}.{step.number}"


def is_lost(state: State, policy: Policy) -> bool:
    return state.status is Status.TRIGGERED and state.parked is Parked.NOT and state.wake_at(policy) is None


def why_started(state: State) -> str:
    """Why an urgent alert that joins is paged, though the incident was quiet."""
    if state.status is Status.ACKNOWLEDGED:
        return "it is worse than what was acknowledged or put off"
    return f"nobody was being paged: {state.parked}"


def why_held(raise_at: datetime | None) -> str:
    return "low urgency pages nobody" if raise_at is None else "outside support hours"
