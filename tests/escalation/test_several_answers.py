"""Two people have to acknowledge: who has is left alone, and every way to answer says that one is missing."""

from functools import partial

import pytest

from escalation.actions import config, respond
from escalation.actions.respond import Refused
from escalation.core.policy import Policy
from escalation.models import EscalationPolicy
from escalation.planning import plan_of
from escalation.sources.event import Action
from paging.models import Page
from people.ledger.record import Actor
from tests.racing import at_once
from tests.world import TESTS, World

pytestmark = pytest.mark.django_db
MISSING = "1 of 2: one more is needed"


@pytest.fixture
def world(world):
    """The primary and the secondary together, then Mia."""
    both = [config.TargetSpec(schedule=world.schedule, role=role) for role in ("primary", "secondary")]
    steps = [world.step(*both), world.step(config.TargetSpec(user=world.mia)), world.step(*both)]
    config.change_policy(
        policy=world.policy, repeat=0, acknowledgements=2, steps=steps, by=TESTS, now=world.now
    )
    return world


@pytest.fixture
def incident(world):
    incident = world.alert()
    world.tick()
    return incident


def who(world):
    return [(at, name) for at, name, _ in world.sent()]


def test_who_acknowledges_is_paged_no_more_and_the_steps_go_on_for_the_others(world, incident):
    after = world.acknowledge(incident, world.ana)
    assert (after.status, after.answered, after.progress) == ("triggered", [world.ana.pk], MISSING)
    assert set(Page.objects.filter(stopped_at=None).values_list("user__username", flat=True)) == {"bo"}
    world.wait(minutes=11)
    assert who(world) == [(0, "ana"), (0, "bo"), (5, "mia"), (10, "bo")]
    said = "acknowledged, and is paged no more; paging goes on for the others"
    assert f"Ana Ruiz (link): {said} ({MISSING})" in world.timeline(incident)


def test_the_second_person_stops_it_for_all(world, incident):
    world.acknowledge(incident, world.ana)
    after = world.acknowledge(incident, world.bo)
    assert (after.status, after.acknowledged_by, after.also) == ("acknowledged", world.bo, 1)
    assert not Page.objects.filter(stopped_at=None).exclude(urgency="info").exists()
    world.wait(minutes=29)
    assert who(world) == [(0, "ana"), (0, "bo")]
    world.wait(minutes=2)
    assert who(world)[2:] == [(30, "ana"), (30, "bo")]  # it counts anew
    assert world.acknowledge(incident, world.ana).status == "triggered"


def test_the_same_person_counts_once(world, incident):
    for _ in range(3):
        after = world.acknowledge(incident, world.ana)
    assert (after.status, after.answered) == ("triggered", [world.ana.pk])


def test_a_source_counts_as_nobody_and_is_written_down(world, incident):
    world.alert(action=Action.ACKNOWLEDGE)
    incident.refresh_from_db()
    assert (incident.status, incident.answered) == ("triggered", [])
    said = "acknowledged, which counts as nobody's here (2 people have to acknowledge)"
    assert world.timeline(incident)[-1] == f"tests (tests): {said}"


def test_a_step_of_those_who_know_is_passed_over_and_says_so(world, incident):
    world.acknowledge(incident, world.mia)
    world.wait(minutes=5)
    assert who(world)[2:] == [(5, "ana"), (5, "bo")]
    assert any("Mia Falk; but for those who have acknowledged" in line for line in world.timeline(incident))


def test_where_nobody_else_is_left_the_managers_who_know_are_not_followed_by_the_fallback(world, settings):
    settings.FALLBACK_CONTACT = "duty@example.com"
    only = [world.step(config.TargetSpec(user=world.mia))]
    config.change_policy(
        policy=world.policy, repeat=0, acknowledgements=2, steps=only, by=TESTS, now=world.now
    )
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.mia)
    world.wait(minutes=20)
    assert who(world) == [(0, "mia")]
    incident.refresh_from_db()
    assert incident.parked_reason == "exhausted"
    assert any("the team's managers have all acknowledged" in line for line in world.timeline(incident))


def test_the_plan_ahead_leaves_out_who_knows(world, incident):
    incident = world.acknowledge(incident, world.ana)
    ahead = plan_of(incident, now=world.now)
    assert [one.user for one in ahead] == [world.mia.pk, world.bo.pk, world.mia.pk]


def test_one_person_resolves_snoozes_and_hands_it_on_as_ever(world, incident):
    by = Actor.person(world.bo)
    after = respond.reassign(incident_id=incident.pk, users=[world.mia], by=by, now=world.now)
    assert Policy.from_json(after.policy).acknowledgements == 1  # nobody else was asked
    assert world.acknowledge(incident, world.mia).status == "acknowledged"
    assert respond.resolve(incident_id=incident.pk, by=by, now=world.now).status == "resolved"


def test_the_api_says_how_many_and_who(api, world, incident):
    shown = api.post(f"/api/v1/incidents/{incident.pk}/acknowledge").json()
    said = {name: shown[name] for name in ("status", "acknowledgements", "acknowledgements_wanted")}
    assert said == {"status": "triggered", "acknowledgements": 1, "acknowledgements_wanted": 2}
    assert (shown["answered_by"], shown["acknowledged_by"]) == (["bo"], None)
    assert api.get("/api/v1/incidents").json()["results"][0]["acknowledgements"] == 1


# Responders who are added.


def add(world, incident, *users, by=None):
    by = Actor.person(by or world.ana, via="web")
    return respond.add_responders(incident_id=incident.pk, users=users, by=by, now=world.now)


@pytest.fixture
def alone(world):
    """One answer is enough, and Ana has given it."""
    steps = [world.step(config.TargetSpec(user=world.ana))]
    config.change_policy(policy=world.policy, repeat=0, steps=steps, by=TESTS, now=world.now)
    incident = world.alert("other")
    world.tick()
    return world.acknowledge(incident, world.ana)


def test_somebody_is_added_to_what_is_acknowledged_and_paged_at_once(world, alone):
    after = add(world, alone, world.bo)
    world.acknowledge(alone, world.ana)  # again, before the page has left
    world.tick()
    assert (after.status, who(world)) == ("acknowledged", [(0, "ana"), (0, "bo")])
    assert "Ana Ruiz (web): added responders (Bo Lind)" in world.timeline(alone)


def test_an_answer_of_another_that_comes_later_stops_the_rest_of_it(world, alone):
    add(world, alone, world.bo)
    world.tick()
    world.acknowledge(alone, world.ana)
    assert not Page.objects.filter(user=world.bo, stopped_at=None, urgency="high").exists()


def test_if_nothing_reaches_them_the_managers_are_asked_and_the_timeline_says_so(world, alone):
    world.bo.contact_methods.update(disabled_reason="gone")
    add(world, alone, world.bo)
    world.tick()
    assert who(world) == [(0, "ana"), (0, "mia")]
    said = "a responder who was added was not reached; the team's managers are asked instead"
    assert any(said in line for line in world.timeline(alone))


def test_somebody_asked_for_by_name_is_woken_by_a_low_one_too(world):
    incident = world.alert("low", severity="SEV-4")
    add(world, incident, world.bo)
    assert Page.objects.get(user=world.bo).urgency == "high"
    incident.refresh_from_db()
    assert (incident.urgency, incident.parked_reason) == ("low", "low urgency")


def test_who_is_added_counts_as_one_of_two(world, incident):
    world.acknowledge(incident, world.ana)
    add(world, incident, world.mia)
    world.tick()
    assert world.acknowledge(incident, world.mia).status == "acknowledged"


@pytest.mark.parametrize("what", ["nobody", "left", "over", "many"])
def test_what_cannot_be_added_is_refused(world, incident, what):
    users = [] if what == "nobody" else [world.bo]
    if what == "left":
        world.bo.is_active = False
    if what == "over":
        respond.resolve(incident_id=incident.pk, by=TESTS, now=world.now)
    if what == "many":
        users = [world.person(f"p{number}", f"P {number}") for number in range(21)]
    said = {
        "nobody": "at least one person",
        "left": "has left",
        "over": "already resolved",
        "many": "at most 20",
    }
    with pytest.raises(Refused, match=said[what]):
        add(world, incident, *users)


def test_the_api_adds_responders(api, world, incident):
    path = f"/api/v1/incidents/{incident.pk}/responders"
    answer = api.post(path, {"users": ["mia"], "reason": "she knows it"}, format="json")
    assert answer.status_code == 200
    world.tick()
    assert who(world)[-1] == (0, "mia")
    assert "Bo Lind (API): added responders (Mia Falk: she knows it)" in world.timeline(incident)
    for body, status in (({"users": []}, 409), ({"users": ["x"]}, 400), ({}, 400), ({"users": "mia"}, 400)):
        assert api.post(path, body, format="json").status_code == status
    api.post(f"/api/v1/incidents/{incident.pk}/resolve")
    assert api.post(path, {"users": ["mia"]}, format="json").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_two_who_acknowledge_at_once_are_two():
    world = World()
    EscalationPolicy.objects.update(acknowledgements=2)
    incident = world.alert()
    world.tick()
    at_once(*(partial(world.acknowledge, incident, user) for user in (world.ana, world.bo)))
    incident.refresh_from_db()
    assert incident.status == "acknowledged"
    assert set(incident.answered) == {world.ana.pk, world.bo.pk}
