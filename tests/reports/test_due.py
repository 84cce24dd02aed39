"""A team's report is made once a week, whatever runs twice, fails or was off."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from people import actions as people
from tests.racing import at_once
from tests.reports.made import DAY, HOUR, NEXT, WEEK, Team
from tests.world import MONDAY, TESTS, World
from watchbill import tasks
from watchbill.reports.actions import due
from watchbill.reports.models import Delivery, Mailing, StoredReport
from watchbill.reports.selectors import body_of
from watchbill.ticking import keeper

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(db):
    return Team()


def midnight(moment):
    return moment.replace(hour=0, minute=0)


def mailing(world, **fields):
    Mailing.objects.filter(team=world.team).update(next_at=None, **fields)
    world.keep()


def test_on_monday_at_nine_about_the_seven_days_before(world):
    assert world.at(NEXT - MINUTE).kept() == []
    (one,) = world.at(NEXT).kept()
    assert (one.since, one.until) == (midnight(MONDAY), midnight(NEXT))
    report = body_of(one)
    assert report.whole
    assert (one.pages, report.totals.pages, report.totals.sleep_interruptions) == (2, 2, 2)
    assert (one.red, one.amber, one.green) == (
        report.totals.red,
        report.totals.amber,
        report.totals.green,
    )


def test_once_a_week(world):
    for hours in range(0, 24 * 15, 7):
        world.at(NEXT + hours * HOUR)
    assert [one.until for one in world.kept()] == [midnight(NEXT) + n * WEEK for n in range(3)]


def test_by_the_teams_day_time_and_zone(world):
    people.change_team(team=world.team, time_zone="Pacific/Auckland", by=TESTS, now=world.now)
    mailing(world, weekday=3, at=time(7, 30))
    auckland = ZoneInfo("Pacific/Auckland")
    due_at = timezone.datetime(2026, 3, 5, 7, 30, tzinfo=auckland)
    assert world.at(due_at - MINUTE).kept() == []
    (one,) = world.at(due_at).kept()
    assert one.until == timezone.datetime(2026, 3, 5, tzinfo=auckland)
    assert one.since == timezone.datetime(2026, 2, 26, tzinfo=auckland)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_team_that_moves_misses_no_week_and_gets_none_twice(world, zone):
    people.change_team(team=world.team, time_zone=zone, by=TESTS, now=world.now)
    for hours in range(0, 48, 3):
        world.at(NEXT - DAY + hours * HOUR)
    (one,) = world.kept()
    assert one.until.astimezone(ZoneInfo(zone)).isoformat()[:16] == "2026-03-09T00:00"


def test_a_machine_that_was_off_makes_the_latest_that_it_missed_and_no_other(world):
    (one,) = world.at(NEXT + 3 * WEEK + 2 * DAY).kept()
    assert one.until == midnight(NEXT) + 3 * WEEK


def test_where_reports_are_new_the_past_is_not_mailed(db):
    world = World(now=MONDAY + DAY)
    due.make_due(clock=lambda: world.now)
    assert not StoredReport.objects.exists()
    assert Mailing.objects.get(team=world.team).next_at == NEXT


def test_a_team_without_a_schedule_has_none(world):
    empty = people.create_team(name="Nobody", by=TESTS, now=world.now)
    world.keep()
    world.at(NEXT)
    assert [one.team for one in world.kept()] == [world.team]
    assert Mailing.objects.get(team=empty).next_at == NEXT + WEEK


def test_a_team_that_cannot_be_counted_holds_up_no_other_and_is_tried_again(world, monkeypatch):
    other = people.create_team(name="Anvil", by=TESTS, now=world.now)
    world.rotation("Anvil", [[world.bo.pk]])
    world.schedule.__class__.objects.filter(name="Anvil").update(team=other)
    world.keep()
    with monkeypatch.context() as patch:
        real = due.reports
        patch.setattr(due, "reports", broken(real, "Anvil"))
        patch.setattr(due, "report_of", lambda team, scope: next(broken(real, "Anvil")([team], scope)))
        world.at(NEXT)
        assert [one.team for one in world.kept()] == [world.team]
        world.at(NEXT + 14 * MINUTE)
    assert len(world.kept()) == 1
    assert {one.team for one in world.at(NEXT + 15 * MINUTE).kept()} == {world.team, other}


def broken(real, name):
    """Counts teams by name, until it comes to this one."""

    def count(teams, scope):
        for team in sorted(teams, key=lambda one: one.name):
            if team.name == name:
                raise ZeroDivisionError
            yield from real([team], scope)

    return count


def test_one_that_fails_for_a_day_is_given_up_until_the_next_week(world, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(due, "reports", broken(due.reports, world.team.name))
        patch.setattr(due, "report_of", broken(due.reports, world.team.name))
        for quarters in range(4 * 25):
            world.at(NEXT + quarters * 15 * MINUTE)
    assert Mailing.objects.get(team=world.team).next_at == NEXT + WEEK
    assert len(world.at(NEXT + WEEK).kept()) == 1


def test_it_goes_to_the_managers_or_to_whom_the_team_names(world):
    world.at(NEXT)
    assert [one.user for one in Delivery.objects.all()] == [world.mia]
    Mailing.objects.get(team=world.team).to.set([world.bo])
    world.at(NEXT + WEEK)
    assert [one.user for one in Delivery.objects.order_by("pk")] == [world.mia, world.bo]


def test_where_all_who_are_named_have_left_it_goes_to_the_managers(world):
    Mailing.objects.get(team=world.team).to.set([world.bo])
    people.deactivate_user(user=world.bo, by=TESTS, now=world.now)
    world.at(NEXT)
    assert [one.user for one in Delivery.objects.all()] == [world.mia]


def test_who_is_named_and_not_in_the_team_is_sent_nothing_of_it(world):
    eve = world.person("eve", "Eve")
    Mailing.objects.get(team=world.team).to.set([eve])
    world.at(NEXT)
    assert [one.user for one in Delivery.objects.all()] == [world.mia]


@pytest.mark.django_db(transaction=True)
def test_two_machines_make_one_report_and_one_mail():
    world = Team()
    world.now = NEXT
    at_once(*4 * [lambda: due.make_due(clock=lambda: world.now)])
    assert len(world.kept()) == 1
    assert Delivery.objects.filter(report__kind="weekly").count() == 1


def test_the_keeper_and_celery_both_do_it(world, monkeypatch):
    monkeypatch.setattr("people.clock.now", lambda: NEXT)
    keeper.CHORES["load_reports"](lambda: False)
    keeper.CHORES["load_mails"](lambda: False)
    (one,) = Delivery.objects.filter(report__kind="weekly")
    assert one.state == Delivery.State.KEPT
    monkeypatch.setattr("people.clock.now", lambda: NEXT + WEEK)
    tasks.load_reports()
    assert len(world.kept()) == 2
    assert not Delivery.objects.filter(report__kind="weekly", state=Delivery.State.PENDING).exists()


def test_nothing_due_costs_three_short_looks(world, django_assert_max_num_queries):
    world.keep()
    with django_assert_max_num_queries(7):  # with the savepoints of the two that may lock
        due.make_due(clock=lambda: world.now)
