"""Silence counts only while somebody could have heard a call."""

from datetime import timedelta

import pytest

from escalation.actions.heartbeats import HeartbeatSpec, ensure_heartbeat
from escalation.intake import call_in
from escalation.models import Heartbeat, Incident
from people.ledger.models import Entry
from tests.world import MINUTE, TESTS, World
from watchbill.ticking import keeper
from watchbill.watch import hearing, unwell
from watchbill.watch.overdue import oldest_overdue

HOUR = timedelta(hours=1)
KEYS = {"hourly": "a" * 32, "daily": "b" * 32, "never": "c" * 32}


@pytest.fixture
def world(db):
    """Three sources at ten: one calls every hour, one every day, one has never called. A web listens."""
    world = World()
    for name, key in KEYS.items():
        every = 24 * HOUR if name == "daily" else HOUR
        spec = HeartbeatSpec(name=name, every=every, grace=5 * MINUTE, key=key)
        ensure_heartbeat(service=world.service, spec=spec, by=TESTS, now=world.now)
    for name in ("hourly", "daily"):
        call_in(key=KEYS[name], now=world.now)
    hearing.listened(now=world.now)
    return world


def listening(world, **delta):
    """A web listens all the while, every 20 s."""
    until = world.now + timedelta(**delta)
    while world.now < until:
        world.now = min(until, world.now + timedelta(seconds=20))
        hearing.listened(now=world.now)


def due(name):
    return Heartbeat.objects.get(name=name).due_at


def silences():
    keeper.CHORES["heartbeats"](lambda: False)
    return sorted(Incident.objects.values_list("title", flat=True))


def test_while_a_web_listens_silence_is_an_alert(world):
    listening(world, hours=1, minutes=5)
    assert [title.split(" has")[0] for title in silences()] == ["hourly"]
    assert silences() != []
    assert not Entry.objects.filter(verb="heartbeat.excused").exists()


def test_nobody_is_silent_while_no_web_listens(world):
    listening(world, minutes=30)
    world.now += 9 * HOUR
    assert silences() == []
    assert oldest_overdue(now=world.now) == timedelta(0)


def test_where_no_web_ever_listened_nobody_is_silent(db):
    assert hearing.heard_until() is None
    assert silences() == []


def test_after_an_outage_what_may_have_called_meanwhile_is_given_another_turn(world):
    """Nobody could hear from 10:30 to 19:30. The hourly one is missed at 20:35, the daily one at its time."""
    listening(world, minutes=30)
    begins, daily = world.now, due("daily")
    world.now += 9 * HOUR
    hearing.listened(now=world.now)
    assert silences() == []
    assert (due("hourly"), due("daily"), due("never")) == (world.now + HOUR + 5 * MINUTE, daily, None)
    said = Entry.objects.get(verb="heartbeat.excused")
    assert said.what.startswith(
        f"no call could be heard from {begins:%Y-%m-%d %H:%M:%S} to 2026-03-02 19:30:00"
    )
    listening(world, hours=1, minutes=4, seconds=40)
    assert silences() == []
    listening(world, seconds=20)
    assert [title.split(" has")[0] for title in silences()] == ["hourly"]


def test_one_that_has_died_is_missed_however_often_nobody_can_hear(world):
    for _ in range(2):
        listening(world, minutes=30)
        world.now += HOUR
        hearing.listened(now=world.now)
    assert [title.split(" has")[0] for title in silences()] == ["hourly"]


def test_one_that_was_missed_before_the_outage_is_raised_after_it(world):
    """The engine was down, too, and had not raised it yet."""
    listening(world, hours=2)
    world.now += 9 * HOUR
    hearing.listened(now=world.now)
    assert len(silences()) == 1


@pytest.mark.parametrize(("gap", "excused"), [(29, 0), (31, 1)])
def test_a_web_that_starts_anew_is_no_outage(world, gap, excused):
    listening(world, hours=1)
    world.now += timedelta(seconds=gap)
    hearing.listened(now=world.now)
    assert Entry.objects.filter(verb="heartbeat.excused").count() == excused


def test_a_clock_that_goes_back_takes_nothing_back(world):
    hearing.listened(now=world.now - HOUR)
    assert hearing.heard_until() == world.now
    assert not Entry.objects.filter(verb="heartbeat.excused").exists()


def test_a_silence_that_nobody_raises_is_overdue_work(world):
    listening(world, hours=1, minutes=7)
    assert oldest_overdue(now=world.now) == 2 * MINUTE
    silences()
    assert oldest_overdue(now=world.now + HOUR) == timedelta(0)


@pytest.mark.parametrize(("gap", "kinds"), [(60, []), (61, ["web"])])
def test_a_web_that_has_not_listened_for_a_minute_is_told_of(world, gap, kinds):
    found = unwell.unwell(now=world.now + timedelta(seconds=gap), apart=timedelta(0))
    assert [one.kind for one in found] == kinds


def test_listening_costs_one_statement(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        hearing.listened(now=world.now + timedelta(seconds=5))
