"""A sender that nobody hears is said while there is still time."""

from datetime import timedelta

import pytest

from escalation.actions import config
from escalation.intake import OverLimit, Refusal, end_over_limit, note_refusal
from escalation.models import KeyMinute
from oncall.core.finding import Level
from tests.world import KEY, TESTS, World
from watchbill.doctor import senders

HOUR = timedelta(hours=1)


@pytest.fixture
def world(db):
    return World()


def found(now):
    return [(one.level, one.what) for check in senders.CHECKS for one in check(now)]


def refuse(world, **more):
    said = {"keys": (KEY,), "source": "grafana", "status": 400, "why": "'alerts' is missing", "at": world.now}
    note_refusal(Refusal(**{**said, **more}))


def test_a_key_over_its_limit_is_said_until_it_is_over(world):
    KeyMinute.objects.create(key=world.key, minute=world.now, shard=0, events=9, last_event_at=world.now)
    refuse(world, keys=(), over=OverLimit(world.key.pk, limit=12_000, retry_after=1))
    ((level, what),) = found(world.now)
    assert level is Level.ERROR
    assert what.startswith("Routing key tests of payments-api is over its limit of 12,000 events a minute")
    end_over_limit(clock=lambda: world.now + 10 * timedelta(minutes=1))
    assert found(world.now) == []


@pytest.mark.parametrize(
    ("taken", "level"),
    [(None, Level.ERROR), (2 * HOUR, Level.WARNING), (30 * HOUR, Level.ERROR), (0 * HOUR, None)],
)
def test_one_of_which_all_was_refused_is_said_with_why(world, taken, level):
    if taken is not None:
        at = world.now - taken
        KeyMinute.objects.create(key=world.key, minute=at, shard=0, events=9, last_event_at=at)
    refuse(world)
    said = found(world.now)
    assert [one for one, _ in said] == ([level] if level else [])
    for _, what in said:
        assert (
            "All that came by routing key tests of payments-api within the last hour was refused (1 posts)"
            in what
        )
        assert "(grafana, 400: 'alerts' is missing)" in what


@pytest.mark.parametrize(("after", "count"), [(59, 1), (60, 0)])
def test_an_hour_later_it_is_no_news(world, after, count):
    refuse(world)
    assert len(found(world.now + after * timedelta(minutes=1))) == count


def test_of_a_key_that_is_revoked_nothing_is_said(world):
    refuse(world)
    refuse(world, keys=(), over=OverLimit(world.key.pk, limit=1, retry_after=1))
    config.revoke_routing_key(key=world.key, by=TESTS, now=world.now)
    assert found(world.now) == []
