"""Company days and budgets in the admin: who writes them, and what is refused on the form."""

from datetime import date, time
from decimal import Decimal

import pytest

from oncall.compensation.actions.budgets import set_budget
from oncall.compensation.models import CompanyDay, PayBudget
from people.ledger.models import Entry
from tests.admin.filled import filled
from tests.world import TESTS

DAYS, BUDGETS = "/admin/compensation/companyday/", "/admin/compensation/paybudget/"


def said(answer):
    return answer.content.decode()


def test_an_administrator_adds_changes_and_takes_away_a_day(root):
    data = filled(
        root.get(f"{DAYS}add/"), date="2026-12-24", name="Christmas Eve", start="12:00", calendar="DE"
    )
    assert root.post(f"{DAYS}add/", data).status_code == 302
    row = CompanyDay.objects.get()
    assert (row.date, row.start, row.end, row.calendar) == (date(2026, 12, 24), time(12), time(0), "DE")
    address = f"{DAYS}{row.pk}/change/"
    assert root.post(address, filled(root.get(address), calendar="")).status_code == 302
    row = CompanyDay.objects.get()
    assert row.calendar == ""
    assert root.post(f"{DAYS}{row.pk}/act/remove/").status_code == 302
    assert not CompanyDay.objects.exists()
    verbs = [entry.verb for entry in Entry.objects.filter(actor__username="root").order_by("pk")]
    assert verbs == ["company_day.added", "company_day.removed", "company_day.added", "company_day.removed"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"calendar": "UK"}, "“UK” is another name of GB"),
        ({"start": "12:00", "end": "09:00"}, "That is not after 12:00"),
        ({"worked": "on", "start": "12:00"}, "leave its hours out"),
        ({"name": ""}, "required"),
        ({"date": "2026-02-30"}, "valid date"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused_on_the_form(root, changed, sentence):
    data = filled(root.get(f"{DAYS}add/"), **{"date": "2026-12-24", "name": "Party", **changed})
    answer = root.post(f"{DAYS}add/", data)
    assert sentence in said(answer)
    assert not CompanyDay.objects.exists()


def test_a_manager_sees_days_and_writes_none(mia):
    row = CompanyDay.objects.create(date=date(2026, 12, 24), name="Christmas Eve")
    assert "Christmas Eve" in said(mia.get(DAYS))
    assert mia.get(f"{DAYS}add/").status_code == 403
    assert mia.post(f"{DAYS}{row.pk}/change/", {"name": "x"}).status_code == 403
    mia.post(f"{DAYS}{row.pk}/act/remove/")
    assert CompanyDay.objects.exists()


def test_a_manager_sets_the_budget_of_their_team_and_sees_no_other(mia, zoe, world):
    data = filled(
        mia.get(f"{BUDGETS}add/"), team=str(world.team.pk), since="2026-04-01", amount="4000", currency="EUR"
    )
    assert mia.post(f"{BUDGETS}add/", data).status_code == 302
    row = PayBudget.objects.get()
    assert (row.team, row.amount, row.currency) == (world.team, Decimal(4000), "EUR")
    address = f"{BUDGETS}{row.pk}/change/"
    assert mia.post(address, filled(mia.get(address), amount="4100")).status_code == 302
    assert PayBudget.objects.get().amount == Decimal(4100)
    assert "4100" in said(mia.get(BUDGETS))
    assert "4100" not in said(zoe.get(BUDGETS))
    assert "4100.00 EUR a month" in said(mia.get("/admin/ledger/entry/?q=EUR"))
    assert "4100" not in said(zoe.get("/admin/ledger/entry/?q=EUR"))
    assert zoe.get(address).status_code == 302  # there is no such row for her
    assert zoe.post(address, {"amount": "1"}).status_code == 302
    zoe.post(BUDGETS, {"action": "remove", "_selected_action": str(row.pk)})
    assert PayBudget.objects.get().amount == Decimal(4100)
    mia.post(BUDGETS, {"action": "remove", "_selected_action": str(row.pk)})
    assert not PayBudget.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"since": "2026-04-02"}, "write 2026-04-01 or 2026-05-01"),
        ({"amount": "-1"}, "is negative; write 0 or more"),
        ({"amount": "abc"}, "Enter a number"),
        ({"currency": "XAU"}, "not one of the available choices"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused_on_the_form(mia, world, changed, sentence):
    given = {"team": str(world.team.pk), "since": "2026-04-01", "amount": "1", "currency": "EUR", **changed}
    assert sentence in said(mia.post(f"{BUDGETS}add/", filled(mia.get(f"{BUDGETS}add/"), **given)))
    assert not PayBudget.objects.exists()


def test_a_manager_gives_no_budget_to_a_team_of_others(mia, world):
    given = {"team": str(world.search.pk), "since": "2026-04-01", "amount": "1", "currency": "EUR"}
    assert "available choices" in said(mia.post(f"{BUDGETS}add/", filled(mia.get(f"{BUDGETS}add/"), **given)))
    set_budget(
        team=world.search, since=date(2026, 4, 1), amount=Decimal(1), currency="EUR", by=TESTS, now=world.now
    )
    assert "Search" not in said(mia.get(BUDGETS)).partition("result_list")[2]
