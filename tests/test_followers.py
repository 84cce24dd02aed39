"""The threads that post to followers: each event leaves by itself; a server that hangs holds up no other."""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from escalation.actions import following, webhooks
from escalation.actions.following import FollowSpec
from escalation.models import HookDelivery
from people import posting
from tests.fakes.hook_receiver import HookReceiver
from tests.world import TESTS, World
from watchbill.ticking.followers import Followers

SECRET = "s3cret-s3cret-s3cret"
LONG = 120  # nothing below waits this long; a failure does


@pytest.fixture
def world(transactional_db, settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    return World(now=timezone.now())


@pytest.fixture
def threads():
    stopping = threading.Event()
    running = Followers(clock=timezone.now, stopping=stopping.is_set)
    yield running
    stopping.set()
    running.ask_to_stop()
    running.join(LONG)


def follows(world, name, receiver):
    hook = webhooks.create_webhook(name=name, url=receiver.url, secret=SECRET, by=TESTS, now=world.now)
    following.set_follows(webhook=hook, spec=FollowSpec(everything=True), by=TESTS, now=world.now)
    return hook


def wait_until(so, seconds=LONG):
    waiting, deadline = threading.Event(), timezone.now() + timedelta(seconds=seconds)
    while not so():
        assert timezone.now() < deadline
        waiting.wait(0.05)


def test_events_leave_by_themselves_and_a_server_that_hangs_holds_up_no_other(world, threads):
    with HookReceiver(SECRET) as hanging, HookReceiver(SECRET) as healthy:
        stuck = hanging.hang()
        hook = follows(world, "Stuck", hanging)
        follows(world, "Healthy", healthy)
        for number in range(10):
            world.alert(str(number))
        threads.start()
        assert stuck.reached.wait(LONG)
        wait_until(lambda: len(healthy.events) == 10)
        assert HookDelivery.objects.filter(webhook=hook, state="sending").count() <= 2
        assert len(hanging.posts) <= 4
        stuck.release.set()
        hanging._hanging = None
        wait_until(lambda: len({one["sequence"] for one in hanging.events}) >= 8)


def test_posting_has_eight_seconds():
    assert posting.TIMEOUT == 8
