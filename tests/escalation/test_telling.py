"""Those who were paged hear how it goes on: once, by day unless it was urgent, and not from themselves."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from escalation.actions import respond
from escalation.sources.event import Action
from paging.models import Attempt, Notification, Page
from people import actions as people
from people.ledger.record import Actor

pytestmark = pytest.mark.django_db


def told(world):
    """Who was told what, as a subject of a mail."""
    rows = Attempt.objects.filter(notification__page__urgency="info").order_by("pk")
    return [(row.notification.page.user.username, row.subject) for row in rows]


@pytest.fixture
def incident(world):
    """Ana was paged, and five minutes later Bo."""
    incident = world.alert()
    world.wait(minutes=6)
    assert [who for _, who, _ in world.sent()] == ["ana", "bo"]
    return incident


def test_who_was_paged_hears_that_another_is_on_it_and_that_it_is_over(world, incident):
    world.acknowledge(incident, world.bo)
    world.tick()
    assert told(world) == [("ana", f"Acknowledged by Bo Lind: #{incident.pk} disk is full")]
    respond.resolve(incident_id=incident.pk, by=Actor.person(world.ana), now=world.now)
    world.tick()
    assert told(world)[1:] == [("bo", f"Resolved by Ana Ruiz: #{incident.pk} disk is full")]


def test_who_did_it_alone_hears_nothing(world):
    incident = world.alert()
    world.tick()
    world.acknowledge(incident, world.ana)
    world.tick()
    assert told(world) == []


def test_a_source_that_resolves_is_heard_by_all_who_were_paged(world, incident):
    world.alert(action=Action.RESOLVE)
    world.tick()
    said = f"Resolved by tests (tests): #{incident.pk} disk is full"
    assert told(world) == [("ana", said), ("bo", said)]


def test_nobody_hears_of_the_same_twice(world, incident):
    for _ in range(2):
        world.acknowledge(incident, world.bo)
        world.wait(minutes=35)  # it runs out, and everybody is paged again
    world.acknowledge(incident, world.bo)
    world.tick()
    assert [who for who, subject in told(world) if subject.startswith("Ack")].count("ana") == 1


def test_it_is_told_if_and_only_if_it_was_decided(world, incident):
    """The rows of a notice are written with the decision: a crash before the commit leaves neither."""
    with transaction.atomic():
        world.acknowledge(incident, world.bo)
        transaction.set_rollback(True)
    world.tick()
    assert told(world) == []
    world.acknowledge(incident, world.bo)
    assert Page.objects.filter(urgency="info").count() == 1


def test_who_was_to_be_paged_and_was_not_hears_nothing(world):
    incident = world.alert()  # nothing has been sent yet
    respond.resolve(incident_id=incident.pk, by=Actor.person(world.mia), now=world.now)
    world.wait(minutes=10)
    assert told(world) == []


def test_a_person_may_turn_it_off(world, incident):
    people.change_user(user=world.ana, outcome_notices=False, by=Actor("t"), now=world.now)
    world.alert(action=Action.RESOLVE)
    world.tick()
    assert [who for who, _ in told(world)] == ["bo"]


def at_night(world):
    """Half past three in the morning for Ana, in Berlin."""
    people.change_user(user=world.ana, time_zone="Europe/Berlin", by=Actor("t"), now=world.now)
    world.now = datetime(2026, 3, 6, 2, 30, tzinfo=UTC)


def test_at_night_an_urgent_one_is_told_at_once(world):
    at_night(world)
    world.alert()
    world.tick()
    world.alert(action=Action.RESOLVE)
    world.tick()
    assert [who for who, _ in told(world)] == ["ana"]


def test_at_night_one_of_low_urgency_is_told_in_the_morning(world):
    at_night(world)
    incident = world.alert()
    world.tick()
    type(incident).objects.update(urgency="low")
    world.alert(action=Action.RESOLVE)
    world.tick()
    assert told(world) == []
    assert Notification.objects.get(page__urgency="info").due_at == datetime(2026, 3, 6, 7, tzinfo=UTC)
    world.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    world.tick()
    assert [who for who, _ in told(world)] == ["ana"]


def test_what_waits_for_the_morning_is_overtaken_by_what_came_after(world, incident):
    at_night(world)
    type(incident).objects.update(urgency="low")
    world.acknowledge(incident, world.bo)
    world.alert(action=Action.RESOLVE)
    world.now = datetime(2026, 3, 6, 8, tzinfo=UTC)
    world.tick()
    assert [subject.split()[0] for who, subject in told(world) if who == "ana"] == ["Resolved"]


def test_it_never_rings(world):
    """By the rules for low urgency, and without a way that rings."""
    cy = world.person("cy", "Cy Voss", kinds=("voice",))
    incident = world.alert()
    respond.reassign(incident_id=incident.pk, users=[cy], by=Actor.person(world.mia), now=world.now)
    world.wait(minutes=1)
    assert [(who, kind) for _, who, kind in world.sent()] == [("cy", "voice")]
    world.acknowledge(incident, world.bo)
    world.tick()
    assert told(world) == []
