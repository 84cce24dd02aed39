"""Plans, company days and budgets as they are written: what was paid stays so, and bad input is refused."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from oncall.actions import Refused
from oncall.actions.refusal import Overtaken
from oncall.compensation.actions import plans
from oncall.compensation.actions.budgets import remove_budget, set_budget
from oncall.compensation.actions.company_days import add_company_day, remove_company_day
from oncall.compensation.models import CompanyDay, PayBudget, PayPlan, PlanVersion, Statement
from people.actions import create_team, set_members
from people.ledger.models import Entry
from tests.oncall.compensation.test_reckoning import BEFORE, BY, hourly, person, totals
from tests.oncall.test_reading import schedule

pytestmark = pytest.mark.django_db
NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)
TODAY = NOW.date()
AUGUST = date(2025, 8, 1)


@pytest.fixture
def org():
    """Ana and Bo take turns of a day in London; Bo's are the odd days of June."""
    ana, bo = person("ana", "Europe/London", holidays="GB-ENG"), person("bo", "Europe/London")
    team = create_team(name="Ops", by=BY, now=BEFORE)
    set_members(team=team, members={ana: "responder"}, by=BY, now=BEFORE)
    schedule("Checkout", ana, bo, now=BEFORE)
    plan = plans.create_plan(name="UK", currency="GBP", by=BY, now=NOW)
    return SimpleNamespace(ana=ana, bo=bo, team=team, plan=plan)


def put(org, rate="1", *people, now=NOW, begins=None, ends=None, **whom):
    given = {"teams": (), "places": (), "terms": hourly(rate)} | whom
    return plans.set_version(
        plan=org.plan, effective_from=begins, effective_until=ends, people=people, by=BY, now=now, **given
    )


def locked(user, month, by):
    return Statement.objects.create(
        user=user, month=month, state="locked", reckoned_at=NOW, approved_at=NOW, approved_by=by,
        locked_at=NOW, locked_by=by,
    )  # fmt: skip


def refusal(act):
    before = (Entry.objects.count(), PlanVersion.objects.count(), CompanyDay.objects.count())
    with pytest.raises(Refused) as refused:
        act()
    assert before == (Entry.objects.count(), PlanVersion.objects.count(), CompanyDay.objects.count())
    return str(refused.value)


JUNE = date(2025, 6, 1), date(2025, 7, 1)


def test_the_same_again_writes_nothing(org):
    assert put(org, "1", org.ana) is not None
    entries = Entry.objects.count()
    assert put(org, "1.0", org.ana, now=NOW + timedelta(days=30)) is None
    assert Entry.objects.count() == entries


def test_whoever_is_taken_off_keeps_what_they_earned_and_whoever_comes_earns_from_that_day(org):
    put(org, "1", org.ana)
    whole = totals(org.ana, *JUNE)["GBP"]
    put(org, "1", org.bo)
    assert totals(org.ana, *JUNE)["GBP"] < whole
    assert totals(org.ana, date(2025, 6, 1), TODAY) == {"GBP": Decimal(5 * 24)}
    assert totals(org.ana, TODAY, date(2025, 7, 1)) == {}
    assert totals(org.bo, date(2025, 6, 1), TODAY) == {}
    assert totals(org.bo, TODAY, date(2025, 7, 1)) == {"GBP": Decimal(10 * 24)}


def test_whoever_is_taken_off_a_version_that_has_not_begun_was_never_in_it(org):
    put(org, "1", org.ana, org.bo, begins=TODAY)
    put(org, "1", org.ana, begins=TODAY)
    [left] = PlanVersion.objects.get().assignments.all()
    assert (left.user, left.since, left.until) == (org.ana, None, None)


def test_new_terms_of_a_version_that_has_begun_count_from_its_first_day_until_a_month_is_locked(org):
    put(org, "1", org.ana)
    put(org, "2", org.ana)
    assert totals(org.ana, date(2025, 6, 1), TODAY) == {"GBP": Decimal(5 * 48)}
    locked(org.ana, date(2025, 5, 1), org.bo)
    assert refusal(lambda: put(org, "3", org.ana)) == (
        "This would change what statements say that are locked (May 2025). Write a new version from "
        "2025-06-01 on, or give the people concerned an adjustment in a month that is open."
    )


EDITS = {
    "a version from the last of May": (lambda o: put(o, "2", o.ana, begins=date(2025, 5, 31)), True),
    "a version from June": (lambda o: put(o, "2", o.ana, begins=date(2025, 6, 1)), False),
    "an end in May": (lambda o: put(o, "1", o.ana, ends=date(2025, 5, 31)), True),
    "an end with May": (lambda o: put(o, "1", o.ana, ends=date(2025, 6, 1)), False),
    "other people, from today on": (lambda o: put(o, "1", o.bo), False),
    "a place more, from today on": (lambda o: put(o, "1", o.ana, places=["GB"]), False),
    "retired today": (lambda o: plans.retire_plan(plan=o.plan, by=BY, now=NOW), False),
    "retired in May": (lambda o: plans.retire_plan(plan=o.plan, by=BY, now=NOW - timedelta(days=20)), True),
    "others from April, which ends what pays Ana": (
        lambda o: put(o, "2", o.bo, begins=date(2025, 4, 1)),
        True,
    ),
}


@pytest.mark.parametrize(("edit", "is_refused"), EDITS.values(), ids=EDITS)
def test_an_edit_is_refused_where_it_reaches_into_a_locked_month_and_nowhere_else(org, edit, is_refused):
    put(org, "1", org.ana)
    locked(org.ana, date(2025, 5, 1), org.bo)
    if is_refused:
        assert "locked (May 2025)" in refusal(lambda: edit(org))
    else:
        edit(org)


def test_a_locked_month_of_somebody_whom_the_plan_does_not_pay_keeps_nobody_from_anything(org):
    put(org, "1", org.ana)
    locked(org.bo, date(2025, 5, 1), org.ana)
    put(org, "2", org.ana)


def test_another_plan_that_would_take_somebody_over_in_a_locked_month_is_refused(org):
    """A person's own plan comes before that of their place."""
    put(org, "1", places=["GB"])
    locked(org.ana, date(2025, 5, 1), org.bo)
    org.plan = plans.create_plan(name="Own", currency="USD", by=BY, now=NOW)
    assert "locked (May 2025)" in refusal(lambda: put(org, "9", org.ana))
    put(org, "9", org.ana, begins=date(2025, 6, 1))


def test_a_retired_plan_pays_nobody_from_today_and_drops_what_has_not_begun(org):
    put(org, "1", org.ana)
    put(org, "2", org.ana, begins=date(2025, 9, 1))
    plans.retire_plan(plan=org.plan, by=BY, now=NOW)
    assert PlanVersion.objects.get().effective_until == TODAY
    assert totals(org.ana, TODAY, date(2025, 12, 1)) == {}
    with pytest.raises(Overtaken, match="was retired before"):
        plans.retire_plan(plan=org.plan, by=BY, now=NOW)


def test_an_ended_version_that_had_not_begun_leaves_the_one_before_it_in_force(org):
    put(org, "1", org.ana)
    later = put(org, "2", org.ana, begins=date(2025, 9, 1))
    plans.end_version(version=later, by=BY, now=NOW)
    assert PlanVersion.objects.get().effective_until is None
    with pytest.raises(Overtaken, match="over already"):
        plans.end_version(version=later, by=BY, now=NOW)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda o: put(o, "-1", o.ana), "“-1” is negative"),
        (lambda o: put(o, "1", o.ana, o.ana), "ana stands there twice; a version pays everybody once."),
        (lambda o: put(o, teams=[o.team, o.team]), "team Ops stands there twice"),
        (lambda o: put(o, places=["GB", "GB"]), "GB stands there twice"),
        (lambda o: put(o, places=[""]), "A place is missing; write a country"),
        (lambda o: put(o, places=["XX"]), "“XX” is not a known holiday calendar"),
        (lambda o: put(o, places=["UK"]), "“UK” is another name of GB; write GB."),
        (lambda o: put(o, places=["GB" * 20]), "is no place"),
        (lambda o: put(o, begins=TODAY, ends=TODAY), "has no day in it"),
        (lambda o: put(o, begins=date(1, 1, 1)), "lies outside the years 1901 to 8999"),
        (lambda o: put(o, ends=date(9999, 12, 31)), "lies outside the years"),
        (lambda o: put(o, terms={"standby": "x"}), "standby"),
        (lambda o: put(o, terms={"nonsense": 1}), "nonsense"),
        (lambda o: put(o, terms={"cap": {"amount": "1"}, "minimum_per_shift": "2"}), "below the least of 2"),
        (
            lambda o: (put(o, begins=date(2025, 7, 1)), put(o, begins=date(2025, 1, 1), ends=AUGUST)),
            "UK from 2025-01-01 is said to pay until 2025-08-01, and UK from 2025-07-01 begins before that",
        ),
        (
            lambda o: (put(o, ends=AUGUST), put(o, begins=date(2025, 7, 31))),
            "UK from always is said to pay until 2025-08-01, and UK from 2025-07-31 begins before that",
        ),
        (lambda o: plans.create_plan(name="UK", currency="GBP", by=BY, now=NOW), "“UK” already"),
        (lambda o: plans.create_plan(name=" ", currency="GBP", by=BY, now=NOW), "A pay plan needs a name."),
        (lambda o: plans.create_plan(name="a\nb", currency="GBP", by=BY, now=NOW), "has a line break in it"),
        (lambda o: plans.create_plan(name="n" * 101, currency="GBP", by=BY, now=NOW), "at most 100"),
        (lambda o: plans.create_plan(name="X", currency="EURO", by=BY, now=NOW), "did you mean EUR?"),
        (lambda o: plans.create_plan(name="X", currency="", by=BY, now=NOW), "is not a currency"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_sentence(org, act, said):
    with pytest.raises(Refused) as refused:
        act(org)
    assert said in str(refused.value)


def test_a_plan_keeps_its_currency_once_it_has_paid(org):
    put(org, "1", org.ana)
    plans.retire_plan(plan=org.plan, by=BY, now=NOW)
    with pytest.raises(Refused, match="has paid in GBP, which stays so"):
        plans.create_plan(name="UK", currency="EUR", by=BY, now=NOW)
    assert plans.create_plan(name="UK", currency="GBP", by=BY, now=NOW) == org.plan
    empty = plans.create_plan(name="X", currency="EUR", by=BY, now=NOW)
    plans.retire_plan(plan=empty, by=BY, now=NOW)
    assert plans.create_plan(name="X", currency="USD", by=BY, now=NOW).currency == "USD"


FESTIVE = {"standby": [{"band": "holiday", "holidays": True, "amount": "10", "per": "hour"}]}


def day(**given):
    said = {"day": date(2025, 6, 13), "name": "Summer party"} | given
    return add_company_day(by=BY, now=NOW, **said)


def test_half_a_day_of_the_company_pays_half_a_holiday_to_those_whose_it_is(org):
    """Ana has the even days of the schedule's count: 13 June is hers or Bo's; together it is one day."""
    put(org, "1", org.ana, org.bo, terms=FESTIVE)
    around = date(2025, 6, 13), date(2025, 6, 14)

    def paid():
        both = (totals(one, *around).get("GBP", Decimal(0)) for one in (org.ana, org.bo))
        return sum(both, Decimal(0))

    assert paid() == 0
    row = day(start=time(12))
    assert paid() == 120
    remove_company_day(company_day=row, by=BY, now=NOW)
    assert paid() == 0
    day(calendar="US")
    assert paid() == 0
    assert [entry.verb for entry in Entry.objects.filter(subject_type="company_day").order_by("pk")] == [
        "company_day.added",
        "company_day.removed",
        "company_day.added",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "n" * 201}, "at most 200"),
        ({"calendar": "UK"}, "“UK” is another name of GB"),
        ({"calendar": "XX"}, "not a known holiday calendar"),
        ({"start": time(12), "end": time(12)}, "has no hour in it"),
        ({"start": time(12), "end": time(9)}, "has no hour in it"),
        ({"worked": True, "start": time(12)}, "leave its hours out"),
        ({"day": date(1, 1, 1)}, "lies outside the years"),
        ({"day": date(2025, 5, 15)}, "May 2025 is locked for people whose day this is"),
        ({"day": date(2025, 5, 15), "calendar": "GB"}, "May 2025 is locked"),
    ],
)
def test_a_day_that_makes_no_sense_or_is_of_a_locked_month_is_refused(org, given, said):
    locked(org.ana, date(2025, 5, 1), org.bo)
    assert said in refusal(lambda: day(**given))


def test_a_day_of_others_or_of_an_open_month_is_not_kept_back_by_a_locked_one(org):
    locked(org.ana, date(2025, 5, 1), org.bo)
    row = day(day=date(2025, 5, 15), calendar="US")
    with pytest.raises(Overtaken, match="already"):
        day(day=date(2025, 5, 15), calendar="US")
    remove_company_day(company_day=row, by=BY, now=NOW)
    with pytest.raises(Overtaken, match="taken away before"):
        remove_company_day(company_day=row, by=BY, now=NOW)
    own = CompanyDay.objects.create(date=date(2025, 5, 2), name="x")
    assert "May 2025 is locked" in refusal(lambda: remove_company_day(company_day=own, by=BY, now=NOW))


def budget(org, **given):
    said = {"since": date(2025, 6, 1), "amount": Decimal(5000), "currency": "GBP"} | given
    return set_budget(team=org.team, by=BY, now=NOW, **said)


def test_a_budget_is_set_changed_and_taken_away_and_the_ledger_has_it(org):
    row = budget(org)
    assert budget(org) is None
    assert budget(org, amount=Decimal("5500.50")) == row
    assert PayBudget.objects.get().amount == Decimal("5500.50")
    remove_budget(budget=row, by=BY, now=NOW)
    with pytest.raises(Overtaken):
        remove_budget(budget=row, by=BY, now=NOW)
    said = Entry.objects.filter(verb="pay_budget.set").order_by("pk").values_list("what", flat=True)
    assert list(said) == [
        "5000.00 GBP a month for Ops from 2025-06-01 on",
        "5500.50 GBP a month for Ops from 2025-06-01 on, 5000.00 before",
        "no budget in GBP for Ops from 2025-06-01 on",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"since": date(2025, 6, 2)}, "write 2025-06-01 or 2025-07-01"),
        ({"amount": Decimal(-1)}, "is no budget"),
        ({"amount": Decimal("NaN")}, "is no budget"),
        ({"amount": Decimal("Infinity")}, "is no budget"),
        ({"amount": Decimal("1e10")}, "is no budget"),
        ({"amount": Decimal("0.00001")}, "is no budget"),
        ({"currency": "gbp"}, "did you mean GBP?"),
        ({"since": date(2025, 1, 1)}, "May 2025 is locked for people of Ops"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(org, given, said):
    locked(org.ana, date(2025, 5, 1), org.bo)
    assert said in refusal(lambda: budget(org, **given))


def test_a_budget_before_a_later_one_or_of_others_is_not_kept_back(org):
    budget(org, since=date(2025, 5, 1))
    locked(org.ana, date(2025, 5, 1), org.bo)
    budget(org, since=date(2025, 1, 1))
    budget(org, since=date(2025, 6, 1))
    assert PayPlan.objects.count() == 1
