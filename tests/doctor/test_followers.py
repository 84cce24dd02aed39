"""A webhook that was to follow incidents and hears of none is said."""

from datetime import timedelta

import pytest

from escalation.actions import following, webhooks
from escalation.models import Follower
from tests.world import TESTS, World
from watchbill.doctor import followers

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = World()
    hook = webhooks.create_webhook(name="Bus", url="https://acme.example/", by=TESTS, now=world.now)
    spec = following.FollowSpec(everything=True)
    following.set_follows(webhook=hook, spec=spec, by=TESTS, now=world.now)
    return world


def found(now):
    return [one.what for check in followers.CHECKS for one in check(now)]


@pytest.mark.parametrize(("minutes", "said"), [(59, 0), (60, 1)])
def test_one_that_has_failed_for_an_hour(world, minutes, said):
    Follower.objects.update(fails=4, failing_since=world.now, failed_at=world.now)
    lines = found(world.now + timedelta(minutes=minutes))
    assert len(lines) == said
    for line in lines:
        assert line == "Webhook Bus: has not taken 4 in a row since 2026-03-02 10:00 UTC; nothing waits."


def test_one_that_was_given_up_until_it_is_retired(world):
    Follower.objects.update(ended_at=world.now, ended_why="acme.example answered 410: gone for good")
    assert "given up since 2026-03-02 10:00 UTC: acme.example answered 410" in found(world.now)[0]
    hook = Follower.objects.get().webhook
    webhooks.retire_webhook(webhook=hook, by=TESTS, now=world.now)
    assert found(world.now) == []


def test_one_that_does_well_is_not(world):
    assert found(world.now) == []
