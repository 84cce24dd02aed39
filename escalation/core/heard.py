"""What a further event does to an open incident, and a further alert that joins it."""

from dataclasses import replace
from datetime import datetime

from escalation.core import moves
from escalation.core.decision import (
    Answer,
    Decision,
    Event,
    Note,
)
from escalation.core.incident import Parked, Quiet, State, Status, Urgency, is_worse
from escalation.core.policy import Policy
from escalation.core.stimulus import (
    Joined,
    Repeated,
)


def repeated(stimulus: Repeated, state: State, policy: Policy, now: datetime) -> Answer:
    if moves.is_lost(state, policy):
        return moves.start(state, now), [Note(Event.HEALED, "it was open with nothing due; an event woke it")]
    if moves.is_parked_quiet(state):
        return _repeated_in_quiet(stimulus, state, policy, now)
    if state.quiet_until is not None:
        state, told = _as_quiet_as(stimulus, state, now)
        state, more = _heard_again(stimulus, state, policy, now)
        return state, told + more
    return _heard_again(stimulus, state, policy, now)


def _as_quiet_as(stimulus: Repeated, state: State, now: datetime) -> Answer:
    """Of what somebody is on: it stays quiet no longer than its newest event is."""
    if stimulus.quiet is None:
        why = "an event came to which it does not apply"
        return moves.loud(state, now), [Note(Event.QUIET_OVER, why)]
    if state.quiet_until is not None and stimulus.quiet.until < state.quiet_until:
        return moves.quieted(state, stimulus.quiet), [Note(Event.QUIETED, stimulus.quiet.why)]
    return state, []


def _heard_again(stimulus: Repeated, state: State, policy: Policy, now: datetime) -> Answer:
    if not is_worse(stimulus.severity, than=state.severity):
        return state, []
    raised = moves.asked_again(replace(state, severity=stimulus.severity), policy, was=state.severity)
    notes: list[Decision] = [Note(Event.RAISED, f"the source now says {stimulus.severity}")]
    if stimulus.quiet is not None and state.parked in moves.WAITS and stimulus.urgency is Urgency.HIGH:
        return _waits_quietly(raised, stimulus.quiet, notes)
    if stimulus.urgency is Urgency.LOW:
        return moves.raised_later(raised, stimulus.raise_at), notes
    return _raised(replace(raised, urgency=Urgency.HIGH), policy, now, was=state), notes


def _waits_quietly(state: State, quiet: Quiet, notes: list[Decision]) -> Answer:
    """What would start the steps now starts them when the quiet is over."""
    urgent = replace(state, urgency=Urgency.HIGH, raise_at=None)
    return moves.quieted(urgent, quiet), [*notes, Note(Event.QUIETED, quiet.why)]


def _repeated_in_quiet(stimulus: Repeated, state: State, policy: Policy, now: datetime) -> Answer:
    """What would page if it came now pages; what would not is only written up."""
    if is_worse(stimulus.severity, than=state.severity):
        urgent, was = stimulus.urgency is Urgency.HIGH, state.severity
        state = replace(
            state,
            severity=stimulus.severity,
            urgency=stimulus.urgency if urgent else state.urgency,
            raise_at=None if urgent else stimulus.raise_at,
        )
        state = moves.asked_again(state, policy, was=was)
    if stimulus.quiet is None:
        return moves.loud(state, now), [Note(Event.QUIET_OVER, "an event came to which it does not apply")]
    if state.quiet_until is None or stimulus.quiet.until >= state.quiet_until:
        return state, []
    # What kept it quiet for longer does not apply any more, and another one does.
    return moves.quieted(state, stimulus.quiet), [Note(Event.QUIETED, stimulus.quiet.why)]


def joined(stimulus: Joined, state: State, policy: Policy, now: datetime) -> Answer:
    """As one more event; but it is another alert, of which nobody has heard yet. Where nobody is being paged
    and nobody has answered for anything as bad, an urgent one starts the steps.
    """
    if moves.is_parked_quiet(state):
        return _joined_in_quiet(stimulus, state, policy, now)
    worse = is_worse(stimulus.severity, than=state.severity)
    silent = state.parked in moves.WAITS or (state.status is Status.ACKNOWLEDGED and worse)
    if stimulus.quiet is not None and state.parked in moves.WAITS and stimulus.urgency is Urgency.HIGH:
        severity = stimulus.severity if worse else state.severity
        raised = moves.asked_again(replace(state, severity=severity), policy, was=state.severity)
        return _waits_quietly(raised, stimulus.quiet, [])
    if stimulus.urgency is Urgency.LOW or not silent or stimulus.quiet is not None:
        return repeated(stimulus, state, policy, now)
    severity = stimulus.severity if worse else state.severity
    raised = moves.asked_again(replace(state, severity=severity), policy, was=state.severity)
    started = moves.start(replace(raised, urgency=Urgency.HIGH), now)
    return started, [Note(Event.JOINED_URGENT, moves.why_started(state))]


def _joined_in_quiet(stimulus: Joined, state: State, policy: Policy, now: datetime) -> Answer:
    """What is not quiet itself is not kept so by what it joins."""
    if stimulus.quiet is not None:
        return _repeated_in_quiet(stimulus, state, policy, now)
    notes: list[Decision] = [Note(Event.QUIET_OVER, "an alert has joined to which it does not apply")]
    state, more = joined(stimulus, moves.loud(state, now), policy, now)
    return state, notes + more


def _raised(state: State, policy: Policy, now: datetime, *, was: State) -> State:
    """Who is on it already is left alone, though not for ever; what waited is triggered again, and so is what
    has passed over a step that pages at the severity of now.
    """
    if state.status is Status.ACKNOWLEDGED:
        lasts = policy.acknowledgement_timeout
        return replace(state, hold_until=state.hold_until or (now + lasts if lasts else None))
    waited = was.parked is not Parked.NOT or was.urgency is Urgency.LOW
    if waited or moves.opens_a_step(state, policy, was=was.severity):
        return moves.start(state, now)
    return state
