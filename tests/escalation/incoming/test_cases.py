"""Cases of the domain's table, by their ids."""

from datetime import timedelta

import pytest

from escalation import intake
from escalation.actions import config, respond
from escalation.models import Alert, Incident
from escalation.sources.event import Action, Event
from paging.models import Attempt
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.world import KEY, TESTS

pytestmark = pytest.mark.django_db


def post(world, key, summary, *, to=KEY, action=Action.TRIGGER):
    event = Event(action=action, dedup_key=key, summary=summary, severity="SEV-1")
    intake.receive(key=to, events=[event], source="tests", now=world.now)


def test_d1_one_key_is_one_alert_whatever_it_says_and_another_service_s_is_another(world):
    """Three alerts on two services, and three pages. What has no key is the generic source's matter."""
    other = config.create_service(name="other", policy=world.policy, by=TESTS, now=world.now)
    config.ensure_routing_key(service=other, name="tests", key="f" * 32, by=TESTS, now=world.now)
    post(world, "hello", "hello")
    post(world, "hello", "hello")
    post(world, "hello", "hello", to="f" * 32)
    post(world, "foo", "hello")
    post(world, "foo", "hello2")
    assert sorted(Alert.objects.values_list("service__name", "event_count")) == [
        ("other", 1), ("payments-api", 2), ("payments-api", 2),
    ]  # fmt: skip
    assert len(world.tick().sent()) == 3


def test_d3_a_key_that_nobody_knows_is_closed_without_a_word(world):
    post(world, "unknown", "", action=Action.RESOLVE)
    assert not Alert.objects.exists()
    assert not Incident.objects.exists()


def told():
    rows = Attempt.objects.filter(notification__page__urgency="info")
    return [row.notification.page.user.username for row in rows.order_by("pk")]


@pytest.fixture
def left_alone(world):
    """Ana was paged, nobody answered, and nobody has said anything since."""
    incident = world.alert()
    world.wait(minutes=40)
    return incident


@pytest.mark.parametrize(("seconds", "told_of_it"), [(-1, True), (0, False), (1, False)])
def test_d9_the_end_of_what_was_left_alone_for_a_week_is_told_to_nobody(
    world, left_alone, seconds, told_of_it
):
    last = left_alone_since(world, left_alone)
    world.now = last + timedelta(days=7, seconds=seconds)
    respond.resolve(incident_id=left_alone.pk, by=TESTS, now=world.now)
    world.tick()
    assert bool(told()) == told_of_it


def test_d9_whoever_wrote_a_note_since_makes_its_end_news_again(world, left_alone):
    world.now += timedelta(days=6)
    respond.note(incident_id=left_alone.pk, text="still there", by=Actor.person(world.bo), now=world.now)
    world.now += timedelta(days=6)
    respond.resolve(incident_id=left_alone.pk, by=TESTS, now=world.now)
    world.tick()
    assert "ana" in told()


def left_alone_since(world, incident):
    """When its timeline's last line was written."""
    return Entry.objects.filter(subject_type="incident", subject_id=incident.pk).latest("at").at
