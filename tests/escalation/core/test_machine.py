"""The machine, from outside: what it answers to what happens, around the instants that matter."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation.core.decision import Event, Note, PageManagers, PageTargets, StopPaging
from escalation.core.incident import Parked, Quiet, State, Status, Urgency
from escalation.core.machine import decide, opening
from escalation.core.policy import OutsideStep, Policy, Step, Target
from escalation.core.stimulus import (
    Acknowledged,
    Active,
    Escalated,
    Quieted,
    Reassigned,
    Repeated,
    Resolved,
    Snoozed,
    StepRan,
    Ticked,
    Triggered,
    Unacknowledged,
)

T0 = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

ANA, BO, CTO = Target(label="Ana", user=1), Target(label="Bo", user=2), Target(label="CTO", user=3)


def policy(*, steps=2, repeat=1, outside=(), ack=timedelta(minutes=30)):
    made = [Step(number=n + 1, timeout=5 * MINUTE, targets=((ANA, BO)[n % 2],)) for n in range(steps)]
    return Policy(
        name="p", steps=tuple(made), repeat=repeat, outside=tuple(outside), acknowledgement_timeout=ack
    )


class World:
    """One incident, a policy, and a clock that is moved."""

    def __init__(self, policy, *, severity="SEV-1", urgency=Urgency.HIGH, raise_at=None, empty=(), told=()):
        self.policy, self.now, self.empty, self.told = policy, T0, {*empty, *told}, set(told)
        self.log = []
        stimulus = Triggered(severity=severity, urgency=urgency, raise_at=raise_at)
        self.state = opening(stimulus)
        self.happen(stimulus)

    def happen(self, stimulus):
        self.state, decisions = decide(self.state, self.policy, stimulus, self.now)
        for decision in decisions:
            self.log.append((self.now - T0, decision))
            if isinstance(decision, PageTargets) and not decision.outside:
                anyone = decision.number not in self.empty
                self.happen(StepRan(anyone, told=anyone or decision.number in self.told))
        wake_at = self.state.wake_at(self.policy)
        if wake_at is not None and wake_at <= self.now:
            self.happen(Ticked())
        return self

    def at(self, delta):
        """Move the clock to `delta`, waking the machine at each moment it asked for."""
        while (wake_at := self.state.wake_at(self.policy)) is not None and wake_at <= T0 + delta:
            self.now = max(wake_at, self.now)
            self.happen(Ticked())
        self.now = T0 + delta
        return self

    def pages(self):
        return [(at, d.number) for at, d in self.log if isinstance(d, PageTargets)]

    def managers(self):
        return [at for at, d in self.log if isinstance(d, PageManagers)]

    def notes(self, event):
        return [at for at, d in self.log if isinstance(d, Note) and d.event is event]


def minutes(*values):
    return [timedelta(minutes=value) for value in values]


def test_repeat_one_with_two_five_minute_steps_pages_at_0_5_10_15_and_is_exhausted_at_20():
    world = World(policy()).at(19 * MINUTE + 59 * SECOND)
    assert world.pages() == list(zip(minutes(0, 5, 10, 15), [1, 2, 1, 2], strict=True))
    assert world.state.parked is Parked.NOT
    world.at(20 * MINUTE)
    assert world.notes(Event.EXHAUSTED) == minutes(20)
    assert world.managers() == minutes(20)
    assert world.state.parked is Parked.EXHAUSTED


def test_exhaustion_is_said_once_and_pages_the_managers_once():
    world = World(policy(repeat=0)).at(timedelta(days=3))
    assert len(world.notes(Event.EXHAUSTED)) == len(world.managers()) == 1


@pytest.mark.parametrize(
    ("late", "second_step"),
    [
        (timedelta(seconds=5), timedelta(minutes=10)),  # at the bound: no drift
        (timedelta(seconds=5, microseconds=1), timedelta(minutes=10, seconds=5, microseconds=1)),
        (timedelta(hours=2), timedelta(hours=2, minutes=10)),
    ],
)
def test_a_step_that_fires_more_than_five_seconds_late_gives_the_next_its_full_timeout(late, second_step):
    world = World(policy())
    world.now = T0 + 5 * MINUTE + late
    world.happen(Ticked())
    assert world.state.step_at == T0 + second_step


def test_after_an_outage_one_step_runs_not_a_burst():
    world = World(policy(repeat=5))
    world.now = T0 + timedelta(hours=3)
    world.happen(Ticked())
    assert len(world.pages()) == 2


def test_ten_five_minute_steps_do_not_drift():
    world = World(policy(steps=10, repeat=0))
    for step in range(1, 10):  # each found 4 s late
        world.now = T0 + step * 5 * MINUTE + 4 * SECOND
        world.happen(Ticked())
    assert world.pages()[-1] == (timedelta(minutes=45, seconds=4), 10)


def test_acknowledge_stops_the_paging_and_holds_for_thirty_minutes():
    world = World(policy()).at(MINUTE).happen(Acknowledged()).at(30 * MINUTE + 59 * SECOND)
    assert world.pages() == [(timedelta(0), 1)]
    assert any(isinstance(decision, StopPaging) for _, decision in world.log)
    world.at(31 * MINUTE)
    assert world.notes(Event.ACK_EXPIRED) == minutes(31)
    assert world.pages()[-1] == (31 * MINUTE, 1)
    assert world.state.repeat == 0


@pytest.mark.parametrize("hold", [Acknowledged(1), Snoozed(T0 + timedelta(hours=8))])
def test_an_acknowledgement_or_a_snooze_that_is_taken_back_starts_at_step_one(hold):
    world = World(policy()).at(6 * MINUTE).happen(hold).at(10 * MINUTE).happen(Unacknowledged())
    assert world.state.status is Status.TRIGGERED
    assert world.notes(Event.UNACKNOWLEDGED) == minutes(10)
    assert world.at(15 * MINUTE).pages() == list(zip(minutes(0, 5, 10, 15), [1, 2, 1, 2], strict=True))


def test_taking_back_what_nobody_acknowledged_changes_nothing():
    world = World(policy()).at(MINUTE)
    before = world.state
    assert world.happen(Unacknowledged()).state == before
    assert world.notes(Event.UNACKNOWLEDGED) == []


def test_what_is_taken_back_outside_its_hours_waits_for_them():
    world = World(policy(), urgency=Urgency.LOW, raise_at=T0 + timedelta(hours=5))
    world.happen(Acknowledged(1)).at(MINUTE).happen(Unacknowledged())
    assert (world.state.status, world.state.parked) == (Status.TRIGGERED, Parked.LOW_URGENCY)
    assert world.at(timedelta(hours=5)).pages() == [(timedelta(hours=5), 1)]


def test_what_is_taken_back_in_maintenance_pages_when_that_ends():
    quiet = Quiet(reason=Parked.MAINTENANCE, until=T0 + timedelta(hours=1), why="a move")
    world = World(policy()).happen(Acknowledged(1)).happen(Quieted(quiet))
    world.at(10 * MINUTE).happen(Unacknowledged())
    assert (world.state.status, world.state.parked) == (Status.TRIGGERED, Parked.MAINTENANCE)
    assert world.at(timedelta(hours=1)).pages() == [(timedelta(0), 1), (timedelta(hours=1), 1)]


def test_activity_makes_an_acknowledgement_last_anew():
    world = World(policy()).happen(Acknowledged()).at(20 * MINUTE).happen(Active()).at(49 * MINUTE)
    assert world.state.status is Status.ACKNOWLEDGED
    assert world.at(50 * MINUTE).state.status is Status.TRIGGERED


def test_activity_never_shortens_a_snooze():
    world = World(policy()).happen(Snoozed(T0 + timedelta(hours=8))).at(MINUTE).happen(Active())
    assert world.state.hold_until == T0 + timedelta(hours=8)


def test_a_snooze_ends_at_step_one():
    world = World(policy()).at(6 * MINUTE).happen(Snoozed(T0 + timedelta(hours=1))).at(timedelta(hours=1))
    assert world.pages()[-1] == (timedelta(hours=1), 1)


def test_resolve_ends_everything_for_ever():
    world = World(policy(outside=[OutsideStep(number=3, after=30 * MINUTE, targets=(CTO,))]))
    world.at(MINUTE).happen(Resolved())
    assert world.state.wake_at(world.policy) is None
    before = list(world.log)
    for stimulus in (Ticked(), Acknowledged(), Escalated(), Reassigned(), Snoozed(T0), Active()):
        world.happen(stimulus)
    assert world.log == before


def test_a_step_with_nobody_is_skipped_at_once():
    world = World(policy(), empty=[1])
    assert world.pages() == [(timedelta(0), 1), (timedelta(0), 2)]
    assert world.notes(Event.STEP_EMPTY) == minutes(0)


def test_when_every_step_is_empty_the_managers_are_paged_at_once_and_the_repeats_go_on_looking():
    world = World(policy(), empty=[1, 2])
    assert world.managers() == minutes(0)
    world.empty = set()  # somebody comes on call meanwhile
    world.at(5 * MINUTE)
    assert world.pages()[-1] == (5 * MINUTE, 1)


def test_thirty_minutes_unresolved_pages_the_cto_once_also_when_acknowledged():
    cto = OutsideStep(number=3, after=30 * MINUTE, targets=(CTO,))
    world = World(policy(outside=[cto], ack=None)).at(MINUTE).happen(Acknowledged())
    assert world.at(29 * MINUTE + 59 * SECOND).pages() == [(timedelta(0), 1)]
    assert world.at(30 * MINUTE).pages()[-1] == (30 * MINUTE, 3)
    assert world.at(timedelta(days=2)).pages()[-1] == (30 * MINUTE, 3)


def test_escalate_by_hand_after_an_acknowledgement_pages_the_next_step_at_once():
    world = World(policy()).at(MINUTE).happen(Acknowledged()).at(2 * MINUTE).happen(Escalated())
    assert world.state.status is Status.TRIGGERED
    assert world.pages()[-1] == (2 * MINUTE, 2)


def test_escalate_by_hand_past_the_last_step_starts_again():
    world = World(policy(repeat=0)).at(timedelta(hours=1)).happen(Escalated())
    assert world.pages()[-1] == (timedelta(hours=1), 1)


def test_low_urgency_pages_nobody_ever():
    world = World(policy(), severity="SEV-4", urgency=Urgency.LOW).at(timedelta(days=9))
    assert world.pages() == []
    assert world.state.parked is Parked.LOW_URGENCY


def test_one_held_outside_support_hours_is_raised_when_they_begin():
    hours = T0 + timedelta(hours=6)
    world = World(policy(), severity="SEV-3", urgency=Urgency.LOW, raise_at=hours)
    assert world.at(timedelta(hours=6) - SECOND).pages() == []
    assert world.at(timedelta(hours=6)).pages() == [(timedelta(hours=6), 1)]


def test_the_outside_step_of_a_held_incident_counts_from_when_it_is_raised():
    cto = OutsideStep(number=3, after=30 * MINUTE, targets=(CTO,))
    world = World(
        policy(outside=[cto]), severity="SEV-3", urgency=Urgency.LOW, raise_at=T0 + timedelta(hours=6)
    )
    world.at(timedelta(hours=6, minutes=30))
    assert (timedelta(hours=6, minutes=30), 3) in world.pages()
    assert (30 * MINUTE, 3) not in world.pages()


def test_a_repeat_never_restarts_an_exhausted_incident_but_a_worse_severity_does():
    world = World(policy(repeat=0), severity="SEV-2").at(timedelta(hours=1))
    before = len(world.pages())
    world.happen(Repeated(severity="SEV-2", urgency=Urgency.HIGH))
    assert len(world.pages()) == before
    world.happen(Repeated(severity="SEV-1", urgency=Urgency.HIGH))
    assert world.pages()[-1] == (timedelta(hours=1), 1)


def test_a_worse_severity_leaves_alone_who_is_on_it_though_not_for_ever():
    world = World(policy(), severity="SEV-4", urgency=Urgency.LOW).happen(Acknowledged())
    assert world.state.hold_until is None
    world.happen(Repeated(severity="SEV-1", urgency=Urgency.HIGH))
    assert world.pages() == []
    assert world.state.hold_until == T0 + 30 * MINUTE


def test_an_open_incident_with_nothing_due_is_healed_by_its_next_event():
    lost = State(status=Status.TRIGGERED, severity="SEV-1", urgency=Urgency.HIGH)
    healed, decisions = decide(lost, policy(), Repeated(severity="SEV-1", urgency=Urgency.HIGH), T0)
    assert healed.wake_at(policy()) == T0
    assert [decision.event for decision in decisions] == [Event.HEALED]


def test_the_same_step_run_has_one_name_and_every_run_another():
    world = World(policy()).at(MINUTE).happen(Acknowledged()).at(timedelta(hours=2))
    runs = [decision.run for _, decision in world.log if isinstance(decision, PageTargets)]
    assert len(runs) == len(set(runs)) > 4


def test_a_policy_survives_being_frozen_as_json():
    frozen = policy(outside=[OutsideStep(number=3, after=30 * MINUTE, targets=(CTO,))])
    assert Policy.from_json(frozen.to_json()) == frozen


HOURS = timedelta(hours=6)


def held(**words):
    return World(policy(), severity="SEV-3", urgency=Urgency.LOW, raise_at=T0 + HOURS, **words)


def test_an_acknowledged_one_that_was_held_is_raised_when_hours_have_begun_all_the_same():
    world = held().at(MINUTE).happen(Acknowledged())
    assert world.at(HOURS - SECOND).pages() == []
    assert world.at(HOURS).pages() == [(HOURS, 1)]


def test_an_acknowledgement_shortly_before_the_hours_lasts_its_full_time():
    world = held().at(HOURS - MINUTE).happen(Acknowledged())
    assert world.at(HOURS + 28 * MINUTE).pages() == []
    assert world.at(HOURS + 29 * MINUTE).pages() == [(HOURS + 29 * MINUTE, 1)]


def test_a_snooze_of_a_held_one_that_ends_at_night_wakes_nobody():
    world = held().happen(Snoozed(T0 + 3 * MINUTE)).at(HOURS - SECOND)
    assert world.pages() == []
    assert world.state.parked is Parked.LOW_URGENCY
    assert world.at(HOURS).pages() == [(HOURS, 1)]


def test_a_snooze_of_low_urgency_ends_without_a_page():
    world = World(policy(), severity="SEV-4", urgency=Urgency.LOW)
    world.happen(Snoozed(T0 + HOURS)).at(timedelta(days=2))
    assert world.pages() == []
    assert world.state.parked is Parked.LOW_URGENCY


def test_a_worse_severity_of_an_exhausted_one_that_may_wait_is_raised_when_hours_begin():
    world = World(policy(repeat=0), severity="SEV-4").at(timedelta(hours=1))
    assert world.state.parked is Parked.EXHAUSTED
    world.happen(Repeated(severity="SEV-3", urgency=Urgency.LOW, raise_at=T0 + HOURS))
    assert world.at(HOURS).pages()[-1] == (HOURS, 1)


def test_a_worse_severity_that_may_wait_leaves_alone_who_is_being_paged():
    world = World(policy(), severity="SEV-4").at(MINUTE)
    world.happen(Repeated(severity="SEV-3", urgency=Urgency.LOW, raise_at=T0 + HOURS))
    assert world.at(5 * MINUTE).pages()[-1] == (5 * MINUTE, 2)


def test_steps_shorter_than_five_seconds_do_not_run_as_a_burst():
    short = [Step(number=n, timeout=SECOND, targets=(ANA,)) for n in (1, 2, 3)]
    world = World(Policy(name="p", steps=tuple(short)))
    world.now = T0 + timedelta(seconds=4.5)
    world.happen(Ticked())
    assert len(world.pages()) == 2


def test_a_step_that_only_told_a_webhook_waits_its_time_and_reached_nobody():
    world = World(policy(steps=2, repeat=0), told=[1])
    assert world.notes(Event.STEP_TOLD) == minutes(0)
    assert world.state.reached is False
    world.at(6 * MINUTE)
    assert world.pages() == [(at, n) for at, n in zip(minutes(0, 5), [1, 2], strict=True)]
    assert world.managers() == []


def test_a_pass_that_only_told_webhooks_asks_the_managers_with_its_last_step_and_keeps_its_rhythm():
    world = World(policy(steps=2, repeat=1), told=[1, 2]).at(21 * MINUTE)
    assert world.pages() == list(zip(minutes(0, 5, 10, 15), [1, 2, 1, 2], strict=True))
    assert world.managers() == minutes(5)
    assert world.notes(Event.EXHAUSTED) == minutes(20)


def test_an_empty_step_before_one_that_tells_a_webhook_is_skipped_and_the_managers_are_asked_at_once():
    world = World(policy(steps=2, repeat=0), empty=[1], told=[2])
    assert world.pages() == [(minutes(0)[0], 1), (minutes(0)[0], 2)]
    assert world.managers() == minutes(0)


def test_a_webhook_told_outside_the_sequence_asks_no_managers():
    outside = OutsideStep(number=9, after=MINUTE, targets=(CTO,))
    state = World(policy(outside=[outside])).at(2 * MINUTE).state
    assert decide(state, policy(), StepRan(anyone=False, outside=9, told=True), T0) == (state, [])
    assert any(
        isinstance(one, PageManagers)
        for one in decide(state, policy(), StepRan(anyone=False, outside=9), T0)[1]
    )
