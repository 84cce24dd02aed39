"""Maintenance when several do things at once: nobody stays quiet for a window that is over."""

from functools import partial

import pytest

from escalation import engine
from escalation.actions import maintenance
from escalation.models import Incident, MaintenanceWindow, Service
from people.ledger.models import Entry
from tests.escalation.maintained import planned
from tests.racing import at_once
from tests.world import MINUTE, TESTS, World

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6


def parked():
    return Incident.objects.filter(parked_reason="maintenance").exclude(status="resolved")


def test_an_alert_that_comes_while_a_window_is_ended_is_never_left_quiet():
    world = World()
    for number in range(ROUNDS):
        window = planned(world, lasts=60 + number)
        end = partial(maintenance.end_window, window=window, by=TESTS, now=world.now)
        at_once(end, *(partial(world.alert, f"{number}.{n}") for n in range(4)))
        assert not parked().exists(), number
    assert Incident.objects.count() == 4 * ROUNDS


def test_an_engine_that_decides_while_a_window_is_ended_leaves_nobody_quiet():
    world = World()
    for number in range(ROUNDS):
        for n in range(4):
            world.alert(f"{number}.{n}")
        window = planned(world, lasts=60 + number)
        Incident.objects.update(quiet_until=None, parked_reason="", hold_until=None, step_at=world.now)
        Incident.objects.update(wake_at=world.now)  # as if they had come before it, and the keeper not yet
        end = partial(maintenance.end_window, window=window, by=TESTS, now=world.now)
        at_once(end, partial(engine.run_due, clock=lambda: world.now))
        assert not parked().exists(), number


def test_two_keepers_begin_a_window_once():
    world = World()
    for n in range(5):
        world.alert(f"{n}")
    planned(world, begins=1)
    world.now += MINUTE
    keep = partial(engine.keep_windows, clock=lambda: world.now)
    at_once(keep, keep, keep)
    while keep():
        pass
    assert parked().count() == 5
    assert Entry.objects.filter(verb="incident.quieted").count() == 5
    assert Entry.objects.filter(verb="maintenance.began").count() == 1


def test_one_that_is_planned_while_another_is_over_is_not_forgotten():
    """Whether a service has windows is said on its row; the keeper and a person write it at once."""
    world = World()
    for number in range(ROUNDS):
        MaintenanceWindow.objects.all().delete()
        old = planned(world, begins=0, lasts=1)
        world.now += MINUTE
        new = partial(planned, world, begins=number + 5)
        at_once(new, partial(engine.keep_windows, clock=lambda: world.now))
        assert Service.objects.get(pk=world.service.pk).has_maintenance, number
        old.refresh_from_db()


def test_two_people_who_end_it_at_once_end_it_once():
    world = World()
    window = planned(world)
    world.alert()

    def end():
        try:
            maintenance.end_window(window=window, by=TESTS, now=world.now)
        except maintenance.ConfigError:
            return "refused"
        return "ended"

    assert sorted(at_once(end, end)) == ["ended", "refused"]
    assert Entry.objects.filter(verb="maintenance.ended").count() == 1
