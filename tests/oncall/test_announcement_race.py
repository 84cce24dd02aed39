"""Keepers that look at once announce once, and what is added twice at once is there once."""

import pytest

from oncall.actions import Refused, announcing
from oncall.models import Announcement
from paging.models import Notification, Page
from tests.oncall.test_announcements import DISCORD, SLACK, Announcing, at
from tests.racing import at_once, at_the_lock

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_keepers_that_look_at_once_one_announces():
    world = Announcing()
    world.add(at="12:00")
    world.add(to=DISCORD, on_change=True)
    world.cover(world.mia, at(2, 12), at(2, 13))
    world.keep()
    world.now = at(2, 12)

    def look():
        for _ in range(3):
            announcing.tell_due(clock=lambda: world.now)

    at_once(*4 * [look])
    assert Page.objects.count() == Notification.objects.count() == 2
    assert Announcement.objects.get(at__isnull=False).next_at == at(3, 12)


def test_a_keeper_that_dies_in_the_middle_leaves_it_to_the_next(monkeypatch):
    world = Announcing()
    world.add(at="12:00")
    world.now = at(2, 12)

    class Killed(BaseException):
        pass

    def die(*given, **more):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Announcement, "save", die)
        with pytest.raises(Killed):
            announcing.tell_due(clock=lambda: world.now)
    assert not Page.objects.exists()
    world.keep()
    assert Page.objects.count() == 1


def test_the_same_added_twice_at_once_is_added_once():
    world = Announcing()
    outcomes = at_the_lock(world.schedule, *2 * [lambda: world.add(to=SLACK, on_change=True)])
    assert sorted(type(one) for one in outcomes if isinstance(one, Exception)) == [Refused]
    assert Announcement.objects.count() == 1
