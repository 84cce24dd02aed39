"""Hypothesis walks the machine: whatever happens, in whatever order, nobody is forgotten."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from escalation.core.condition import Condition, Hours
from escalation.core.decision import PageFallback, PageManagers, PagePerson, PageTargets
from escalation.core.incident import QUIETS, Parked, Quiet, Status, Urgency
from escalation.core.machine import decide, opening
from escalation.core.moves import ADDED, WAITS, waits_for_nothing
from escalation.core.policy import OutsideStep, Policy, Step, Target
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
    Ticked,
    Triggered,
    Unacknowledged,
    Unreachable,
)
from escalation.core.support_hours import SupportHours
from escalation.core.unheard import may_end

WHO = (Target(label="Ana", user=1),)
waits = st.integers(1, 7200).map(lambda seconds: timedelta(seconds=seconds))
severities = st.sampled_from(["SEV-1", "SEV-2", "SEV-3", "SEV-4"])
urgencies = st.sampled_from(list(Urgency))
conditions = st.builds(
    Condition,
    severities=st.sets(severities).map(lambda some: tuple(sorted(some))),
    hours=st.sampled_from(list(Hours)),
)
OFFICE = SupportHours(
    days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="17:00", time_zone="Europe/Berlin"
)
reasons = st.sampled_from(sorted(QUIETS))


def answers(decision, *, anyone):
    """What the engine says after a page, in its words. A step of an even number tells a webhook, too."""
    if isinstance(decision, PageTargets):
        told = anyone or decision.number % 2 == 0
        return [StepRan(anyone, decision.number if decision.outside else None, told=told)]
    if isinstance(decision, PageManagers) and not anyone:
        return [Unreachable(f"{decision.run}.fallback")]
    alone = isinstance(decision, PageFallback | PagePerson)
    return [Unreachable(decision.run)] if alone and not anyone else []


class Walk(RuleBasedStateMachine):
    @initialize(
        timeouts=st.lists(st.tuples(waits, conditions), min_size=0, max_size=4),
        outside=st.lists(st.tuples(waits, conditions), max_size=2),
        hours=st.none() | st.just(OFFICE),
        wanted=st.integers(1, 3),
        repeat=st.integers(0, 3),
        ack=st.none() | waits,
        severity=severities,
        urgency=urgencies,
        held=st.booleans(),
        quiet=st.none() | st.tuples(reasons, waits),
    )
    def trigger(self, timeouts, outside, hours, wanted, repeat, ack, severity, urgency, held, quiet):
        self.now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        steps = tuple(
            Step(number=n, timeout=t, targets=WHO, when=when) for n, (t, when) in enumerate(timeouts, 1)
        )
        extra = tuple(
            OutsideStep(number=90 + n, after=t, targets=WHO, when=when) for n, (t, when) in enumerate(outside)
        )
        self.policy = Policy(
            name="p",
            steps=steps,
            outside=extra,
            repeat=repeat,
            acknowledgement_timeout=ack,
            acknowledgements=wanted,
            support_hours=hours,
        )
        raise_at = self.now + timedelta(hours=1) if held and urgency is Urgency.LOW else None
        stimulus = Triggered(
            severity=severity, urgency=urgency, raise_at=raise_at, quiet=quiet and self.quiet(*quiet)
        )
        self.state = opening(stimulus)
        self.runs: set[str] = set()
        self.paged: set[str] = set()
        self.resolved = False
        self.happen(stimulus, anyone=True)

    def quiet(self, reason, lasts):
        return Quiet(reason=reason, until=self.now + lasts, why="because")

    def happen(self, stimulus, *, anyone):
        waiting = [stimulus]
        for _ in range(500):
            if not waiting:
                return
            self.state, decisions = decide(self.state, self.policy, waiting.pop(0), self.now)
            for decision in decisions:
                if isinstance(decision, PageTargets | PagePerson | PageManagers | PageFallback):
                    asked_by_name = decision.run.startswith(ADDED)
                    assert asked_by_name or not self.state.is_quiet(self.now), "paged in a quiet"
                    assert not self.resolved, "paged after a resolve"
                    assert decision.run not in self.runs, "two runs of one name"
                    self.runs.add(decision.run)
                    self.paged |= {decision.run} if anyone else set()
                if isinstance(decision, PageTargets):
                    self.pages_by_the_rules(decision)
                waiting += answers(decision, anyone=anyone)
            wake_at = self.state.wake_at(self.policy)
            if not waiting and wake_at is not None and wake_at <= self.now:
                waiting.append(Ticked())
        raise AssertionError("the machine does not come to rest")

    def pages_by_the_rules(self, page):
        """Nobody who is on it, and no step whose condition does not hold."""
        steps = {step.number: step for step in (*self.policy.steps, *self.policy.outside)}
        when = steps[page.number].when
        assert not when.severities or self.state.severity in when.severities
        if when.hours and self.policy.support_hours:
            in_hours = self.policy.support_hours.open_at(self.now)
            assert in_hours == (when.hours is Hours.SUPPORT)
        assert self.policy.acknowledgements == 1 or set(self.state.answered) <= set(page.without)

    @rule(ahead=waits, anyone=st.booleans())
    def time_passes(self, ahead, anyone):
        self.now += ahead
        self.happen(Ticked(), anyone=anyone)

    @rule(anyone=st.booleans())
    def woken_exactly_when_asked(self, anyone):
        wake_at = self.state.wake_at(self.policy)
        if wake_at is not None:
            assert wake_at > self.now
            self.now = wake_at
            self.happen(Ticked(), anyone=anyone)

    @precondition(lambda self: self.paged)
    @rule(data=st.data(), anyone=st.booleans())
    def every_message_of_a_run_failed(self, data, anyone):
        """Once for each run, perhaps long after it."""
        run = data.draw(st.sampled_from(sorted(self.paged)))
        self.paged.remove(run)
        self.happen(Unreachable(run), anyone=anyone)

    @rule(behind=st.integers(0, 60), anyone=st.booleans())
    def a_machine_whose_clock_is_behind_looks(self, behind, anyone):
        """What it decides lies in no past that another one has left behind."""
        real, before = self.now, self.state
        self.now -= timedelta(seconds=behind)
        self.happen(Ticked(), anyone=anyone)
        if before.step_at is not None and self.state.step_at is not None:
            assert self.state.step_at >= min(before.step_at, self.now)
        self.now = real
        self.happen(Ticked(), anyone=anyone)

    @rule(severity=severities, urgency=urgencies, quiet=st.none() | st.tuples(reasons, waits))
    def repeated(self, severity, urgency, quiet):
        loud = not self.state.is_quiet(self.now) and self.state.parked not in WAITS
        self.happen(
            Repeated(severity=severity, urgency=urgency, quiet=quiet and self.quiet(*quiet)), anyone=True
        )
        assert not (loud and self.state.is_quiet(self.now)), "an event made it quiet"

    @rule(reason=reasons, lasts=waits)
    def quiet_begins(self, reason, lasts):
        waits = waits_for_nothing(self.state, self.policy)
        self.happen(Quieted(self.quiet(reason, lasts)), anyone=True)
        assert self.resolved or waits or self.state.is_quiet(self.now)

    @rule(reason=reasons, then=st.none() | st.tuples(reasons, waits))
    def quiet_ends_early(self, reason, then):
        self.happen(QuietOver(reason, then and self.quiet(*then)), anyone=True)

    @precondition(lambda self: self.state.is_quiet(self.now) and self.state.status is Status.TRIGGERED)
    @rule()
    def quiet_ends_by_itself_and_it_starts_at_step_one(self):
        self.now = self.state.quiet_until
        cycle, low = self.state.cycle, self.state.urgency is Urgency.LOW
        self.happen(Ticked(), anyone=True)
        assert self.state.cycle == cycle + 1 or (low and self.state.parked is Parked.LOW_URGENCY)

    @rule(
        severity=severities,
        urgency=urgencies,
        quiet=st.none() | st.tuples(reasons, waits),
        anyone=st.booleans(),
    )
    def a_further_alert_joins(self, severity, urgency, quiet, anyone):
        """What is urgent, and as bad as anything that somebody answered for, is never silent."""
        before = self.state
        stimulus = Joined(severity=severity, urgency=urgency, quiet=quiet and self.quiet(*quiet))
        self.happen(stimulus, anyone=anyone)
        answered = before.status is Status.ACKNOWLEDGED and severity >= before.severity
        if urgency is Urgency.HIGH and not quiet and not self.resolved and not answered:
            assert self.state.status is Status.TRIGGERED
            assert self.state.wake_at(self.policy) is not None or self.state.parked is Parked.EXHAUSTED
            assert self.state.severity == min(severity, before.severity)

    @rule(until=waits)
    def snoozed(self, until):
        self.happen(Snoozed(self.now + until), anyone=True)

    @rule(what=st.sampled_from([Active(), Escalated(), Reassigned()]), anyone=st.booleans())
    def somebody_acts(self, what, anyone):
        self.happen(what, anyone=anyone)

    @rule(by=st.none() | st.integers(1, 4))
    def acknowledged(self, by):
        """It takes as many different people as the policy wants; then it is theirs."""
        before = self.state
        self.happen(Acknowledged(by), anyone=True)
        if self.resolved or before.status is not Status.TRIGGERED:
            return
        given, wanted = {*before.answered, by} - {None}, self.policy.acknowledgements
        enough = len(given) >= wanted if wanted > 1 and by is not None else wanted == 1
        assert (self.state.status is Status.ACKNOWLEDGED) == enough
        if not enough:
            assert self.state.step_at == before.step_at, "the steps go on for the others"

    @rule(anyone=st.booleans())
    def the_acknowledgement_is_taken_back(self, anyone):
        """It starts at step one, or waits for what keeps it quiet or for its hours."""
        before = self.state
        self.happen(Unacknowledged(), anyone=anyone)
        if self.resolved or before.status is not Status.ACKNOWLEDGED:
            return
        assert self.state.status is Status.TRIGGERED
        quiet = before.is_quiet(self.now) and self.state.parked in QUIETS
        low = before.urgency is Urgency.LOW and self.state.parked is Parked.LOW_URGENCY
        assert quiet or low or self.state.cycle > before.cycle

    @rule(users=st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True), anyone=st.booleans())
    def responders_are_added(self, users, anyone):
        before, paged = self.state, set(self.runs)
        self.happen(Added(tuple(users)), anyone=anyone)
        if not self.resolved:
            assert len([run for run in self.runs - paged if run.count(".") == 2]) >= len(users)
            assert (self.state.status, self.state.step_at) == (before.status, before.step_at)

    @rule(over=st.sampled_from([Resolved(), Merged(into=7)]))
    def resolve(self, over):
        self.happen(over, anyone=True)
        self.resolved = True

    @invariant()
    def nobody_is_forgotten(self):
        if self.state.status is Status.TRIGGERED:
            assert self.state.wake_at(self.policy) is not None or self.state.parked is not Parked.NOT
        assert (self.state.quiet_until is None) == (self.state.quiet_reason is Parked.NOT)
        if self.state.parked in QUIETS:
            assert self.state.quiet_reason is self.state.parked
            assert self.state.wake_at(self.policy) == self.state.quiet_until

    @invariant()
    def what_may_end_by_itself_owes_nobody_a_page(self):
        """However long one waits: of what nobody is on, nothing more would come."""
        if self.state.status is Status.TRIGGERED and may_end(self.state, self.policy):
            _, decisions = decide(self.state, self.policy, Ticked(), self.now + timedelta(days=999))
            assert decisions == []

    @invariant()
    def a_resolved_incident_sleeps(self):
        assert self.resolved == (self.state.status is Status.RESOLVED)
        if self.resolved:
            assert self.state.wake_at(self.policy) is None


Walk.TestCase.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
test_nobody_is_forgotten_whatever_happens = Walk.TestCase
