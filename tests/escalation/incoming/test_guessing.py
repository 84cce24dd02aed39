"""What is guessed of an event is remembered of the latest alerts, and decides nothing."""

import pytest

from escalation.intake import guessing
from escalation.intake.guessing import is_likely_open, now_open, now_over
from escalation.models import Alert, Incident, KeyMinute
from escalation.sources.event import Action
from tests.world import KEY


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(guessing, "_open", {})


def test_the_oldest_are_forgotten(monkeypatch):
    monkeypatch.setattr(guessing, "REMEMBERED", 3)
    for number in range(10):
        now_open(KEY, f"disk-{number}")
        now_open(KEY, f"disk-{number}")
    assert [number for number in range(10) if is_likely_open(KEY, f"disk-{number}")] == [7, 8, 9]
    assert len(guessing._open) == 3


def test_what_is_over_is_not_guessed_to_be_open():
    now_open(KEY, "disk")
    now_over(KEY, "disk")
    now_over(KEY, "memory")
    assert not is_likely_open(KEY, "disk")


def test_of_another_key_nothing_is_known():
    now_open(KEY, "disk")
    assert not is_likely_open(KEY[::-1], "disk")


@pytest.mark.parametrize("guess", [now_open, now_over])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_wrong_guess_changes_nothing_of_what_is_written(world, guess, is_open):
    world.alert()
    if not is_open:
        world.alert(action=Action.RESOLVE)
    guess(KEY, "disk")
    world.alert()
    assert Alert.objects.get(status="open").event_count == (2 if is_open else 1)
    assert Incident.objects.count() == (1 if is_open else 2)
    assert sum(KeyMinute.objects.values_list("events", flat=True)) == (2 if is_open else 3)
