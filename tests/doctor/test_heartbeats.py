"""An address that nobody calls, and a silence that nobody minds any more, are said."""

from datetime import timedelta

import pytest

from escalation.actions.heartbeats import HeartbeatSpec, ensure_heartbeat, mute_heartbeat
from escalation.intake import call_in, raise_silent
from escalation.models import Heartbeat
from people.ledger.record import Actor
from tests.world import TESTS, World
from watchbill.doctor import heartbeats
from watchbill.watch import hearing

HOUR = timedelta(hours=1)
KEY = "a" * 32


@pytest.fixture
def world(db):
    world = World()
    spec = HeartbeatSpec(name="nightly-backup", every=24 * HOUR, grace=HOUR, key=KEY)
    ensure_heartbeat(service=world.service, spec=spec, by=TESTS, now=world.now)
    return world


def found(now):
    return [one.what for check in heartbeats.CHECKS for one in check(now)]


@pytest.mark.parametrize(("after", "said"), [(24, 0), (25, 1)])
def test_one_that_never_called_is_said_once_it_should_have(world, after, said):
    lines = found(world.now + after * HOUR)
    assert len(lines) == said
    for line in lines:
        assert line == (
            "Heartbeat nightly-backup of payments-api has never called in since 2026-03-02 10:00 UTC: "
            "its silence would not be noticed."
        )


def test_one_that_is_silent_is_said_until_it_calls(world):
    call_in(key=KEY, now=world.now)
    assert found(world.now + 24 * HOUR) == []
    world.now += 26 * HOUR
    raise_silent(heard_until=world.now, clock=lambda: world.now)
    assert found(world.now) == [
        "Heartbeat nightly-backup of payments-api has been silent since 2026-03-03 12:00 UTC."
    ]
    call_in(key=KEY, now=world.now)
    assert found(world.now) == []


@pytest.mark.parametrize(("hours", "said"), [(24, 0), (25, 1)])
def test_one_that_stays_muted_for_longer_than_a_day_is_said(world, hours, said):
    row, by = Heartbeat.objects.get(), Actor.person(world.mia)
    mute_heartbeat(heartbeat_id=row.pk, until=world.now + hours * HOUR, by=by, now=world.now)
    line = "is muted by Mia Falk until 2026-03-03 11:00 UTC: its silence would not be noticed before."
    assert found(world.now) == said * [f"Heartbeat nightly-backup of payments-api {line}"]


@pytest.mark.parametrize(("gap", "said"), [(60, 0), (61, 1)])
def test_a_web_that_does_not_listen_is_said(world, gap, said):
    hearing.listened(now=world.now)
    assert len(found(world.now + timedelta(seconds=gap))) == said
