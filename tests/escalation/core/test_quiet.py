"""Maintenance, suppress rules and trials in the machine: nobody is paged before the end, and nothing is
forgotten after it.
"""

from datetime import UTC, datetime, timedelta

from escalation.core.decision import Event, Note, PageTargets, StopPaging
from escalation.core.incident import Parked, Quiet, Status, Urgency
from escalation.core.machine import decide, opening
from escalation.core.policy import OutsideStep, Policy, Step, Target
from escalation.core.stimulus import Acknowledged, Escalated, Quieted, QuietOver, Repeated, Ticked, Triggered

T0 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ANA, CTO = Target(label="Ana", user=1), Target(label="CTO", user=3)
POLICY = Policy(
    name="p",
    steps=(Step(number=1, timeout=5 * MINUTE, targets=(ANA,)),),
    outside=(OutsideStep(number=2, after=30 * MINUTE, targets=(CTO,)),),
    acknowledgement_timeout=30 * MINUTE,
)
MAINTENANCE = Quiet(reason=Parked.MAINTENANCE, until=T0 + HOUR, why="maintenance: database upgrade")
SUPPRESSED = Quiet(reason=Parked.SUPPRESSED, until=T0 + 9 * HOUR, why="suppressed by Ana until noon")


def triggered(*, severity="SEV-2", urgency=Urgency.HIGH, raise_at=None, quiet=None):
    stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at, quiet=quiet)
    return decide(opening(stimulus), POLICY, stimulus, T0)


def paged(decisions):
    return [target.label for one in decisions if isinstance(one, PageTargets) for target in one.targets]


def events(decisions):
    return [one.event for one in decisions if isinstance(one, Note)]


def tick(state, at):
    return decide(state, POLICY, Ticked(), at)


def test_an_alert_in_maintenance_is_recorded_and_pages_nobody_until_the_end():
    state, decisions = triggered(quiet=MAINTENANCE)
    assert paged(decisions) == []
    assert events(decisions) == [Event.TRIGGERED, Event.QUIETED]
    assert (state.parked, state.wake_at(POLICY)) == (Parked.MAINTENANCE, T0 + HOUR)
    assert paged(tick(state, T0 + HOUR - MINUTE)[1]) == []
    state, decisions = tick(state, T0 + HOUR)
    assert paged(decisions) == ["Ana"]
    assert events(decisions) == [Event.QUIET_OVER]
    assert state.parked is Parked.NOT


def test_the_step_outside_counts_from_the_end_of_the_maintenance():
    state, _ = tick(triggered(quiet=MAINTENANCE)[0], T0 + HOUR)
    state, _ = decide(state, POLICY, Acknowledged(), T0 + HOUR + MINUTE)
    assert paged(tick(state, T0 + HOUR + 29 * MINUTE)[1]) == []
    assert paged(tick(state, T0 + HOUR + 30 * MINUTE)[1]) == ["CTO"]


def test_what_is_being_paged_stops_when_maintenance_begins():
    state, _ = tick(triggered()[0], T0)
    state, decisions = decide(state, POLICY, Quieted(MAINTENANCE), T0 + MINUTE)
    assert StopPaging("maintenance") in decisions
    assert state.wake_at(POLICY) == T0 + HOUR
    assert paged(tick(state, T0 + HOUR)[1]) == ["Ana"]


def test_who_is_on_it_stays_on_it_and_what_falls_due_waits_for_the_end():
    state, _ = tick(triggered()[0], T0)
    state, _ = decide(state, POLICY, Acknowledged(), T0 + MINUTE)
    state, _ = decide(state, POLICY, Quieted(MAINTENANCE), T0 + 2 * MINUTE)
    assert state.status is Status.ACKNOWLEDGED
    assert paged(tick(state, T0 + 45 * MINUTE)[1]) == []
    state, decisions = tick(state, T0 + HOUR)
    assert sorted(paged(decisions)) == ["Ana", "CTO"]


def test_maintenance_that_ends_early_starts_what_is_open_at_once():
    state, _ = triggered(quiet=MAINTENANCE)
    state, _ = decide(state, POLICY, QuietOver(Parked.MAINTENANCE), T0 + MINUTE)
    assert paged(tick(state, T0 + MINUTE)[1]) == ["Ana"]


def test_of_two_that_overlap_the_later_end_counts_and_the_end_of_the_other_changes_nothing():
    state, _ = triggered(quiet=SUPPRESSED)
    same, decisions = decide(state, POLICY, Quieted(MAINTENANCE), T0)
    assert (same, decisions) == (state, [])
    same, decisions = decide(state, POLICY, QuietOver(Parked.MAINTENANCE), T0 + HOUR)
    assert (same, decisions) == (state, [])


def test_one_that_ends_while_another_goes_on_stays_quiet():
    state, _ = triggered(quiet=SUPPRESSED)
    over = QuietOver(Parked.SUPPRESSED, then=MAINTENANCE)
    state, _ = decide(state, POLICY, over, T0 + MINUTE)
    assert (state.parked, state.wake_at(POLICY)) == (Parked.MAINTENANCE, T0 + HOUR)


def test_low_urgency_is_held_after_the_maintenance_too():
    state, _ = triggered(severity="SEV-4", urgency=Urgency.LOW, quiet=MAINTENANCE)
    state, decisions = tick(state, T0 + HOUR)
    assert paged(decisions) == []
    assert (state.parked, state.wake_at(POLICY)) == (Parked.LOW_URGENCY, None)


def test_support_hours_that_begin_in_the_maintenance_raise_it_at_its_end():
    state, _ = triggered(urgency=Urgency.LOW, raise_at=T0 + 30 * MINUTE, quiet=MAINTENANCE)
    assert paged(tick(state, T0 + 30 * MINUTE)[1]) == []
    state, decisions = tick(state, T0 + HOUR)
    assert paged(decisions) == ["Ana"]
    assert state.urgency is Urgency.HIGH


def test_a_worse_event_that_is_suppressed_too_pages_nobody_and_one_that_is_not_pages():
    state, _ = triggered(severity="SEV-3", quiet=SUPPRESSED)
    still = Repeated(severity="SEV-2", urgency=Urgency.HIGH, quiet=SUPPRESSED)
    state, decisions = decide(state, POLICY, still, T0 + MINUTE)
    assert (state.severity, events(decisions)) == ("SEV-2", [])
    worse = Repeated(severity="SEV-1", urgency=Urgency.HIGH)
    state, decisions = decide(state, POLICY, worse, T0 + 2 * MINUTE)
    assert events(decisions) == [Event.QUIET_OVER]
    assert paged(tick(state, T0 + 2 * MINUTE)[1]) == ["Ana"]


def test_an_event_makes_nothing_quiet_that_is_being_paged():
    state, _ = tick(triggered()[0], T0)
    worse = Repeated(severity="SEV-1", urgency=Urgency.HIGH, quiet=SUPPRESSED)
    state, decisions = decide(state, POLICY, worse, T0 + MINUTE)
    assert state.quiet_until is None
    assert StopPaging("suppressed") not in decisions


def test_a_person_who_escalates_by_hand_is_heard():
    state, _ = decide(triggered(quiet=SUPPRESSED)[0], POLICY, Escalated(), T0 + MINUTE)
    assert paged(tick(state, T0 + MINUTE)[1]) == ["Ana"]


def test_a_version_that_knows_of_no_quiet_waits_for_its_end():
    state, _ = triggered(quiet=MAINTENANCE)
    assert (state.hold_until, state.step_at, state.outside_from) == (T0 + HOUR, None, None)
