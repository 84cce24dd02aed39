"""What is done every night: drafts, what is made good, and a warning before time off is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from oncall.compensation.actions import statements
from oncall.compensation.actions.lieu import use
from oncall.compensation.chores.apart import each_apart
from oncall.compensation.chores.drafts import keep_drafts
from oncall.compensation.chores.losses import tell_losses
from oncall.compensation.models import Adjustment, Statement, Told
from paging.models import Notification, Page
from people import actions as people
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.oncall.compensation.payroll import DAY, JULY, JUNE, NOW, Payroll, amounts, as_of, total
from tests.oncall.compensation.test_disputes import reachable
from tests.oncall.compensation.test_lieu_uses import CALLED, credit
from watchbill import tasks

pytestmark = pytest.mark.django_db
LOST = CALLED + timedelta(days=30)  # 10 July, 03:00 in London


@pytest.fixture
def payroll():
    return Payroll()


def tonight(at=NOW):
    return lambda: at


def test_drafts_of_this_month_and_the_last_and_no_others(payroll):
    assert keep_drafts(clock=tonight()) == []
    assert set(Statement.objects.values_list("user__username", "month")) == {("ana", JUNE), ("ana", JULY)}
    before = list(Statement.objects.order_by("pk").values("pk", "state", "warnings"))
    keep_drafts(clock=tonight(NOW + DAY))
    assert list(Statement.objects.order_by("pk").values("pk", "state", "warnings")) == before


def test_a_month_locked_long_ago_is_made_good_in_this_one(payroll):
    may = JUNE.replace(month=5)
    for month in (may, JUNE):
        payroll.locked(month=month)
    payroll.covered(10, month=5)
    keep_drafts(clock=tonight())
    keep_drafts(clock=tonight(NOW + DAY))
    one = Adjustment.objects.get(user=payroll.ana)
    assert (one.about, one.month, one.amount) == (may, JULY, -24)
    assert ("adjustment", one.amount) in amounts(payroll.of(month=JULY))


def test_what_is_added_to_an_older_open_month_is_in_its_draft_the_next_morning(payroll):
    april, may = JUNE.replace(month=4), JUNE.replace(month=5)
    payroll.locked(month=april)
    payroll.locked(month=JUNE)
    payroll.covered(20, month=4)
    keep_drafts(clock=tonight(datetime(2025, 8, 3, 4, tzinfo=UTC)))
    assert Adjustment.objects.get(user=payroll.ana).month == may
    draft = payroll.of(month=may)
    assert (draft.state, total(draft)) == ("draft", 31 * 24 - 24)


def test_one_persons_fault_is_theirs_alone(payroll, monkeypatch):
    payroll.covered(10)
    real = statements.renew

    def faulty(owed, **more):
        if payroll.ana.pk in owed:
            raise ArithmeticError("Ana's line cannot be written")
        return real(owed, **more)

    monkeypatch.setattr(statements, "renew", faulty)
    assert keep_drafts(clock=tonight()) == [payroll.ana.pk]
    assert total(payroll.of(payroll.bo)) == 24
    assert not Statement.objects.filter(user=payroll.ana).exists()


@pytest.mark.parametrize("at_fault", ["extend_holidays", "keep_drafts", "tell_losses"])
def test_what_fails_of_the_night_keeps_nothing_else_from_being_done(monkeypatch, at_fault):
    done = set()

    def chore(name):
        def does(*_, **__):
            done.add(name)
            if name == at_fault:
                raise OperationalError("deadlock detected")

        return does

    every = {"extend_holidays", "keep_drafts", "tell_losses"}
    for name in every:
        monkeypatch.setattr(tasks, name, chore(name))
    with pytest.raises(ExceptionGroup) as failed:
        tasks.housekeeping()
    assert failed.group_contains(OperationalError)
    assert done == every


def test_those_at_fault_are_found_among_any_number():
    done = set()

    def work(ids):
        if {3, 64} & set(ids):
            raise ValueError
        done.update(ids)

    assert each_apart(range(100), work, what="try") == [3, 64]
    assert done == set(range(100)) - {3, 64}


def test_a_fault_of_everybody_s_is_said_once(caplog):
    def work(ids):
        raise ValueError("no plan can be read")

    assert each_apart(range(100), work, what="try") == list(range(100))
    (said,) = [record.getMessage() for record in caplog.records if "pay_not_kept" in record.getMessage()]
    assert "no plan can be read" in caplog.text
    assert "100" in said


def test_told_seven_days_before_once_and_never_by_night(payroll):
    reachable(payroll.ana, payroll.mia)
    credit(payroll.draft(), 90, CALLED)
    for at, told in ((LOST - 7 * DAY - timedelta(seconds=1), 0), (LOST - 7 * DAY, 1), (NOW + 2 * DAY, 1)):
        assert tell_losses(clock=tonight(at)) == []
        assert Page.objects.count() == Told.objects.count() == told
    page = Page.objects.get()
    assert page.user == payroll.ana
    assert page.facts["title"] == "Time off you earned is lost soon: 1 h 30 min on Thu 10 July at 03:00"
    assert Notification.objects.get().due_at == datetime(2025, 7, 3, 7, tzinfo=UTC), "eight in London"
    assert Entry.objects.get(verb="lieu.loss_told").subject_id == payroll.ana.pk


def test_several_are_told_at_once_and_each_once(payroll):
    reachable(payroll.ana)
    draft = payroll.draft()
    credit(draft, 90, CALLED)
    credit(draft, 30, CALLED + DAY)
    tell_losses(clock=tonight(NOW + DAY))
    facts = Page.objects.get().facts
    assert facts["lines"][0] == "30 min on Fri 11 July at 03:00"
    credit(draft, 45, CALLED + 3 * DAY)
    tell_losses(clock=tonight(NOW + 4 * DAY))
    assert [page.facts["title"][-36:] for page in Page.objects.order_by("pk")][1:] == [
        "soon: 45 min on Sun 13 July at 03:00"
    ]


def test_what_is_taken_in_time_is_not_lost_and_who_has_left_is_not_told(payroll):
    reachable(payroll.ana)
    credit(payroll.draft(), 90, CALLED)
    use(user=payroll.ana, at=LOST - DAY, minutes=90, by=as_of(payroll.ana), now=NOW)
    tell_losses(clock=tonight())
    assert not Told.objects.exists()
    credit(payroll.of(), 30, CALLED)
    people.deactivate_user(user=payroll.ana, by=Actor("test"), now=NOW)
    tell_losses(clock=tonight())
    assert not Told.objects.exists()
