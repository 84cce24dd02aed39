"""How long a refusal takes says nothing about routing keys."""

import pytest

from escalation import intake
from escalation.actions import config
from escalation.intake import evenly
from escalation.models import RoutingKey
from escalation.sources.event import Action, Event
from tests.world import KEY, TESTS

EVENT = Event(action=Action.TRIGGER, dedup_key="disk", summary="full")


class Watch:
    """A clock that is set by hand, and how long was waited by it."""

    def __init__(self):
        self.now, self.waited = 100.0, []

    def wait(self, seconds):
        self.waited.append(round(seconds, 6))
        self.now += seconds


@pytest.fixture
def watch(monkeypatch):
    watch = Watch()
    monkeypatch.setattr(evenly, "monotonic", lambda: watch.now)
    monkeypatch.setattr(evenly, "_pause", watch)
    return watch


@evenly.evenly()
def refused(watch, after, fault):
    watch.now += after
    raise fault


@pytest.mark.parametrize(("took", "waits"), [(0.001, 0.009), (0.0099, 0.0001), (0.012, 0.008)])
def test_an_unknown_key_is_told_so_at_a_full_step(watch, took, waits):
    with pytest.raises(intake.UnknownKey):
        refused(watch, took, intake.UnknownKey)
    assert watch.waited == [waits]


def test_nobody_else_waits(watch):
    with evenly.evenly():
        watch.now += 0.001
    with pytest.raises(ValueError, match="else"):
        refused(watch, 0.001, ValueError("something else"))
    assert not watch.waited


@pytest.mark.parametrize("key", ["unknown", "revoked", "signed"])
def test_every_door_that_asks_about_a_key_is_one_of_them(world, watch, key):
    row = RoutingKey.objects.get()
    if key == "revoked":
        config.revoke_routing_key(key=row, by=TESTS, now=world.now)
    elif key == "signed":
        RoutingKey.objects.update(signing_secret="s" * 32)
    asked = "0" * 32 if key == "unknown" else KEY
    with pytest.raises(intake.UnknownKey):
        intake.receive(key=asked, events=[EVENT], source="tests", now=world.now)
    with pytest.raises(intake.UnknownKey):
        intake.unsigned_key(asked, source="tests")
    assert len(watch.waited) == 2


def test_whoever_has_a_key_does_not_wait(world, watch):
    world.alert()
    assert not watch.waited
