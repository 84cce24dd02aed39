"""A step may ask one of a team at a time: each incident another one, whoever decides it."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation import engine
from escalation.actions import config, respond
from escalation.core.policy import ROUND_ROBIN, Policy
from escalation.core.stimulus import Ticked
from escalation.hotline import calls
from escalation.models import Incident, TeamTurn
from escalation.planning import next_of, plan_of, simulate
from paging import dispatch
from paging.actions import contacts
from paging.models import Page
from people.actions import deactivate_user, set_members
from people.ledger.record import Actor
from tests.racing import at_once
from tests.world import TESTS, World


def in_turn(team, role="responder"):
    return config.TargetSpec(team=team, role=role, pick=ROUND_ROBIN)


def turning(world, *more, repeat=1, minutes=5):
    """The policy asks one of the responders in turn, and then who else is named."""
    steps = [world.step(in_turn(world.team), minutes=minutes), *(world.step(one) for one in more)]
    config.change_policy(policy=world.policy, repeat=repeat, steps=steps, by=TESTS, now=world.now)
    return world


@pytest.fixture
def world(db):
    world = World()
    world.cy = world.person("cy", "Cy Oak")
    people = {world.ana: "responder", world.bo: "responder", world.cy: "responder", world.mia: "manager"}
    set_members(team=world.team, members=people, by=TESTS, now=world.now)
    return turning(world)


def paged(incident):
    rows = Page.objects.filter(cause=f"incident:{incident.pk}").order_by("pk")
    return list(rows.values_list("user__username", flat=True))


def test_each_incident_pages_the_next_one_of_the_team(world):
    incidents = [world.alert(f"k{n}") for n in range(4)]
    world.tick()
    assert [paged(one) for one in incidents] == [["ana"], ["bo"], ["cy"], ["ana"]]
    later = world.alert("k5")
    world.tick()
    assert paged(later) == ["bo"]
    assert "Watchbill: paging Bo Lind: email at once (Payments responder in turn, step 1)" in world.timeline(
        later
    )


def test_a_repeat_goes_to_the_next_person_and_takes_no_turn_of_another_incident(world):
    first = world.alert("first")
    world.wait(minutes=5)
    assert paged(first) == ["ana", "bo"]
    second = world.alert("second")
    world.tick()
    assert paged(second) == ["bo"]


def test_an_acknowledgement_that_ran_out_pages_the_next_one(world):
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    world.wait(minutes=30)
    assert paged(incident) == ["ana", "bo"]


def test_who_has_no_way_to_be_reached_or_has_left_is_passed_over_at_once(world):
    for method in world.ana.contact_methods.all():
        contacts.disable_contact_method(method=method, reason="lost", by=TESTS, now=world.now)
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    incident = world.alert()
    world.tick()
    assert paged(incident) == ["cy"]
    assert (
        "Watchbill: passed over Ana Ruiz, whom nothing reaches; the next one is asked "
        "(step 1: Payments responder in turn)"
    ) in world.timeline(incident)
    assert not any("Bo Lind" in line for line in world.timeline(incident))  # nobody's, and not theirs


def test_a_list_that_nobody_can_be_reached_of_is_an_empty_step_and_the_managers_hear(world):
    for user in (world.ana, world.bo, world.cy):
        for method in user.contact_methods.all():
            contacts.disable_contact_method(method=method, reason="lost", by=TESTS, now=world.now)
    incident = world.alert()
    world.tick()
    assert paged(incident) == ["mia"]
    said = "\n".join(world.timeline(incident))
    assert "no usable contact method of Ana Ruiz, Bo Lind, Cy Oak" in said
    assert TeamTurn.objects.get().last == ""


def refused(monkeypatch, *users):
    """Their mailboxes refuse every message."""
    gone = {user.email for user in users}
    real = dispatch._ask

    def ask(channel, message, claimed):
        if message.to in gone:
            return dispatch.Rejected("no such mailbox", dispatch.Fault.MESSAGE)
        return real(channel, message, claimed)

    monkeypatch.setattr(dispatch, "_ask", ask)


def test_when_every_message_to_the_one_fails_the_next_one_is_paged_at_once_in_the_same_step(
    world, monkeypatch
):
    refused(monkeypatch, world.ana, world.bo)
    incident = world.alert()
    for _ in range(3):
        world.tick()
    assert paged(incident) == ["ana", "bo", "cy"]
    assert set(Page.objects.values_list("run", flat=True)) == {"1.0.1"}
    incident.refresh_from_db()
    assert incident.step_at == world.now + timedelta(minutes=5)
    assert (
        "Watchbill: every message to the one whose turn it was failed; the next one is asked at once (step 1)"
    ) in world.timeline(incident)
    other = world.alert("other")
    world.tick()
    assert paged(other)[0] == "bo"  # it is his turn, whether or not another incident had to ask him


def test_when_the_messages_to_all_of_the_list_fail_the_next_step_runs_at_once(world, monkeypatch):
    turning(world, config.TargetSpec(user=world.mia), repeat=0)
    refused(monkeypatch, world.ana, world.bo, world.cy)
    incident = world.alert()
    for _ in range(5):
        world.tick()
    assert paged(incident) == ["ana", "bo", "cy", "mia"]
    assert "nobody of the step was reached; the next runs at once" in "\n".join(world.timeline(incident))


def test_nobody_is_asked_in_turn_once_somebody_is_on_it(world, monkeypatch):
    refused(monkeypatch, world.ana)
    incident = world.alert()
    engine.run_due(clock=lambda: world.now)
    world.acknowledge(incident, world.mia)
    for _ in range(3):
        world.tick()
    assert paged(incident)[:1] == ["ana"]
    assert "bo" not in paged(incident)


def test_a_step_outside_the_sequence_takes_turns_too(world, monkeypatch):
    outside = config.StepSpec(after=timedelta(minutes=10), targets=(in_turn(world.team),))
    steps = [world.step(config.TargetSpec(user=world.mia)), outside]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    refused(monkeypatch, world.ana)
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.mia)
    world.wait(minutes=10)
    for _ in range(2):
        world.tick()
    assert paged(incident)[:3] == ["mia", "ana", "bo"]


def test_the_whole_team_takes_turns_where_no_role_is_named(world):
    steps = [world.step(in_turn(world.team, role=""))]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    incidents = [world.alert(f"k{n}") for n in range(5)]
    world.tick()
    assert [paged(one) for one in incidents] == [["ana"], ["bo"], ["cy"], ["mia"], ["ana"]]


def test_a_policy_that_was_frozen_before_pages_all_of_the_team_as_it_did():
    target = {"label": "Payments responder", "team": 1, "role": "responder"}
    frozen = {"name": "p", "repeat": 0, "acknowledgement_timeout": None}
    read = Policy.from_json(frozen | {"steps": [{"number": 1, "timeout": 300.0, "targets": [target]}]})
    assert read.steps[0].targets[0].pick == ""
    assert Policy.from_json(read.to_json()) == read


@pytest.mark.django_db(transaction=True)
def test_two_incidents_at_once_ask_different_people(transactional_db):
    world = World()
    turning(world)
    mine = [world.alert(f"k{n}") for n in range(2)]

    def decide(incident):
        with transaction.atomic():
            row = Incident.objects.select_for_update().select_related("service").get(pk=incident.pk)
            engine.apply(row, Ticked(), now=world.now)

    at_once(*(partial(decide, one) for one in mine))
    assert sorted(name for one in mine for name in paged(one)) == ["ana", "bo"]


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_out_the_turns_evenly(transactional_db):
    world = World()
    turning(world)
    for n in range(20):
        world.alert(f"k{n}")

    def work():
        while engine.run_due(clock=lambda: world.now, limit=3):
            pass

    at_once(*([work] * 4))
    found = Page.objects.values_list("user__username", flat=True)
    assert sorted(found) == ["ana"] * 10 + ["bo"] * 10


def asked(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return [query["sql"] for query in queries]


def test_a_policy_without_turns_costs_no_question_more(world):
    config.change_policy(
        policy=world.policy,
        repeat=0,
        steps=[world.step(config.TargetSpec(team=world.team, role="responder"))],
        by=TESTS,
        now=world.now,
    )
    world.alert()
    said = asked(lambda: engine.run_due(clock=lambda: world.now))
    assert not any("teamturn" in sql for sql in said)
    assert sum("paging_contactmethod" in sql and sql.startswith("SELECT") for sql in said) == 1


def test_turns_cost_the_same_for_one_incident_as_for_many(world):
    def decided(count, name):
        for n in range(count):
            world.alert(f"{name}{n}")
        return len(asked(lambda: engine.run_due(clock=lambda: world.now)))

    decided(1, "warm")
    assert decided(40, "many") <= decided(3, "few") + 2  # SQLite takes so many values in one statement


def who(messages):
    return [one.user for one in messages]


def test_simulate_says_who_is_next_and_takes_no_turn(world):
    world.alert()
    world.tick()
    before = TeamTurn.objects.values().get()
    for _ in range(2):
        foretold = simulate(world.service, severity="SEV-1", at=world.now)
        assert who(foretold) == [world.bo.pk, world.cy.pk, world.mia.pk]  # and at its end the manager
    assert TeamTurn.objects.values().get() == before


def test_the_plan_of_an_incident_goes_on_from_whom_it_asked(world):
    incident = world.alert()
    world.alert("another")
    world.tick()
    incident.refresh_from_db()
    assert who(plan_of(incident, now=world.now))[:1] == [world.bo.pk]
    assert next_of([incident], now=world.now)[incident.pk].user == world.bo.pk
    world.wait(minutes=5)
    assert paged(incident) == ["ana", "bo"]


def test_a_call_rings_the_one_whose_turn_it_is_and_takes_none(world):
    for user, number in ((world.ana, "+14155550101"), (world.bo, "+14155550102")):
        contacts.set_contact_method(user=user, kind="voice", address=number, by=TESTS, now=world.now)
    world.alert()
    world.tick()
    found = calls._candidates(world.service, now=world.now)
    assert [one.user for one in found] == [world.bo.pk, world.cy.pk, world.ana.pk]
    assert TeamTurn.objects.get().last == "ana"


def test_what_is_reassigned_leaves_the_turns_alone(world):
    incident = world.alert()
    world.tick()
    respond.reassign(incident_id=incident.pk, users=[world.mia], by=Actor("Mia"), now=world.now)
    world.tick()
    assert paged(incident) == ["ana", "mia"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            lambda world: config.TargetSpec(user=world.ana, pick=ROUND_ROBIN),
            "only a team's members take turns",
        ),
        (
            lambda world: config.TargetSpec(schedule=world.schedule, role="primary", pick=ROUND_ROBIN),
            "only a team's members take turns",
        ),
        (lambda world: config.TargetSpec(team=world.team, pick="dice"), "write round_robin"),
    ],
    ids=["a person", "a schedule", "dice"],
)
def test_what_cannot_take_turns_is_refused(world, target, says):
    with pytest.raises(config.ConfigError, match=says):
        config.change_policy(
            policy=world.policy, repeat=0, steps=[world.step(target(world))], by=TESTS, now=world.now
        )


def test_the_database_refuses_it_too(world):
    target = world.policy.steps.get().targets.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(target).objects.filter(pk=target.pk).update(team=None, user=world.ana)
