"""Whoever carried a shift with a page in it is mailed what it was like: once, soon, and not by night."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from people import actions as people
from tests.racing import at_once
from tests.reports.made import DAY, HOUR, NEXT, WEEK, Team
from tests.world import MONDAY, TESTS
from watchbill.reports.actions import after_shifts, due
from watchbill.reports.models import Delivery, Mailing
from watchbill.reports.selectors import body_of

MINUTE = timedelta(minutes=1)
SOON = NEXT + 30 * MINUTE


@pytest.fixture
def world(db):
    return Team()


def test_the_shift_whole_and_nobody_elses(world):
    (one,) = world.at(SOON).kept("shift")
    assert (one.about, one.shift) == (world.ana, "Payments, primary")
    assert (one.since, one.until) == (MONDAY, NEXT)
    report = body_of(one)
    assert [(row.user, row.pages) for row in report.shifts] == [("ana", 2)]
    assert {page.user for page in report.pages} == {"ana"}
    assert {row.user for row in report.people} == {"ana"}
    (mail,) = one.deliveries.all()
    assert mail.user == world.ana


def test_not_before_it_has_ended_nor_at_once(world):
    assert world.at(NEXT + 14 * MINUTE).kept("shift") == []
    assert len(world.at(SOON).kept("shift")) == 1


def test_once(world):
    for minutes in range(0, 26 * 60, 20):
        world.at(NEXT + minutes * MINUTE)
    assert len(world.kept("shift")) == 1


def test_a_shift_without_a_page_has_none(world):
    world.at(SOON)
    world.at(NEXT + WEEK + 30 * MINUTE)
    assert {one.about for one in world.kept("shift")} == {world.ana}


def test_a_team_that_wants_none_has_none(world):
    Mailing.objects.update(after_shift=False)
    assert world.at(SOON).kept("shift") == []


def test_one_that_ended_over_a_day_ago_when_it_is_first_seen_has_none(world):
    assert world.at(NEXT + DAY + HOUR).kept("shift") == []


def test_nor_where_reports_are_new(db):
    world = Team()
    Mailing.objects.all().delete()
    assert len(world.at(NEXT + 23 * HOUR).kept("shift")) == 1
    assert world.kept("weekly") == []


def test_by_night_it_waits_for_nine_by_their_own_clock(world):
    people.change_user(user=world.ana, time_zone="Pacific/Auckland", by=TESTS, now=world.now)
    world.at(SOON)  # 22:30 in Auckland
    (mail,) = Delivery.objects.filter(report__kind="shift")
    assert mail.state == Delivery.State.PENDING
    assert mail.due_at == datetime.fromisoformat("2026-03-10T09:00+13:00")
    world.at(mail.due_at - MINUTE)
    assert Delivery.objects.get(pk=mail.pk).state == Delivery.State.PENDING
    world.at(mail.due_at)
    assert Delivery.objects.get(pk=mail.pk).state == Delivery.State.KEPT


def test_what_was_refused_by_day_is_not_tried_again_by_night(world, mailbox):
    people.change_user(user=world.ana, time_zone="Asia/Tokyo", by=TESTS, now=world.now)
    Mailing.objects.get(team=world.team).to.set([world.ana])
    mailbox.refuse_next("451 4.3.0 later")
    mailbox.refuse_next("451 4.3.0 later")
    world.at(SOON + 3 * HOUR + 29 * MINUTE)  # 21:59 in Tokyo, and what is tried again comes at 22:04
    of_shift = Delivery.objects.filter(report__kind="shift")
    assert [(one.state, one.tries) for one in of_shift] == [(Delivery.State.PENDING, 1)]
    world.at(SOON + 3 * HOUR + 35 * MINUTE)
    assert [(one.state, one.tries, one.due_at.isoformat()) for one in of_shift.all()] == [
        (Delivery.State.PENDING, 1, "2026-03-10T00:00:00+00:00")
    ]
    assert Delivery.objects.get(report__kind="weekly").state == Delivery.State.SENT
    world.at(datetime.fromisoformat("2026-03-10T09:00+09:00"))
    assert [one.state for one in of_shift.all()] == [Delivery.State.SENT]
    mailbox.expect_mail(to="ana@example.com", subject="Payments")
    mailbox.expect_mail(to="ana@example.com", subject="Your shift")


def test_one_that_cannot_be_counted_is_tried_again(world, monkeypatch):
    def fails(team, scope):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(after_shifts, "report_of", fails)
        assert world.at(SOON).kept("shift") == []
        assert len(world.kept("weekly")) == 1
    assert world.at(SOON + 14 * MINUTE).kept("shift") == []
    assert len(world.at(SOON + 15 * MINUTE).kept("shift")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_machines_make_one_of_a_shift():
    world = Team()
    world.now = SOON
    at_once(*4 * [lambda: due.make_due(clock=lambda: world.now)])
    assert len(world.kept("shift")) == 1
    assert Delivery.objects.filter(report__kind="shift").count() == 1
    assert timezone.is_aware(world.kept("shift")[0].made_at)
