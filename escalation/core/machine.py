"""What happens next. Total and pure: every stimulus has an answer in every state, and never a surprise.

The engine gathers rows, asks `decide`, and applies the answer in one transaction. A page of a step is
answered with `StepRan`, because only the engine knows whether anyone was on call.
"""

from dataclasses import replace
from datetime import datetime
from functools import singledispatch

from escalation.core import due, heard, moves
from escalation.core.decision import (
    Answer,
    Decision,
    Event,
    Note,
    PageFallback,
    PagePerson,
    StopPaging,
)
from escalation.core.incident import Parked, Quiet, State, Status, Urgency
from escalation.core.policy import Policy
from escalation.core.stimulus import (
    Acknowledged,
    Active,
    Added,
    Escalated,
    Joined,
    Merged,
    Quieted,
    QuietOver,
    Reassigned,
    Repeated,
    Resolved,
    Snoozed,
    StepRan,
    Stimulus,
    Ticked,
    Triggered,
    Unacknowledged,
    Unreachable,
)


def decide(state: State, policy: Policy, stimulus: Stimulus, now: datetime) -> Answer:
    """The next state, and what is to be done. A resolved incident never changes again."""
    if state.status is Status.RESOLVED:
        return state, []
    return _answer(stimulus, state, policy, now)


def opening(stimulus: Triggered) -> State:
    """The state of an incident that nothing has happened to yet, to be triggered by `decide`."""
    return State(status=Status.TRIGGERED, severity=stimulus.severity, urgency=stimulus.urgency)


@singledispatch
def _answer(stimulus: Stimulus, state: State, policy: Policy, now: datetime) -> Answer:
    raise TypeError(f"{stimulus!r} is not a stimulus")


@_answer.register
def _triggered(stimulus: Triggered, state: State, policy: Policy, now: datetime) -> Answer:
    notes: list[Decision] = [Note(Event.TRIGGERED)]
    if stimulus.quiet is not None:
        waiting = replace(state, raise_at=stimulus.raise_at)
        return moves.quieted(waiting, stimulus.quiet), [*notes, Note(Event.QUIETED, stimulus.quiet.why)]
    if stimulus.urgency is Urgency.LOW:
        return moves.held(state, stimulus.raise_at), [
            *notes,
            Note(Event.HELD, moves.why_held(stimulus.raise_at)),
        ]
    return moves.start(state, now), notes


@_answer.register
def _repeated(stimulus: Repeated, state: State, policy: Policy, now: datetime) -> Answer:
    return heard.repeated(stimulus, state, policy, now)


@_answer.register
def _joined(stimulus: Joined, state: State, policy: Policy, now: datetime) -> Answer:
    return heard.joined(stimulus, state, policy, now)


@_answer.register
def _ticked(stimulus: Ticked, state: State, policy: Policy, now: datetime) -> Answer:
    return due.ticked(state, policy, now)


@_answer.register
def _step_ran(stimulus: StepRan, state: State, policy: Policy, now: datetime) -> Answer:
    if stimulus.outside is not None:
        outside = f"{moves.OUTSIDE}{stimulus.outside}"
        is_heard = stimulus.anyone or stimulus.told
        return state, [] if is_heard else moves.managers_for(outside, "nobody could be paged by it")
    if stimulus.anyone:
        return replace(state, reached=True), []
    empty = Note(Event.STEP_EMPTY, "nobody could be paged by it")
    note = Note(Event.STEP_TOLD) if stimulus.told else empty
    return moves.passed_over(state, policy, now, note, waits=stimulus.told)


@_answer.register
def _unreachable(stimulus: Unreachable, state: State, policy: Policy, now: datetime) -> Answer:
    why = "every message of it failed"
    outside = stimulus.run.startswith(moves.OUTSIDE)
    quiet = state.is_quiet(now) and not stimulus.run.startswith(moves.ADDED)
    if quiet or (state.status is not Status.TRIGGERED and not outside):
        return state, []
    if stimulus.run.endswith(moves.FALLBACK):
        return moves.nobody_left(state, now) if not outside else (state, [Note(Event.NOBODY_LEFT, why)])
    if stimulus.run.endswith(moves.MANAGERS):
        return state, [PageFallback(run=f"{stimulus.run}{moves.FALLBACK}", why=why)]
    if outside:
        return state, moves.managers_for(stimulus.run, why)
    if stimulus.run != moves.last_run(state, policy):
        return state, []
    return replace(state, step_at=now), [Note(Event.STEP_UNREACHED, why)]


@_answer.register
def _acknowledged(stimulus: Acknowledged, state: State, policy: Policy, now: datetime) -> Answer:
    wanted, by = policy.acknowledgements, stimulus.by
    if by is None and wanted > 1:
        return state, [Note(Event.ACK_OF_NOBODY, f"{wanted} people have to acknowledge")]
    if by is not None and by not in state.answered:
        state = replace(state, answered=(*state.answered, by))
    given = len(state.answered)
    if state.status is Status.TRIGGERED and wanted > 1 and given < wanted:
        counted = Note(Event.ACK_COUNTED, moves.answers(given, wanted))
        return state, [counted, StopPaging("acknowledged", user=by)]
    lasts = policy.acknowledgement_timeout
    until = now + lasts if lasts else None
    if state.urgency is Urgency.LOW:  # it wakes nobody before its hours begin, if it has any
        until = max(until, state.raise_at) if until and state.raise_at else state.raise_at
    held = moves.stopped(state, hold_until=until)
    return held, [Note(Event.ACKNOWLEDGED), StopPaging("acknowledged", sparing=moves.OUTSIDE)]


@_answer.register
def _unacknowledged(stimulus: Unacknowledged, state: State, policy: Policy, now: datetime) -> Answer:
    """As if the acknowledgement, or the snooze, had run out now. What keeps it quiet goes on doing so."""
    if state.status is not Status.ACKNOWLEDGED:
        return state, []
    over = Note(Event.UNACKNOWLEDGED)
    if state.quiet_until is None:
        return due.let_go(state, now, over)
    if not state.is_quiet(now):
        return due.let_go(moves.loud(state, now), now, over)
    quiet = Quiet(reason=state.quiet_reason, until=state.quiet_until, why="")
    return moves.quieted(replace(state, status=Status.TRIGGERED, answered=()), quiet), [over]


@_answer.register
def _active(stimulus: Active, state: State, policy: Policy, now: datetime) -> Answer:
    if (
        state.status is not Status.ACKNOWLEDGED
        or state.hold_until is None
        or not policy.acknowledgement_timeout
    ):
        return state, []
    return replace(state, hold_until=max(state.hold_until, now + policy.acknowledgement_timeout)), []


@_answer.register
def _snoozed(stimulus: Snoozed, state: State, policy: Policy, now: datetime) -> Answer:
    stop = StopPaging("snoozed", sparing=moves.OUTSIDE)
    return moves.stopped(state, hold_until=stimulus.until), [Note(Event.SNOOZED), stop]


@_answer.register
def _escalated(stimulus: Escalated, state: State, policy: Policy, now: datetime) -> Answer:
    woken = replace(
        state,
        status=Status.TRIGGERED,
        answered=() if state.status is Status.ACKNOWLEDGED else state.answered,
        urgency=Urgency.HIGH,
        parked=Parked.NOT,
        hold_until=None,
        raise_at=None,
        step_at=now,
        quiet_until=None,
        quiet_reason=Parked.NOT,
    )
    if woken.step >= len(policy.steps):
        woken = moves.start(woken, now)
    return replace(woken, outside_from=woken.outside_from or now), [Note(Event.ESCALATED)]


@_answer.register
def _reassigned(stimulus: Reassigned, state: State, policy: Policy, now: datetime) -> Answer:
    urgent = replace(state, urgency=Urgency.HIGH, answered=())
    return moves.start(urgent, now), [Note(Event.REASSIGNED), StopPaging("reassigned", sparing=moves.OUTSIDE)]


@_answer.register
def _added(stimulus: Added, state: State, policy: Policy, now: datetime) -> Answer:
    """The steps go on, or not, as if nothing had happened; who is on it has just shown it."""
    state, _ = _active(Active(), state, policy, now)
    numbers = range(state.added, state.added + len(stimulus.users))
    pages = [
        PagePerson(run=f"{moves.ADDED}{number}", user=user)
        for number, user in zip(numbers, stimulus.users, strict=True)
    ]
    return replace(state, added=numbers.stop), [Note(Event.ADDED), *pages]


@_answer.register
def _quieted(stimulus: Quieted, state: State, policy: Policy, now: datetime) -> Answer:
    """Of two that overlap the one that ends later counts. What pages nobody anyway, whenever, is left as it
    is: or each night's maintenance would start what was exhausted again.
    """
    quiet = stimulus.quiet
    if moves.waits_for_nothing(state, policy):
        return state, []
    if quiet.until <= now or (state.quiet_until is not None and state.quiet_until >= quiet.until):
        return state, []
    stop = StopPaging(quiet.reason.value)
    return moves.quieted(state, quiet), [Note(Event.QUIETED, quiet.why), stop]


@_answer.register
def _quiet_over(stimulus: QuietOver, state: State, policy: Policy, now: datetime) -> Answer:
    if state.quiet_until is None or state.quiet_reason is not stimulus.reason:
        return state, []
    if stimulus.then is not None and stimulus.then.until > now:
        why = stimulus.then.why
        return moves.quieted(state, stimulus.then), [Note(Event.QUIETED, why)]
    return moves.loud(state, now), [Note(Event.QUIET_OVER, stimulus.reason.value)]


@_answer.register
def _resolved(stimulus: Resolved, state: State, policy: Policy, now: datetime) -> Answer:
    return moves.over(state), [Note(Event.RESOLVED), StopPaging("resolved")]


@_answer.register
def _merged(stimulus: Merged, state: State, policy: Policy, now: datetime) -> Answer:
    return moves.over(state), [Note(Event.MERGED), StopPaging(f"merged into #{stimulus.into}")]
