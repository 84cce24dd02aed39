"""Mondays at 09:00 of the team's zone its managers hear what will hurt; once a week, whatever happens."""

from datetime import UTC, datetime, timedelta

import pytest

from oncall import actions as oncall
from oncall.actions import tell_weekly_advice, weekly
from oncall.models import WeeklyAdvice
from paging.models import Page
from people import actions as people
from tests.world import TESTS, World

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(db) -> World:
    """It is Wednesday when the team's first look is taken."""
    world = World(now=MONDAY - 5 * DAY)
    look(world.now)
    return world


def look(at: datetime) -> int:
    return tell_weekly_advice(clock=lambda: at)


def told() -> list[tuple[str, str, str]]:
    pages = Page.objects.filter(run__startswith="advice:").order_by("pk").select_related("user")
    return [(page.user.username, page.cause, page.run) for page in pages]


@pytest.mark.parametrize(("at", "goes"), [(MONDAY - MINUTE, False), (MONDAY, True), (MONDAY + MINUTE, True)])
def test_from_monday_nine_on(world, at, goes):
    look(at)
    assert bool(told()) is goes


def test_each_manager_once_a_week(world):
    members = {world.ana: "manager", world.bo: "responder", world.mia: "manager"}
    people.set_members(team=world.team, members=members, by=TESTS, now=world.now)
    for minutes in range(0, 120, 7):
        look(MONDAY + minutes * MINUTE)
    cause = f"team:{world.team.pk}"
    assert sorted(told()) == [("ana", cause, "advice:2026-W11"), ("mia", cause, "advice:2026-W11")]
    look(MONDAY + 7 * DAY)
    assert len(told()) == 4


def test_errors_come_first_and_the_title_counts_them(world):
    oncall.add_override(
        schedule=world.schedule, role="primary", kind="remove", start=MONDAY + HOUR, end=MONDAY + 2 * HOUR,
        user=world.bo, by=TESTS, now=world.now,
    )  # fmt: skip
    look(MONDAY)
    said = Page.objects.get(run="advice:2026-W11").facts
    assert said["title"] == "Payments, on call in the coming weeks: 1 error and 2 warnings"
    assert said["lines"][0].startswith("Payments primary: nobody is on call from Mon 2026-03-09 10:00 UTC")
    assert said["path"] == "/schedules/Payments/quality"


def test_nothing_to_say_is_not_said(world):
    oncall.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    look(MONDAY)
    assert told() == []
    assert WeeklyAdvice.objects.get().week == "2026-W11"


def test_monday_is_the_teams_own(world):
    world.team.time_zone = "America/Los_Angeles"
    world.team.save()
    WeeklyAdvice.objects.all().delete()
    look(world.now)
    nine = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # PDT since the day before
    look(nine - MINUTE)
    assert told() == []
    look(nine)
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("late", "goes"),
    [(2 * DAY, True), (2 * DAY + 14 * HOUR + 59 * MINUTE, True), (2 * DAY + 15 * HOUR, False)],
)
def test_after_an_outage_it_still_goes_but_not_after_wednesday(world, late, goes):
    look(MONDAY + late)
    assert bool(told()) is goes
    look(MONDAY + 6 * DAY)
    assert len(told()) == goes
    look(MONDAY + 7 * DAY)
    assert told()[-1][2] == "advice:2026-W12"


def test_a_new_team_begins_with_the_coming_monday(world):
    late = people.create_team(name="Late", by=TESTS, now=MONDAY + HOUR)
    look(MONDAY + HOUR)
    assert WeeklyAdvice.objects.get(team=late).wake_at == MONDAY + 7 * DAY


def test_a_crash_after_it_was_said_says_it_once(world):
    look(MONDAY)
    WeeklyAdvice.objects.update(wake_at=MONDAY, week="")  # as if what was written after had been lost
    look(MONDAY + MINUTE)
    assert len(told()) == 1


def test_a_team_whose_advice_fails_holds_up_no_other(world, monkeypatch):
    other = people.create_team(name="Aaa", by=TESTS, now=world.now)
    look(world.now)
    notice = weekly._notice

    def failing(team, now):
        if team == other:
            raise RuntimeError
        return notice(team, now)

    monkeypatch.setattr(weekly, "_notice", failing)
    assert look(MONDAY) == 2
    assert len(told()) == 1
    assert WeeklyAdvice.objects.get(team=other).wake_at == MONDAY + 15 * MINUTE
