"""A call and the look at silence at the same instant, in processes of their own."""

from functools import partial
from threading import Event

import pytest
from django.db import connection
from django.test import Client

from escalation.intake import heartbeats, raise_silent
from escalation.models import Alert, Heartbeat, Incident
from tests.escalation.heartbeats.conftest import HOUR, Source
from tests.racing import GIVE_UP, POLL, Race, at_once, waiting
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 12


@pytest.fixture
def world(transactional_db):
    return World()


@pytest.fixture
def sources(world):
    """Each has called once, two hours ago."""
    source = Source(world, Client())
    keys = [f"{n:032x}" for n in range(MANY)]
    for n, key in enumerate(keys):
        source.is_(every=HOUR, name=f"job {n}", key=key)
        heartbeats.call_in(key=key, now=world.now)
    world.wait(hours=2)
    return keys


def look(world):
    return raise_silent(heard_until=world.now, clock=lambda: world.now)


def open_incidents():
    return Incident.objects.exclude(status="resolved").count()


@pytest.mark.parametrize("turn", range(3))
def test_after_a_call_was_answered_its_silence_is_no_open_incident(world, sources, turn):
    calls = [partial(heartbeats.call_in, key=key, now=world.now) for key in sources]
    at_once(*calls[: MANY // 2], partial(look, world), partial(look, world), *calls[MANY // 2 :])
    assert (open_incidents(), Alert.objects.filter(status="open").count()) == (0, 0)
    assert not Heartbeat.objects.filter(name__startswith="job", due_at=None).exists()


def test_a_call_that_comes_while_its_silence_is_being_raised_ends_it(world, sources, monkeypatch):
    """The look holds the row and has not committed; the call waits for it, and then sees the alert."""
    raising, go_on, real = Event(), Event(), heartbeats._event

    def slowly(row, now):
        raising.set()
        assert go_on.wait(GIVE_UP)
        return real(row, now)

    monkeypatch.setattr(heartbeats, "_event", slowly)
    race = Race([partial(look, world), partial(heartbeats.call_in, key=sources[0], now=world.now)])
    race.threads[0].start()
    assert raising.wait(GIVE_UP)
    race.threads[1].start()
    while connection.vendor == "postgresql" and not waiting():
        race.threads[1].join(POLL)
    go_on.set()
    assert race.ended() == [MANY, None]
    assert open_incidents() == MANY - 1
    assert Incident.objects.get(status="resolved").title.startswith("job 0 ")


def test_each_silence_is_raised_once_by_however_many_look(world, sources):
    assert sum(at_once(*[partial(look, world)] * 4)) == MANY
    assert list(Alert.objects.values_list("event_count", flat=True)) == [1] * MANY
    assert Incident.objects.count() == MANY


def test_a_call_just_before_the_look_takes_its_lock_is_passed_over(world, sources, monkeypatch):
    """Found silent, called, locked: the look asks again under the lock."""
    real = heartbeats._raise

    def called_meanwhile(pks, heard_until, clock):
        for key in sources:
            heartbeats.call_in(key=key, now=world.now)
        return real(pks, heard_until, clock)

    monkeypatch.setattr(heartbeats, "_raise", called_meanwhile)
    assert look(world) == 0
    assert not Incident.objects.exists()
