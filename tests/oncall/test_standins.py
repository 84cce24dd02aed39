"""Who could carry a shift, asked of the database: fair, with reasons, in a fixed number of queries."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import actions
from oncall.core.definition import Definition
from oncall.selectors import conflicts
from oncall.standins import cautions, standins
from people import actions as people
from people.models import Membership
from tests.world import MONDAY, TESTS, World

pytestmark = pytest.mark.django_db

WEEK = timedelta(weeks=1)
NEXT = (MONDAY + WEEK, MONDAY + 2 * WEEK)


@pytest.fixture
def world():
    """Ana is on this week, Bo next week; Mia manages; Cy is a responder who carries nothing yet."""
    world = World()
    world.cy, world.ola = world.person("cy", "Cy Moss"), world.person("ola", "Ola Dahl")
    for user, role in ((world.cy, "responder"), (world.ola, "observer")):
        Membership.objects.create(team=world.team, user=user, role=role)
    return world


def found(world, start, end, **more):
    return standins(world.schedule, start=start, end=end, now=world.now, **more)


def test_who_carried_nothing_comes_first_and_who_is_on_then_last(world):
    rows = found(world, *NEXT)
    assert [row.user.username for row in rows] == ["cy", "mia", "ana", "bo"]
    assert [row.candidate.can for row in rows] == [True, True, False, False]
    assert rows[0].candidate.said == "free; rested; 0 h in the last 90 days, 0 h in the next"
    assert [row.stands_in for row in rows] == [True, False, True, True]
    assert found(world, *NEXT) == rows


def test_who_is_away_cannot(world):
    actions.add_time_off(
        user=world.cy, start=date(2026, 3, 10), end=date(2026, 3, 11), by=TESTS, now=world.now
    )
    row = next(row for row in found(world, *NEXT) if row.user == world.cy)
    assert (row.candidate.can, row.candidate.reasons[0]) == (False, "away 2026-03-10 to 2026-03-10")
    assert cautions(world.cy, world.schedule, start=NEXT[0], end=NEXT[1], now=world.now) == [
        "Cy Moss: away 2026-03-10 to 2026-03-10."
    ]


def test_whoever_is_on_another_schedule_then_cannot(world):
    world.rotation("Search", [[world.cy.pk]])
    row = next(row for row in found(world, *NEXT) if row.user == world.cy)
    assert row.candidate.reasons[0] == "on call then: primary of Search"


def test_observers_leavers_and_whom_one_leaves_out_are_not_asked(world):
    people.deactivate_user(user=world.cy, by=TESTS, now=world.now)
    rows = found(world, *NEXT, without=[world.mia.pk])
    assert {row.user.username for row in rows} == {"ana", "bo"}


def test_a_night_page_counts_against_who_got_it(world):
    world.now = datetime(2026, 3, 3, 3, 10, tzinfo=UTC)
    world.alert()
    world.tick()
    world.now = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
    row = next(row for row in found(world, world.now, world.now + 2 * WEEK) if row.user == world.ana)
    assert "was paged at 03:10" in row.candidate.reasons


def test_the_number_of_queries_does_not_grow(world):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found(world, *NEXT)
        return len(queries)

    few = count()
    for n in range(5):
        user = world.person(f"more{n}", f"More {n}")
        Membership.objects.create(team=world.team, user=user, role="responder")
        world.rotation(f"Other {n}", [[user.pk]])
        actions.add_time_off(
            user=user, start=date(2026, 3, 9), end=date(2026, 3, 20), by=TESTS, now=world.now
        )
    assert count() == few <= 14


def test_conflicts_are_found_in_the_persons_own_days(world, django_assert_max_num_queries):
    people.change_user(user=world.bo, by=TESTS, now=world.now, time_zone="Asia/Tokyo")
    actions.add_time_off(
        user=world.bo, start=date(2026, 3, 12), end=date(2026, 3, 13), by=TESTS, now=world.now
    )
    with django_assert_max_num_queries(4):
        (found,) = conflicts([world.schedule.pk], since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)[:1]
    assert found.shift.user == world.bo.pk
    assert found.span.start == datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert found.span.end == datetime(2026, 3, 12, 15, tzinfo=UTC)


def test_time_off_by_the_hour_and_taken_back(world):
    row = actions.add_time_off(
        user=world.bo, start=date(2026, 3, 12), end=date(2026, 3, 13), by=TESTS, now=world.now
    )
    row.starts_at, row.ends_at = datetime(2026, 3, 12, 9, tzinfo=UTC), datetime(2026, 3, 12, 11, tzinfo=UTC)
    row.save()
    wide = {"since": MONDAY + WEEK, "until": MONDAY + 2 * WEEK}
    assert conflicts([world.schedule.pk], **wide)[0].span.end == row.ends_at
    assert conflicts([world.schedule.pk], since=row.ends_at, until=wide["until"]) == []
    actions.cancel_time_off(time_off=row, by=TESTS, now=world.now)
    assert conflicts([world.schedule.pk], **wide) == []


def test_a_schedule_without_a_team_asks_its_participants(world):
    alone = actions.create_schedule(
        name="Alone",
        team=None,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json(
            {
                "roles": {
                    "primary": {
                        "layers": [
                            {
                                "name": "Weekly",
                                "participants": [[world.ana.pk], [world.cy.pk]],
                                "start": "2026-01-05T09:00",
                                "shift_length": "1w",
                            }
                        ]
                    }
                }
            }
        ),
        by=TESTS,
        now=world.now,
    )
    rows = standins(alone, start=NEXT[0], end=NEXT[1], now=world.now)
    assert {row.user.username for row in rows} == {"ana", "cy"}
