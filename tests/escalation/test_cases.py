"""Cases E1 to E15 of the design (goalert's promises, and ours), from the alert to the phone."""

from datetime import timedelta

import pytest

from escalation import engine
from escalation.actions import config, respond
from paging.actions import contacts
from people.ledger.record import Actor
from tests.world import MINUTE, TESTS, World

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def by_steps(world, *steps, repeat=0):
    """Steps of one person each: (who, how many minutes the next one waits)."""
    specs = [world.step(config.TargetSpec(user=user), minutes=minutes) for user, minutes in steps]
    config.change_policy(policy=world.policy, repeat=repeat, steps=specs, by=TESTS, now=world.now)


def by_the_minute(world, minutes):
    for _ in range(minutes):
        world.wait(minutes=1)
    return world.sent()


def test_e1_the_second_person_is_paged_after_the_first_ones_delay_and_the_first_no_more(world):
    by_steps(world, (world.ana, 30), (world.bo, 60))
    world.alert()
    assert by_the_minute(world, 89) == [(0, "ana", "email"), (30, "bo", "email")]


@pytest.mark.parametrize(("repeat", "minute"), [(0, 10), (1, 20)])
def test_e3_a_policy_that_is_over_says_so_once(world, repeat, minute):
    by_steps(world, (world.ana, 5), (world.bo, 5), repeat=repeat)
    incident = world.alert()

    def said():
        return sum("the escalation policy is exhausted" in line for line in world.timeline(incident))

    world.wait(minutes=minute, seconds=-1)
    assert said() == 0
    world.wait(seconds=1)
    assert said() == 1
    world.wait(days=1)
    assert said() == 1


def test_e5_escalated_by_hand_after_an_acknowledgement_it_is_open_again_and_the_next_step_paged(world):
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    world.wait(minutes=1)
    respond.escalate(incident_id=incident.pk, by=Actor.person(world.ana), now=world.now)
    world.tick()
    incident.refresh_from_db()
    assert incident.status == "triggered"
    assert world.sent() == [(0, "ana", "email"), (1, "bo", "email")]


def test_e7_a_policy_whose_first_number_is_missing_begins_with_the_next_at_once(world):
    world.policy.steps.get(position=1).delete()
    world.alert()
    world.tick()
    assert world.sent() == [(0, "bo", "email")]


@pytest.mark.parametrize("phase", [0, 4.9])
def test_e9_ten_steps_of_five_minutes_do_not_drift_under_a_sweep_every_five_seconds(world, phase):
    by_steps(world, *[(world.person(f"p{n}", f"P {n}"), 5) for n in range(10)])
    incident = world.alert()
    paged = []
    at = world.now + phase * SECOND
    while at <= world.began + timedelta(minutes=46):
        world.now = at
        while engine.run_due(clock=lambda: world.now):
            incident.refresh_from_db()
            paged.append(world.now - world.began)
        at += 5 * SECOND
    assert len(paged) == 10
    for n, moment in enumerate(paged):
        assert timedelta(0) <= moment - n * 5 * MINUTE <= 5 * SECOND
    assert paged[-1] <= timedelta(minutes=45, seconds=5)


@pytest.fixture
def phones(db):
    return World(kinds=("sms", "voice"))


def test_e13_two_runs_at_once_are_one_message_half_an_hour_later(phones):
    rules = [("sms", timedelta(0)), ("voice", timedelta(0)), ("sms", 30 * MINUTE)]
    contacts.set_rules(user=phones.ana, urgency="high", rules=rules, by=TESTS, now=phones.now)
    by_steps(phones, (phones.ana, 60), (phones.ana, 60))
    incident = phones.alert()
    phones.tick()
    respond.escalate(incident_id=incident.pk, by=Actor.person(phones.bo), now=phones.now)
    phones.tick()
    assert {kind for _, _, kind in phones.sent()} == {"sms", "voice"}
    by_the_minute(phones, 29)
    before = len(phones.sent())
    by_the_minute(phones, 5)
    assert phones.sent()[before:] == [(30, "ana", "sms")]


# E15: rules that are added while somebody is being paged.


def add_rules(world, *rules, urgency="high"):
    told = [("email", timedelta(0)), *rules]
    contacts.set_rules(user=world.ana, urgency=urgency, rules=told, by=TESTS, now=world.now)


@pytest.fixture
def running(world):
    """Ana is paged by mail, at once; and has a phone since."""
    contacts.set_rules(
        user=world.ana, urgency="high", rules=[("email", timedelta(0))], by=TESTS, now=world.now
    )
    by_steps(world, (world.ana, 120))
    incident = world.alert()
    world.wait(minutes=2)
    for kind in ("sms", "voice"):
        contacts.set_contact_method(
            user=world.ana, kind=kind, address="+14155550199", by=TESTS, now=world.now
        )
    return incident


def test_e15_a_rule_for_at_once_is_not_sent_afterwards_and_one_for_later_is(world, running):
    add_rules(world, ("sms", timedelta(0)), ("voice", 30 * MINUTE))
    assert by_the_minute(world, 40) == [(0, "ana", "email"), (30, "ana", "voice")]
    said = "Watchbill: paging Ana Ruiz also: voice after 30 min (by a new rule of theirs)"
    assert any(line.endswith(said.removeprefix("Watchbill")) for line in world.timeline(running))


def test_e15_the_same_rule_is_not_sent_twice(world, running):
    add_rules(world, ("voice", 30 * MINUTE))
    add_rules(world, ("voice", 30 * MINUTE), ("sms", 31 * MINUTE))
    add_rules(world, ("sms", 31 * MINUTE))
    add_rules(world, ("voice", 30 * MINUTE), ("sms", 31 * MINUTE))
    sent = by_the_minute(world, 40)
    assert sent == [(0, "ana", "email"), (30, "ana", "voice"), (31, "ana", "sms")]


@pytest.mark.parametrize(("minutes", "sent"), [(2, False), (3, True)])
def test_e15_what_is_due_in_this_very_moment_is_not_ahead(world, running, minutes, sent):
    add_rules(world, ("sms", minutes * MINUTE))
    assert ((minutes, "ana", "sms") in by_the_minute(world, 5)) == sent


def test_e15_an_answer_stops_what_a_new_rule_added(world, running):
    add_rules(world, ("voice", 30 * MINUTE))
    world.acknowledge(running, world.ana)
    assert by_the_minute(world, 29) == [(0, "ana", "email")]


def test_e15_of_what_is_answered_and_of_another_urgency_nothing_is_sent(world, running):
    add_rules(world, ("voice", 10 * MINUTE), urgency="low")
    world.acknowledge(running, world.ana)
    add_rules(world, ("voice", 10 * MINUTE))
    assert by_the_minute(world, 20) == [(0, "ana", "email")]


def test_e15_a_rule_for_what_one_has_not_sends_nothing(world, running):
    add_rules(world, ("chat", 10 * MINUTE))
    assert by_the_minute(world, 20) == [(0, "ana", "email")]
