"""What comes by a key is counted, and above its limit it is refused: never what ends or acknowledges."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client import REGISTRY

from escalation import intake
from escalation.models import Alert, ChangeEvent, Incident, KeyMinute, RoutingKey
from escalation.sources.event import Action, Change, Event
from tests.world import KEY


@pytest.fixture(autouse=True)
def _no_limit_but_the_one_that_is_set(settings):
    settings.EVENTS_PER_MINUTE = 0


def events(*keys, action=Action.TRIGGER):
    return [Event(action=action, dedup_key=key, summary="full") for key in keys]


def send(world, *sent):
    return intake.receive(key=KEY, events=sent, source="tests", now=world.now)


def counted():
    return sum(KeyMinute.objects.values_list("events", flat=True))


def test_every_event_is_counted_on_every_way_in(world):
    send(world, *events("disk"))  # new
    send(world, *events("disk"))  # again
    send(world, *events(*map(str, range(120))))  # in batches
    send(world, *events("disk", action=Action.RESOLVE))
    intake.receive_change(key=KEY, change=Change(summary="deployed"), now=world.now)
    assert counted() == 124
    assert KeyMinute.objects.latest("last_event_at").last_event_at == world.now
    assert set(KeyMinute.objects.values_list("minute", flat=True)) == {
        world.now.replace(second=0, microsecond=0)
    }


def test_above_the_sites_limit_nothing_that_triggers_is_written(world, settings):
    settings.EVENTS_PER_MINUTE = 3
    send(world, *events("a", "b", "c"))
    with pytest.raises(intake.OverLimit) as refused:
        send(world, *events("d"))
    key = RoutingKey.objects.get()
    assert (refused.value.key, refused.value.limit) == (key.pk, 3)
    assert 1 <= refused.value.retry_after <= 121
    assert counted() == 3
    assert Incident.objects.count() == 3


def test_a_post_that_begins_below_it_is_taken_in_whole(world, settings):
    settings.EVENTS_PER_MINUTE = 3
    send(world, *events("a", "b"))
    assert send(world, *events("c", "d", "e")) == 3


def test_after_the_wait_it_is_taken_in(world, settings):
    settings.EVENTS_PER_MINUTE = 3
    send(world, *events("a", "b", "c", "d"))
    with pytest.raises(intake.OverLimit) as refused:
        send(world, *events("e"))
    world.now += timedelta(seconds=refused.value.retry_after)
    assert send(world, *events("e")) == 1


def test_a_key_has_a_limit_of_its_own(world, settings):
    settings.EVENTS_PER_MINUTE = 1
    RoutingKey.objects.update(events_per_minute=100)
    send(world, *events("a", "b"))
    assert send(world, *events("c")) == 1
    RoutingKey.objects.update(events_per_minute=0)
    assert send(world, *events("d")) == 1
    RoutingKey.objects.update(events_per_minute=2)
    with pytest.raises(intake.OverLimit):
        send(world, *events("e"))


@pytest.mark.parametrize("action", [Action.RESOLVE, Action.ACKNOWLEDGE])
def test_what_ends_or_acknowledges_is_never_refused(world, settings, action):
    settings.EVENTS_PER_MINUTE = 1
    send(world, *events("disk"))
    send(world, *events("disk", action=action))
    assert Incident.objects.get().status in {"resolved", "acknowledged"}


def test_nor_where_the_same_post_triggers_too_much(world, settings):
    settings.EVENTS_PER_MINUTE = 1
    send(world, *events("disk"))
    with pytest.raises(intake.OverLimit):
        send(world, *events("disk", action=Action.RESOLVE), *events("memory"))
    assert Alert.objects.get().status == "resolved"


def test_a_change_is_refused_above_it_too(world, settings):
    settings.EVENTS_PER_MINUTE = 1
    send(world, *events("disk"))
    with pytest.raises(intake.OverLimit):
        intake.receive_change(key=KEY, change=Change(summary="deployed"), now=world.now)
    assert not ChangeEvent.objects.exists()


def test_an_unknown_key_costs_the_statements_of_a_known_one(world):
    counts = []
    for key in (KEY, "f" * 32):
        with CaptureQueriesContext(connection) as queries, suppress(intake.UnknownKey):
            intake.unsigned_key(key, source="tests")
        counts.append(len(queries))
    assert counts == [1, 1]


@pytest.mark.postgres("SQLite takes so many values in a statement")
def test_a_group_of_alerts_takes_as_many_statements_as_a_few(world):
    counts = []
    for prefix, many in (("few", 5), ("many", 50)):
        with CaptureQueriesContext(connection) as queries:
            send(world, *events(*(f"{prefix}-{number}" for number in range(many))))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def taken_in(source):
    found = REGISTRY.get_sample_value("watchbill_events_total", {"source": source, "action": "trigger"})
    return found or 0.0


def test_what_is_refused_is_not_said_to_be_taken_in(world, settings):
    before = taken_in("tests")
    with suppress(intake.UnknownKey):
        intake.receive(key="f" * 32, events=events("disk"), source="tests", now=world.now)
    assert taken_in("tests") == before
    send(world, *events("disk"))
    send(world, *events("disk"))
    settings.EVENTS_PER_MINUTE = 2
    with pytest.raises(intake.OverLimit):
        send(world, *events("disk"))
    assert taken_in("tests") == before + 2
