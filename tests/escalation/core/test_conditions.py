"""A step pages when its condition holds at the moment it fires; otherwise the next one does, at once."""

from datetime import timedelta

import pytest

from escalation.core import plan
from escalation.core.condition import Condition, Hours
from escalation.core.decision import Event, Note
from escalation.core.incident import Parked, Urgency
from escalation.core.policy import OutsideStep, Policy, Step
from escalation.core.stimulus import Acknowledged, Repeated, Triggered
from escalation.core.support_hours import SupportHours
from tests.escalation.core.test_machine import ANA, BO, CTO, MINUTE, SECOND, T0, World, minutes

WORST = Condition(severities=("SEV-1",))
BAD = Condition(severities=("SEV-1", "SEV-2"))
BY_DAY, BY_NIGHT = Condition(hours=Hours.SUPPORT), Condition(hours=Hours.OUTSIDE)
OFFICE = SupportHours(days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="17:00", time_zone="UTC")
"""T0 is a Monday at 03:00."""


def policy(*conditions, outside=(), repeat=0, hours=OFFICE):
    steps = [
        Step(number=n, timeout=5 * MINUTE, targets=((ANA, BO)[n % 2],), when=when)
        for n, when in enumerate(conditions, start=1)
    ]
    return Policy(
        name="p",
        steps=tuple(steps),
        outside=tuple(outside),
        repeat=repeat,
        acknowledgement_timeout=30 * MINUTE,
        support_hours=hours,
    )


def reasons(world):
    return [d.why for _, d in world.log if isinstance(d, Note) and d.event is Event.STEP_PASSED]


def test_a_step_for_another_severity_is_passed_over_at_once_and_says_why():
    world = World(policy(WORST, Condition()), severity="SEV-2")
    assert world.pages() == [(timedelta(0), 2)]
    assert reasons(world) == ["step 1: it pages at SEV-1, and this is SEV-2"]


@pytest.mark.parametrize(("severity", "paged"), [("SEV-1", True), ("SEV-2", True), ("SEV-3", False)])
def test_a_step_pages_at_each_of_its_severities(severity, paged):
    assert bool(World(policy(BAD), severity=severity).pages()) == paged


@pytest.mark.parametrize(
    ("at", "day", "night"),
    [
        (6 * 60 * MINUTE - SECOND, False, True),
        (6 * 60 * MINUTE, True, False),
        (14 * 60 * MINUTE - SECOND, True, False),
        (14 * 60 * MINUTE, False, True),
    ],
)
def test_around_the_edges_of_support_hours(at, day, night):
    for when, pages in ((BY_DAY, day), (BY_NIGHT, night)):
        assert (when.why_not("SEV-1", support=OFFICE, at=T0 + at) == "") == pages


def test_where_a_service_has_no_support_hours_a_condition_on_them_keeps_nobody_from_being_paged():
    world = World(policy(BY_DAY, BY_NIGHT, hours=None)).at(9 * MINUTE)
    assert world.pages() == [(timedelta(0), 1), (5 * MINUTE, 2)]


def test_the_condition_is_asked_when_the_step_fires_not_when_the_incident_began():
    late = OutsideStep(number=3, after=6 * 60 * MINUTE, targets=(CTO,), when=BY_DAY)
    world = World(policy(BY_NIGHT, outside=[late])).at(6 * 60 * MINUTE)
    assert world.pages() == [(timedelta(0), 1), (6 * 60 * MINUTE, 3)]


def test_a_severity_that_rises_meanwhile_counts():
    world = World(policy(Condition(), WORST), severity="SEV-2").at(MINUTE)
    world.happen(Repeated(severity="SEV-1", urgency=Urgency.HIGH)).at(5 * MINUTE)
    assert world.pages() == [(timedelta(0), 1), (5 * MINUTE, 2)]


def test_a_step_that_was_passed_over_pages_when_the_severity_rises():
    """It would not come again: the policy has no repeat."""
    world = World(policy(WORST, Condition()), severity="SEV-2").at(MINUTE)
    assert world.pages() == [(timedelta(0), 2)]
    world.happen(Repeated(severity="SEV-1", urgency=Urgency.HIGH))
    assert world.pages()[1:] == [(MINUTE, 1)]


def test_a_worse_severity_that_opens_no_step_starts_nothing_anew():
    world = World(policy(BAD, Condition()), severity="SEV-2").at(MINUTE)
    world.happen(Repeated(severity="SEV-1", urgency=Urgency.HIGH))
    assert world.at(4 * MINUTE).pages() == [(timedelta(0), 1)]


@pytest.mark.parametrize("acknowledged", [False, True])
def test_thirty_minutes_unresolved_pages_the_cto_as_soon_as_it_is_bad_enough(acknowledged):
    cto = OutsideStep(number=2, after=30 * MINUTE, targets=(CTO,), when=WORST)
    world = World(policy(Condition(), outside=[cto], repeat=20), severity="SEV-2")
    if acknowledged:
        world.happen(Acknowledged())
    world.at(30 * MINUTE)
    assert reasons(world) == ["step 2: it pages at SEV-1, and this is SEV-2"]
    world.at(31 * MINUTE).happen(Repeated(severity="SEV-1", urgency=Urgency.HIGH)).at(50 * MINUTE)
    assert [at for at, number in world.pages() if number == 2] == [31 * MINUTE]


def test_when_no_step_pages_the_managers_do_at_once_and_the_repeats_keep_their_rhythm():
    world = World(policy(WORST, BY_DAY, repeat=1), severity="SEV-2")
    assert (world.pages(), world.managers()) == ([], minutes(0))
    assert world.state.step_at == T0 + 5 * MINUTE
    assert world.at(10 * MINUTE).state.parked is Parked.EXHAUSTED
    assert world.managers() == minutes(0)


def test_a_last_step_that_is_passed_over_leaves_the_one_before_its_full_time():
    world = World(policy(Condition(), WORST, repeat=1), severity="SEV-2").at(10 * MINUTE)
    assert world.pages() == list(zip(minutes(0, 5), [1, 1], strict=True))
    assert world.notes(Event.EXHAUSTED) == minutes(10)


def test_the_plan_ahead_knows_the_severity():
    def ahead(severity):
        def resolve(decision, at):
            return [plan.Reached(user=1, ways=[("sms", timedelta(0))])]

        stimulus = Triggered(severity=severity, urgency=Urgency.HIGH)
        found = plan.from_trigger(stimulus, policy(WORST, Condition()), resolve, at=T0)
        return [(one.at - T0, one.step) for one in found if one.step]

    assert ahead("SEV-1") == [(timedelta(0), 1), (5 * MINUTE, 2)]
    assert ahead("SEV-2") == [(timedelta(0), 2)]


def test_conditions_survive_being_frozen_and_what_has_none_reads_as_before():
    cto = OutsideStep(number=3, after=30 * MINUTE, targets=(CTO,), when=BAD)
    frozen = policy(BY_NIGHT, Condition(), outside=[cto]).to_json()
    assert Policy.from_json(frozen) == policy(BY_NIGHT, Condition(), outside=[cto])
    assert [step.get("when") for step in frozen["steps"]] == [{"hours": "outside"}, None]
    plain = policy(Condition(), hours=None).to_json()
    assert set(plain) == {"name", "repeat", "acknowledgement_timeout", "steps", "outside"}


def test_a_word_of_a_later_version_asks_nothing():
    assert Condition.from_json({"hours": "holidays", "weather": "rain"}) == Condition()
