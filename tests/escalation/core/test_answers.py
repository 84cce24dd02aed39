"""A policy that wants several people: each who answers is left alone, the others are paged on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.core.decision import Event, Note, PageManagers, PagePerson, PageTargets, StopPaging
from escalation.core.incident import Parked, Status, Urgency
from escalation.core.policy import Policy
from escalation.core.stimulus import (
    Acknowledged,
    Added,
    Escalated,
    Reassigned,
    Resolved,
    Snoozed,
    Unreachable,
)
from tests.escalation.core.test_machine import MINUTE, T0, World, minutes
from tests.escalation.core.test_machine import policy as usual

ANA, BO, CY = 1, 2, 3


def policy(wanted=2, **words):
    return replace(usual(**words), acknowledgements=wanted)


def last(world, kind):
    return [decision for _, decision in world.log if isinstance(decision, kind)][-1]


def test_the_first_of_two_is_left_alone_and_the_steps_go_on():
    world = World(policy()).at(MINUTE).happen(Acknowledged(ANA)).at(5 * MINUTE)
    assert world.state.status is Status.TRIGGERED
    assert last(world, StopPaging) == StopPaging("acknowledged", user=ANA)
    assert world.pages() == list(zip(minutes(0, 5), [1, 2], strict=True))
    assert last(world, PageTargets).without == (ANA,)


def test_the_second_of_two_stops_it_for_everyone():
    world = World(policy()).at(MINUTE).happen(Acknowledged(ANA)).happen(Acknowledged(BO)).at(29 * MINUTE)
    assert world.state.status is Status.ACKNOWLEDGED
    assert last(world, StopPaging).user is None
    assert world.pages() == [(timedelta(0), 1)]


def test_twice_by_the_same_person_counts_once():
    world = World(policy()).happen(Acknowledged(ANA)).happen(Acknowledged(ANA))
    assert world.state.status is Status.TRIGGERED
    assert world.state.answered == (ANA,)


def test_what_nobody_said_counts_as_nobody_and_is_written_down():
    world = World(policy()).happen(Acknowledged())
    assert world.state.answered == ()
    assert world.notes(Event.ACK_OF_NOBODY) == minutes(0)


def test_where_one_is_enough_an_acknowledgement_of_nobody_counts_as_before():
    assert World(policy(1)).happen(Acknowledged()).state.status is Status.ACKNOWLEDGED


def test_after_the_acknowledgement_timeout_it_counts_anew_and_pages_everyone():
    world = World(policy()).happen(Acknowledged(ANA)).happen(Acknowledged(BO)).at(30 * MINUTE)
    assert (world.state.status, world.state.answered) == (Status.TRIGGERED, ())
    assert last(world, PageTargets).without == ()
    world.happen(Acknowledged(ANA))
    assert world.state.status is Status.TRIGGERED


@pytest.mark.parametrize("what", [Snoozed(T0 + 20 * MINUTE), Resolved()])
def test_one_person_can_still_snooze_and_resolve(what):
    world = World(policy()).happen(Acknowledged(ANA)).happen(what)
    assert world.state.step_at is None


def test_a_snooze_that_ends_counts_anew():
    world = World(policy()).happen(Acknowledged(ANA)).happen(Snoozed(T0 + 20 * MINUTE)).at(20 * MINUTE)
    assert world.state.answered == ()


def test_who_was_handed_it_counts_anew():
    assert World(policy()).happen(Acknowledged(ANA)).happen(Reassigned()).state.answered == ()


def test_escalated_by_hand_half_way_leaves_alone_who_is_on_it():
    world = World(policy()).happen(Acknowledged(ANA)).happen(Escalated())
    assert last(world, PageTargets).without == (ANA,)


def test_escalated_by_hand_when_all_had_answered_pages_them_again():
    world = World(policy()).happen(Acknowledged(ANA)).happen(Acknowledged(BO)).happen(Escalated())
    assert last(world, PageTargets).without == ()


def test_at_the_end_the_managers_hear_how_many_were_wanted():
    world = World(policy(repeat=0)).happen(Acknowledged(ANA)).at(10 * MINUTE)
    asked = last(world, PageManagers)
    assert asked.why == "the policy is exhausted and only 1 of 2: one more is needed"
    assert asked.without == (ANA,)
    assert world.state.parked is Parked.EXHAUSTED


def test_a_low_one_stays_parked_until_enough_have_answered():
    world = World(policy(), severity="SEV-4", urgency=Urgency.LOW).happen(Acknowledged(ANA))
    assert world.state.parked is Parked.LOW_URGENCY
    assert world.happen(Acknowledged(BO)).state.status is Status.ACKNOWLEDGED


def test_how_many_are_wanted_survives_being_frozen_and_is_one_where_nothing_is_said():
    assert Policy.from_json(policy(3).to_json()).acknowledgements == 3
    assert "acknowledgements" not in policy(1).to_json()


@pytest.mark.parametrize("first", [None, Acknowledged(ANA), Snoozed(T0 + 20 * MINUTE)])
def test_a_responder_who_is_added_is_paged_at_once_whoever_is_on_it(first):
    world = World(usual())
    if first:
        world.happen(first)
    before = world.state
    world.happen(Added((CY,)))
    assert last(world, PagePerson) == PagePerson(run="outside.added.0", user=CY)
    assert (world.state.status, world.state.step_at) == (before.status, before.step_at)


def test_each_time_somebody_is_added_they_are_paged_anew():
    world = World(usual()).happen(Added((CY, BO))).happen(Added((CY,)))
    found = [decision.run for _, decision in world.log if isinstance(decision, PagePerson)]
    assert found == [f"outside.added.{number}" for number in range(3)]


def test_to_add_somebody_makes_an_acknowledgement_last_anew():
    world = World(usual()).happen(Acknowledged(ANA)).at(20 * MINUTE).happen(Added((CY,)))
    assert world.state.hold_until == T0 + 50 * MINUTE


@pytest.mark.parametrize("acknowledged", [False, True])
def test_if_nothing_reaches_them_the_managers_are_asked(acknowledged):
    world = World(usual())
    if acknowledged:
        world.happen(Acknowledged(ANA))
    world.happen(Added((CY,))).happen(Unreachable("outside.added.0"))
    assert world.notes(Event.ADDED_UNREACHED) == minutes(0)
    assert last(world, PageManagers).run == "outside.added.0.managers"


def test_nobody_is_added_to_what_is_over():
    world = World(usual()).happen(Resolved())
    before = list(world.log)
    world.happen(Added((CY,)))
    assert world.log == before


def test_the_last_word_of_who_is_on_it_is_a_note_that_counts():
    world = World(policy(3)).happen(Acknowledged(ANA))
    assert [d.why for _, d in world.log if isinstance(d, Note)][-1] == "1 of 3: 2 more are needed"
