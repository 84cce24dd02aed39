"""What doctor says of maintenance: no silence should be longer than somebody meant."""

from escalation.core.maintenance import Repeat
from tests.escalation.maintained import planned
from tests.world import World
from watchbill.doctor.quiet import maintenance


def said(world):
    return [found.what for found in maintenance(world.now)]


def test_an_ordinary_window_is_no_finding(db):
    world = World()
    planned(world, repeat=Repeat.WEEKLY)
    planned(world, begins=600, lasts=24 * 60)
    assert said(world) == []


def test_a_window_longer_than_a_day_is_warned_of(db):
    world = World()
    planned(world, lasts=36 * 60)
    (what,) = said(world)
    assert what.startswith("Service “payments-api” pages nobody for 1.5 days from 2026-03-02 10:00 UTC")


def test_recurring_windows_that_cover_more_than_half_are_warned_of(db):
    world = World()
    planned(world, lasts=8 * 60, repeat=Repeat.DAILY)
    assert said(world) == []
    planned(world, begins=8 * 60, lasts=5 * 60, repeat=Repeat.DAILY)
    (what,) = said(world)
    assert what == "Service “payments-api” is in recurring maintenance for 54% of the next 28 days."
