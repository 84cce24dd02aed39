"""The true times of a call-out: asked for, approved by another, and only then what is paid."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from oncall.actions import Overtaken, Refused
from oncall.compensation.actions import statements
from oncall.compensation.actions.corrections import approve, ask, decline, withdraw
from oncall.compensation.actions.reconciling import reconcile
from oncall.compensation.models import Adjustment, Assignment, Correction, PayPlan, PlanVersion, Statement
from oncall.compensation.reckoning import reckoned
from paging.models import Page
from people import actions as people
from people.ledger.models import Entry
from people.ledger.record import Actor
from people.models import User
from tests.oncall.compensation.test_called_out import WOKEN, acks, at, night, resolves, to
from tests.world import TESTS

pytestmark = pytest.mark.django_db
BEGAN, ENDED = at(2, 10), at(4, 10)


class Woken:
    """Ana was woken on 3 March from 02:10 to 02:35, and is paid 30 GBP an hour. Mia and Max manage her."""

    def __init__(self):
        self.world = world = night()
        self.max = world.person("max", "Max Orr")
        self.stranger = world.person("kim", "Kim")
        people.set_members(
            team=world.team,
            members={
                world.ana: "responder",
                world.bo: "responder",
                world.mia: "manager",
                self.max: "manager",
            },
            by=TESTS,
            now=world.now,
        )
        incident = world.alert()
        world.tick()
        acks(world, incident, world.ana)
        to(world, 2, 35)
        resolves(world, incident, world.ana)
        to(world, 9)
        self.ana, self.mia = world.ana, world.mia
        self.page = Page.objects.get(user=self.ana, urgency="high").pk
        plan = PayPlan.objects.create(name="Woken", currency="GBP")
        version = PlanVersion.objects.create(plan=plan, terms=WOKEN, created_at=world.now)
        Assignment.objects.create(version=version, user=self.ana)

    @property
    def now(self):
        return self.world.now

    def paid(self):
        """(start, end, pages, amount) of each call-out."""
        month = reckoned([self.ana.pk], since=date(2026, 3, 1), until=date(2026, 4, 1), now=self.now)
        lines = month[self.ana.pk].statement.lines
        return [(line.span.start, line.span.end, line.pages, line.amount) for line in lines]

    def ask(self, start=BEGAN, end=ENDED, *, by=None, user=None, why="worked on", **more):
        page = more.pop("page", self.page)
        return ask(
            user=user or self.ana, page=page, start=start, end=end, why=why,
            by=Actor.person(by or self.ana), now=self.now,
        )  # fmt: skip

    def approve(self, row, by=None):
        return approve(correction=row, by=Actor.person(by or self.mia), now=self.now)


@pytest.fixture
def woken(db):
    return Woken()


FOUND = (at(2, 10), at(2, 35))


def test_what_is_asked_for_counts_once_another_approved_it(woken):
    assert woken.paid() == [(*FOUND, (woken.page,), Decimal(30))]
    row = woken.ask(end=at(8, 10))
    assert woken.paid()[0][:2] == FOUND
    woken.approve(row)
    assert woken.paid() == [(at(2, 10), at(8, 10), (woken.page,), Decimal(180))], (
        "longer than four hours, too"
    )
    said = Entry.objects.filter(subject_type="pay", subject_id=woken.ana.pk, verb__startswith="call_out")
    said = said.order_by("pk")
    assert [entry.verb for entry in said] == ["call_out.correction_asked", "call_out.correction_approved"]
    assert "2026-03-03 02:10 lasted from 2026-03-03 02:10 to 08:10 (UTC)" in said[0].what


def test_that_it_was_none_counts_for_nothing(woken):
    woken.approve(woken.ask(start=None, end=None))
    assert woken.paid() == []


def test_a_manager_enters_it_and_another_one_decides(woken):
    row = woken.ask(by=woken.mia)
    with pytest.raises(Refused, match="You asked for it"):
        woken.approve(row, by=woken.mia)
    woken.approve(row, by=woken.max)
    assert woken.paid()[0][:2] == (at(2, 10), at(4, 10))


def test_the_last_one_approved_is_in_force_and_one_approved_by_mistake_can_be_declined(woken):
    woken.approve(woken.ask(end=at(3, 10)))
    second = woken.approve(woken.ask(end=at(5, 10)))
    assert woken.paid()[0][1] == at(5, 10)
    decline(correction=second, why="wrong night", by=Actor.person(woken.mia), now=woken.now)
    assert woken.paid()[0][:2] == FOUND


def test_declined_or_taken_back_it_never_counts_and_may_be_asked_for_anew(woken):
    row = woken.ask()
    decline(correction=row, why="no", by=Actor.person(woken.mia), now=woken.now)
    again = woken.ask()
    withdraw(correction=again, by=Actor.person(woken.ana), now=woken.now)
    woken.ask()
    assert woken.paid()[0][:2] == FOUND
    for late in (row, again):
        with pytest.raises(Overtaken):
            woken.approve(late)


def test_what_a_manager_asks_is_not_taken_back_by_whom_it_would_pay_less(woken):
    row = woken.ask(None, None, by=woken.mia, why="she was not at it")
    with pytest.raises(Refused, match="Only Mia Falk takes it back"):
        withdraw(correction=row, by=Actor.person(woken.ana), now=woken.now)
    woken.approve(row, by=woken.max)
    assert woken.paid() == []


def test_work_for_which_nobody_was_paged_is_added(woken):
    woken.approve(woken.ask(at(6, 0), at(7, 0), page=None, why="Bo phoned me"))
    assert woken.paid()[1] == (at(6, 0), at(7, 0), (), Decimal(30))


def test_times_that_move_it_into_another_month_are_paid_there(woken):
    woken.approve(woken.ask(at(2, 10, day=-1), at(3, 0, day=-1)))
    assert woken.paid()[0][:2] == (at(2, 10, day=-1), at(3, 0, day=-1))


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (at(3), at(2), "ends before it starts"),
        (at(3), at(3), "ends before it starts"),
        (at(3), None, "both times, or neither"),
        (None, at(3), "both times, or neither"),
        (at(3, day=-1), at(4), "24 h at most"),
        (at(8), at(10), "in the future"),
        (at(1, day=-1), at(2, day=-1), "within 24 h"),
    ],
)
def test_times_that_cannot_be_are_refused(woken, start, end, says):
    with pytest.raises(Refused, match=says):
        woken.ask(start, end)
    assert not Correction.objects.exists()


def test_another_ones_page_a_notice_and_what_is_no_page_are_refused(woken):
    notices = Page.objects.exclude(urgency="high").values_list("pk", flat=True)
    for page in (999, -1, 0, 2**63, 10**30, *notices):
        with pytest.raises(Refused, match="none by which"):
            woken.ask(page=page)
    with pytest.raises(Refused, match="none by which Mia Falk"):
        woken.ask(user=woken.mia, by=woken.mia)
    with pytest.raises(Refused, match="give the times"):
        woken.ask(None, None, page=None)


def test_twice_without_a_reason_or_by_a_stranger_it_is_refused(woken):
    for by in (woken.stranger, woken.world.bo):
        with pytest.raises(Refused, match="Only Ana Ruiz and managers"):
            woken.ask(by=by)
    for why in ("", " \x00 ", "x" * 401):
        with pytest.raises(Refused):
            woken.ask(why=why)
    row = woken.ask()
    with pytest.raises(Refused, match="asked for already"):
        woken.ask(end=at(5))
    woken.approve(row)
    with pytest.raises(Refused, match="count already"):
        woken.ask()
    woken.ask(at(6), at(7), page=None)
    with pytest.raises(Refused, match="overlap what is asked already"):
        woken.ask(at(6, 30), at(8), page=None)
    with pytest.raises(Refused, match="no person"):
        ask(user=woken.ana, page=woken.page, start=None, end=None, why="x", by=TESTS, now=woken.now)


def test_nobody_approves_their_own_also_not_an_administrator_and_no_stranger_any(woken):
    User.objects.filter(pk=woken.ana.pk).update(is_superuser=True)
    row = woken.ask()
    with pytest.raises(Refused, match="Nobody approves their own pay"):
        woken.approve(row, by=User.objects.get(pk=woken.ana.pk))
    with pytest.raises(Refused, match="Only managers"):
        woken.approve(row, by=woken.stranger)
    with pytest.raises(Refused, match="takes it back"):
        withdraw(correction=row, by=Actor.person(woken.mia), now=woken.now)
    for who in (woken.ana.pk, row.asked_by_id):
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.filter(pk=row.pk).update(
                state="approved", decided_at=woken.now, decided_by=who
            )


def test_managers_are_told_once_and_the_person_when_it_is_decided(woken):
    row = woken.ask()
    told = Page.objects.filter(urgency="info", cause=f"pay:{woken.ana.pk}")
    assert set(told.values_list("user__username", flat=True)) == {"mia", "max"}
    assert not any("30" in page.facts["title"] for page in told), "no amount lies on a phone"
    woken.approve(row)
    assert told.filter(user=woken.ana).get().facts["title"] == "Mia Falk approved the times of a call-out"


def test_about_a_month_that_is_locked_the_difference_is_made_good(woken):
    woken.world.now = at(9, day=40)
    march = date(2026, 3, 1)
    statements.refresh(user_ids=[woken.ana.pk], month=march, now=woken.now)
    row = Statement.objects.get(user=woken.ana, month=march)
    mia = Actor.person(woken.mia)
    statements.lock(statement=statements.approve(statement=row, by=mia, now=woken.now), by=mia, now=woken.now)
    woken.approve(woken.ask())
    reconcile(user_ids=[woken.ana.pk], month=march, now=woken.now)
    found = Adjustment.objects.filter(user=woken.ana, about=march)
    assert [one.amount for one in found] == [Decimal(30)], "two hours instead of one"
