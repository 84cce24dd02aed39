"""Doctor holds the past that schedules show against the handoffs that the ledger recorded."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions as oncall
from oncall.handoffs import look
from oncall.models import Override, Schedule
from people import actions as people
from people.ledger.models import Entry
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb
from tests.oncall.handoffs.keeping import DAY, HOUR, Kept
from tests.world import MONDAY, TESTS
from watchbill.doctor.handoffs import handed_over

WEEK = timedelta(weeks=1)


@pytest.fixture
def world(db, monkeypatch):
    """Ana, Bo and Mia took turns of a day for five days, and the keeper saw to it."""
    monkeypatch.setattr(look, "AT_LEAST_EVERY", DAY)
    world = Kept()
    world.only_primary(world.ana.pk, world.bo.pk, world.mia.pk, length="1d", start="2026-03-02T09:00")
    return world.live(MONDAY + 5 * DAY + HOUR)


def said(world, *, after=timedelta(0)) -> list[str]:
    return [found.what for found in handed_over(world.now + after)]


def entries():
    return Entry.objects.filter(verb="handoff.happened").order_by("pk")


def rewrite(statement: str, *values: object) -> None:
    """By a hand in the database: the ledger itself can only be added to."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def by_hand(world, start, end, user) -> None:
    Override.objects.create(
        schedule=world.schedule, role="primary", kind="cover", start=start, end=end, user=user,
        created_at=world.now,
    )  # fmt: skip


def test_what_was_recorded_as_it_happened_agrees(world):
    assert entries().count() == 5
    assert said(world) == []


def test_a_handoff_that_is_missing_from_the_ledger(world):
    rewrite("DELETE FROM ledger_entry WHERE id = %s", entries()[2].pk)
    assert said(world) == [
        (
            "Schedule “Payments” shows another past than the ledger: at 2026-03-05 09:00:00 UTC primary went "
            "from Mia Falk to Ana Ruiz as the schedule says now, and was not handed over as it was recorded."
        )
    ]


def test_a_handoff_in_the_ledger_that_no_schedule_shows(world):
    data = {
        "role": "primary",
        "at": (MONDAY + 2 * DAY + HOUR).isoformat(),
        "outgoing": [world.mia.pk],
        "incoming": [],
    }
    line = Line(Verb.HANDOFF_HAPPENED, ("schedule", world.schedule.pk), ENGINE, "so it was", data=data)
    record([line], now=world.now)
    assert said(world) == [
        (
            "Schedule “Payments” shows another past than the ledger: at 2026-03-04 10:00:00 UTC primary was "
            "not handed over as the schedule says now, and went from Mia Falk to nobody as it was recorded."
        )
    ]


def test_other_people_and_how_many_more(world):
    by_hand(world, MONDAY + DAY, MONDAY + 2 * DAY, world.mia)
    assert said(world) == [
        (
            "Schedule “Payments” shows another past than the ledger: at 2026-03-03 09:00:00 UTC primary went "
            "from Ana Ruiz to Mia Falk as the schedule says now, and went from Ana Ruiz to Bo Lind as it was "
            "recorded; and one more handoff differs."
        )
    ]
    by_hand(world, MONDAY + 3 * DAY + HOUR, MONDAY + 3 * DAY + 2 * HOUR, world.bo)
    assert said(world)[0].endswith("; and 3 more handoffs differ.")


def test_who_left_and_came_back_shows_another_past(world):
    people.deactivate_user(user=world.ana, by=TESTS, now=world.now)
    world.live(world.now + 5 * DAY)
    assert said(world) == []
    people.reactivate_user(user=world.ana, by=TESTS, now=world.now)
    assert len(said(world)) == 1


def test_it_begins_with_the_first_recorded_handoff_and_ends_where_all_are(world):
    by_hand(world, MONDAY + HOUR / 2, MONDAY + 2 * HOUR, world.mia)
    assert said(world) == []
    by_hand(world, world.now + HOUR, world.now + 2 * HOUR, world.bo)
    assert said(world, after=DAY) == []


def test_it_looks_back_for_90_days(world):
    by_hand(world, MONDAY + DAY, MONDAY + 2 * DAY, world.mia)
    world.keep(MONDAY + 91 * DAY)
    assert len(said(world)) == 1
    world.keep(MONDAY + 93 * DAY)
    assert said(world) == []


def test_a_schedule_that_is_retired_or_new_agrees(world):
    world.rotation("New", [[world.ana.pk]])
    oncall.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    world.live(world.now + 2 * DAY)
    assert entries().count() == 6
    assert said(world) == []


def test_it_asks_as_much_for_many_schedules_as_for_one(world):
    with CaptureQueriesContext(connection) as one:
        list(handed_over(world.now))
    for number in range(20):
        world.rotation(f"Schedule {number}", [[world.ana.pk], [world.bo.pk]])
    world.keep()
    Schedule.objects.update(wake_at=world.now + WEEK)
    world.keep(world.now + WEEK)
    by_hand(world, MONDAY + DAY, MONDAY + 2 * DAY, world.mia)
    with CaptureQueriesContext(connection) as many:
        assert len(list(handed_over(world.now))) == 1
    assert len(many) <= len(one) + 1 <= 7
