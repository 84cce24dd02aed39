"""Whoever looks, and however often: what changed is announced once, and what is added twice is there once."""

import contextlib

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.actions import Refused, announcing
from oncall.models import Announcement
from oncall.selectors import on_call
from paging.models import Notification, Page
from people.models import User
from tests.oncall.test_announcements import DISCORD, HOUR, SLACK, Announcing, at
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


COVERS = st.lists(
    st.tuples(
        st.integers(0, 20),
        st.integers(1, 12),
        st.sampled_from(["ana", "bo", "mia"]),
        st.sampled_from(["primary", "secondary"]),
        st.sampled_from(["cover", "add", "remove"]),
    ),
    max_size=6,
)


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(covers=COVERS, looks=st.lists(st.integers(0, 100), min_size=1, max_size=12))
def test_whenever_one_looks_a_room_knows_who_is_on_call_and_hears_only_of_changes(covers, looks):
    """Overrides on whole hours, the keeper at quarters of an hour, in any order: what was said last is what
    holds, and no two words in a row are the same.
    """
    with transaction.atomic():
        world = Announcing()
        world.add(on_change=True)
        known = _on(world)
        for start, hours, name, role, kind in covers:
            begins = at(2, 10) + start * HOUR
            with contextlib.suppress(Refused):
                world.cover(getattr(world, name), begins, begins + hours * HOUR, kind=kind, role=role)
        told = []
        for quarters in sorted(looks):
            world.keep(at(2, 10) + quarters * HOUR / 4)
            there = _on(world)
            told += [] if there == known else [there]
            known = there
        said = [_of(page.facts["people"]) for page in Page.objects.order_by("pk")]
        assert said == told
        transaction.set_rollback(True)


def _on(world):
    found = on_call([world.schedule.pk], at=world.now)
    return {role: {*users} for (_, role), users in found.items()}


def _of(people):
    ids = dict(User.objects.values_list("username", "pk"))
    return {role: {ids[username] for username, _ in held} for role, held in people.items()}
