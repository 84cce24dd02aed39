"""What happens next. Total and pure: every stimulus has an answer in every state, and never a surprise.

The engine gathers rows, asks `decide`, and applies the answer in one transaction. A page of a step is
answered with `StepRan`, because only the engine knows whether anyone was on call.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import singledispatch

from escalation.core import moves
from escalation.core.decision import (
    Decision,
    Event,
    Note,
    PageFallback,
    PagePerson,
    PageTargets,
    StopPaging,
)
from escalation.core.incident import Parked, Quiet, State, Status, Urgency, is_worse
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
    Unreachable,
)

Answer = tuple[State, list[Decision]]

LATE = timedelta(seconds=5)
"""A step that fires later than this gives the next one its full timeout from when it fired."""


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


@_answer.register
def _joined(stimulus: Joined, state: State, policy: Policy, now: datetime) -> Answer:
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
        return _repeated(stimulus, state, policy, now)
    severity = stimulus.severity if worse else state.severity
    raised = moves.asked_again(replace(state, severity=severity), policy, was=state.severity)
    started = moves.start(replace(raised, urgency=Urgency.HIGH), now)
    return started, [Note(Event.JOINED_URGENT, moves.why_started(state))]


def _joined_in_quiet(stimulus: Joined, state: State, policy: Policy, now: datetime) -> Answer:
    """What is not quiet itself is not kept so by what it joins."""
    if stimulus.quiet is not None:
        return _repeated_in_quiet(stimulus, state, policy, now)
    notes: list[Decision] = [Note(Event.QUIET_OVER, "an alert has joined to which it does not apply")]
    joined, more = _joined(stimulus, moves.loud(state, now), policy, now)
    return joined, notes + more


@_answer.register
def _ticked(stimulus: Ticked, state: State, policy: Policy, now: datetime) -> Answer:
    decisions: list[Decision] = []
    if state.is_quiet(now):
        return state, decisions
    for phase in (_end_quiet, _end_hold, _run_outside, _run_step):
        state, more = phase(state, policy, now)
        decisions += more
    return state, decisions


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


Phase = Callable[[State, Policy, datetime], Answer]


def _end_quiet(state: State, policy: Policy, now: datetime) -> Answer:
    if state.quiet_until is None:
        return state, []
    return moves.loud(state, now), [Note(Event.QUIET_OVER)]


def _end_hold(state: State, policy: Policy, now: datetime) -> Answer:
    """A hold that is over starts the steps again: nothing stays put off for ever."""
    if state.hold_until is None or now < state.hold_until:
        return state, []
    state = replace(state, answered=())
    if state.urgency is Urgency.LOW and (state.raise_at is None or now < state.raise_at):
        held = replace(moves.held(state, state.raise_at), status=Status.TRIGGERED)
        return held, [Note(Event.ACK_EXPIRED), Note(Event.HELD, moves.why_held(state.raise_at))]
    if state.status is Status.ACKNOWLEDGED:
        return moves.start(replace(state, urgency=Urgency.HIGH), now), [Note(Event.ACK_EXPIRED)]
    return moves.start(replace(state, urgency=Urgency.HIGH), now), [
        Note(Event.RAISED, "support hours have begun")
    ]


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
