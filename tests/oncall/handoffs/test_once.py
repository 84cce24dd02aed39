"""Each handoff is recorded, and each notice told, exactly once: whoever looks, whenever, however often."""

import contextlib
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall import handoffs
from oncall.handoffs import keeping, look
from oncall.models import Handoff
from paging.models import Page
from tests.oncall.handoffs.keeping import DAY, HOUR, Kept
from tests.racing import at_once
from tests.world import MONDAY

MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)


def announced(world) -> set[tuple[str, str, str, str]]:
    """Who heard “on” or “off” of which handoff."""
    handoffs = {f"handoff:{row.pk}": row for row in Handoff.objects.all()}
    pages = Page.objects.filter(run__in=["on", "off"]).select_related("user")
    return {
        (handoffs[page.cause].role, handoffs[page.cause].at.isoformat(), page.user.username, page.run)
        for page in pages
    }


@pytest.mark.django_db(transaction=True)
def test_of_keepers_that_look_at_once_each_thing_is_done_by_one():
    world = Kept().keep()
    world.now = MONDAY + WEEK

    def look_now() -> None:
        for _ in range(3):
            handoffs.run_due(clock=lambda: world.now)

    at_once(*4 * [look_now])
    assert world.told("on", "off") == [
        ("09 09:00", "bo", "on"),
        ("09 09:00", "ana", "off"),
        ("09 09:00", "ana", "on"),
        ("09 09:00", "bo", "off"),
    ]
    assert len(world.recorded()) == 2
    assert Handoff.objects.filter(recorded_at__isnull=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_keeper_that_dies_in_the_middle_leaves_all_of_it_to_the_next(monkeypatch):
    world = Kept().keep()
    world.now = MONDAY + WEEK

    class Killed(BaseException):
        pass

    def die(self) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(look._Look, "finish", die)
        with pytest.raises(Killed):
            handoffs.run_due(clock=lambda: world.now)
    assert (world.told(), world.recorded()) == ([], [])
    world.keep()
    assert len(world.told("on", "off")) == 4
    assert len(world.recorded()) == 2


COVERS = st.lists(
    st.tuples(
        st.integers(1, 24),
        st.integers(1, 10),
        st.integers(0, 2),
        st.sampled_from(["add", "remove", "replace"]),
    ),
    max_size=4,
)
GRID = 3 * HOUR
END = MONDAY + 4 * DAY
STEADILY = [MONDAY + n * GRID for n in range(1, 33)]
"""Everything below begins and ends at one of these."""


@pytest.mark.django_db
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    covers=COVERS,
    length=st.sampled_from(["6h", "12h", "1d", "1w"]),
    gaps=st.lists(st.integers(1, 40 * 60), min_size=3, max_size=12),
)
def test_random_looks_and_outages_make_the_ledger_that_steady_looks_make(covers, length, gaps):
    """The keeper's wake_at is passed over: it looks at random instants, sometimes not for a day."""
    before = transaction.savepoint()
    world = Kept()
    world.only_primary(world.ana.pk, world.bo.pk, world.mia.pk, length=length, start="2026-03-02T09:00")
    for start, lasting, who, kind in covers:
        lay(world, MONDAY + start * GRID, lasting * GRID, who, kind)
    recorded, heard = zip(*(seen(world, looks) for looks in (STEADILY, at_random(gaps))), strict=True)
    transaction.savepoint_rollback(before)
    assert recorded[0] == recorded[1]
    assert heard[1] <= heard[0]


def lay(world, begins, lasting, who, kind):
    people = [world.ana, world.bo, world.mia]
    more = {"instead_of": people[(who + 1) % 3]} if kind == "replace" else {}
    with contextlib.suppress(ValueError):  # two that cannot stand beside each other
        world.cover(people[who], begins, begins + lasting, kind=kind, **more)


def seen(world, looks):
    """What is recorded and told by looks at these instants, undone again."""
    point = transaction.savepoint()
    for instant in [world.now, *looks]:
        type(world.schedule).objects.update(wake_at=instant)
        handoffs.run_due(clock=lambda instant=instant: instant)
    found = world.recorded(), announced(world)
    transaction.savepoint_rollback(point)
    return found


def at_random(gaps):
    instants, now = [], MONDAY + HOUR
    for gap in gaps:
        now += gap * MINUTE
        if now < END:
            instants.append(now)
    return [*instants, END]


def test_of_many_schedules_a_change_made_while_the_first_is_looked_at_counts(world):
    world.rotation("Second", [[world.bo.pk]])
    world.keep()
    world.now += HOUR
    type(world.schedule).objects.update(wake_at=world.now)
    pressed = []

    def press() -> bool:
        if not pressed:
            pressed.append(world.cover(world.mia, world.now, world.now + DAY))
        return False

    assert handoffs.run_due(clock=lambda: world.now, stopping=press) == 2
    assert [(role, on) for role, _, _, on in world.recorded()] == [("primary", [world.mia.pk])]


def test_many_schedules_are_loaded_at_once(world, django_assert_max_num_queries):
    for number in range(9):
        world.rotation(f"Schedule {number}", [[world.ana.pk], [world.bo.pk]])
    world.keep()
    world.now += HOUR
    type(world.schedule).objects.update(wake_at=world.now)
    with django_assert_max_num_queries(3 + 10 * 8):
        assert handoffs.run_due(clock=lambda: world.now) == 10


def test_a_fault_in_one_look_is_tried_again_and_says_so(world, monkeypatch):
    def broken(schedule, *, now, loaded):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "keep", broken)
        assert handoffs.run_due(clock=lambda: world.now) == 0
    world.now += timedelta(minutes=5)
    world.keep()
    world.schedule.refresh_from_db()
    assert world.schedule.handoffs_until == world.now
