"""Pay plans of a document are paid by: made, changed, ended, exported; and refused in its own words."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from oncall.compensation.models import CompanyDay, PayBudget, PayPlan, PlanVersion, Statement
from oncall.compensation.reckoning import reckoned
from people.ledger.models import Entry
from people.models import User
from tests.provisioning.organisations import ACME, NOW, ROOT, SMALL, done, put, refused
from watchbill.provisioning.export import export
from watchbill.provisioning.models import KeptPart

pytestmark = pytest.mark.django_db
LATER = datetime(2025, 9, 10, 12, tzinfo=UTC)
WEEK = "{band: weekday, days: [mon, tue, wed, thu, fri], amount: 200, per: week, prorate: true}"
WEEKEND = "{band: weekend, days: [sat, sun], amount: 500, per: weekend, prorate: true}"


def plans(*written):
    items = "".join(f"  - {one}\n" for one in written)
    return f"{SMALL}pay_plans:\n{items}"


def of(rate=1, more="", name="Ops", currency="EUR", whom="people: [ana, bo]"):
    standby = f"standby: [{{band: all, amount: {rate}, per: hour}}]"
    return f"{{name: {name}, currency: {currency}, {whom}, {standby}{more}}}"


def version(begins=None):
    return PlanVersion.objects.get(effective_from=begins)


def paid(plan_version):
    """Whom it pays: each with the days from and to which it does, where it says so."""
    return {
        (str(row.user or row.team or row.place), str(row.since or ""), str(row.until or ""))
        for row in plan_version.assignments.all()
    }


def totals(username, since, until):
    user = User.objects.get(username=username)
    return reckoned([user.pk], since=since, until=until, now=LATER)[user.pk].statement.totals()


def test_the_weekly_rates_of_the_document_pay_a_week_to_the_cent():
    put(plans(f"{{name: Ops, currency: USD, people: [ana, bo], standby: [{WEEK}, {WEEKEND}]}}"))
    both = [totals(name, date(2025, 6, 2), date(2025, 6, 9)) for name in ("ana", "bo")]
    assert sum((total.get("USD", Decimal(0)) for total in both), Decimal(0)) == Decimal("700.00")


def test_acme_is_stored_in_seconds_and_text_and_read_back_in_words():
    put(ACME)
    rules = PlanVersion.objects.get(plan__name="Engineering US").terms["call_outs"]
    assert (rules["minimum"], rules["round_up_to"], rules["time_in_lieu"]["expires"]) == (3600, 900, 1209600)
    assert "merge" not in rules  # 60 minutes are usual
    text = export(now=NOW)
    assert "minimum: 1h" in text
    assert "amount: 200, per: week, prorate: true" in text
    assert 'start: "23:00", end: "07:00", amount: 4' in text


def test_a_document_that_says_the_same_in_other_words_changes_nothing():
    put(ACME)
    entries = Entry.objects.count()
    other = ACME.replace("minimum: 60m", "minimum: PT1H").replace("amount: 200", 'amount: "200.00"')
    other = other.replace("people: [alice, bob, erin]", "people: [erin, bob, alice]")
    assert other.count("PT1H") == 2
    assert put(other).changes == ()
    assert Entry.objects.count() == entries


def test_versions_of_one_name_pay_one_after_the_other():
    first, then = of(1, ", effective_from: 2025-01-01"), of(2, ", effective_from: 2025-06-04")
    assert done(put(plans(then, first)))[-2:] == [
        "create pay plan Ops 2025-01-01",
        "create pay plan Ops 2025-06-04",
    ]
    both = [totals(name, date(2025, 6, 3), date(2025, 6, 5)) for name in ("ana", "bo")]
    assert sum((total.get("EUR", Decimal(0)) for total in both), Decimal(0)) == Decimal(24 + 48)
    assert PayPlan.objects.count() == 1
    assert put(export(now=NOW), prune=True).changes == ()


def test_whoever_comes_is_paid_from_that_day_and_whoever_goes_until_then():
    put(plans(of(whom="people: [ana]")))
    plan = put(plans(of(whom="people: [bo], teams: [Ops], places: [GB, US-NY]")))
    assert done(plan) == ["change pay plan Ops"]
    assert paid(version()) == {
        ("Ana", "", "2025-06-11"),
        ("bo", "2025-06-11", ""),
        ("Ops", "2025-06-11", ""),
        ("GB", "2025-06-11", ""),
        ("US-NY", "2025-06-11", ""),
    }
    text = export(now=NOW)
    assert "places: [GB, US-NY]" in text
    assert put(text).changes == ()


def test_whoever_comes_back_on_the_same_day_was_never_gone():
    both, one = plans(of()), plans(of(whom="people: [ana]"))
    put(both)
    put(one)
    put(both)
    assert paid(version()) == {("Ana", "", ""), ("bo", "", "")}


def test_a_plan_may_pay_nobody_and_is_the_same_when_exported():
    put(plans("{name: Ops, currency: EUR}"))
    assert put(export(now=NOW), prune=True).changes == ()


def test_a_minimum_and_a_rounding_by_the_currency_come_out_as_they_went_in():
    put(plans(of(100, ", minimum_per_shift: 30, rounding: {mode: up}", currency="JPY")))
    assert version().terms["rounding"] == {"mode": "up", "unit": "1", "per": "line"}
    text = export(now=NOW)
    assert "minimum_per_shift: 30" in text
    assert put(text).changes == ()


def test_an_empty_precedence_is_not_the_usual_one():
    put(plans(of(1, ", precedence: []")))
    assert version().terms["precedence"] == []
    assert put(export(now=NOW)).changes == ()
    assert done(put(plans(of()))) == ["change pay plan Ops"]


def test_prune_ends_what_has_begun_drops_what_has_not_and_leaves_what_is_over():
    put(
        plans(
            of(1, ", effective_from: 2025-01-01, effective_until: 2025-03-01"),
            of(2, ", effective_from: 2025-04-01"),
            of(3, ", effective_from: 2025-07-01"),
        )
    )
    plan = put(SMALL, prune=True)
    assert done(plan) == ["retire pay plan Ops 2025-07-01", "retire pay plan Ops 2025-04-01"] or done(
        plan
    ) == [
        "retire pay plan Ops 2025-04-01",
        "retire pay plan Ops 2025-07-01",
    ]
    rows = PlanVersion.objects.order_by("effective_from").values_list("effective_from", "effective_until")
    assert list(rows) == [
        (date(2025, 1, 1), date(2025, 3, 1)),
        (date(2025, 4, 1), date(2025, 6, 11)),
    ]
    assert PayPlan.objects.get().retired_at == NOW
    assert put(SMALL, prune=True).changes == ()
    assert "pay_plans" not in export(now=NOW)


def test_without_prune_a_plan_is_left_alone():
    put(plans(of()))
    plan = put(SMALL)
    assert (done(plan), [one.name for one in plan.left_alone]) == ([], ["Ops"])


def test_a_retired_plan_comes_back():
    put(plans(of()))
    put(SMALL, prune=True)
    put(plans(of()))
    assert (PayPlan.objects.get().retired_at, version().effective_until) == (None, None)
    assert put(plans(of())).changes == ()


def test_a_plan_that_was_only_kept_is_paid_by_once_a_document_says_it():
    body = {"name": "Ops", "currency": "EUR", "standby": [{"band": "all", "amount": 1, "per": "hour"}]}
    KeptPart.objects.create(section="pay_plans", name="Ops", body=body)
    assert put(SMALL).kept == ("pay plan Ops",)
    assert not PayPlan.objects.exists()
    text = export(now=NOW)
    assert "name: Ops" in text.partition("pay_plans")[2]
    assert done(put(text)) == ["create pay plan Ops"]
    assert not KeptPart.objects.exists()
    assert put(text).changes == ()


def test_a_kept_plan_that_no_document_could_say_any_more_is_told_and_dropped_by_prune():
    KeptPart.objects.create(section="pay_plans", name="Ops", body={"name": "Ops", "currency": "XXX"})
    assert put(SMALL).kept == ("pay plan Ops",)
    assert "pay_plans" not in export(now=NOW)
    assert done(put(SMALL, prune=True)) == ["retire kept pay plan Ops"]
    assert not KeptPart.objects.exists()


REACHES = (
    "“Ops” pays from 2025-07-01 here, and the version before it until 2025-08-01; let that one end on "
    "2025-07-01, or leave its effective_until out."
)
FROM = ", effective_from: 2025-01-01"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            [of(1, f"{FROM}, effective_until: 2025-08-01"), of(2, ", effective_from: 2025-07-01")],
            f"pay_plans[1].effective_from (line 26): {REACHES}",
        ),
        (
            [of(2, ", effective_from: 2025-07-01"), of(1, ", effective_until: 2025-08-01")],
            f"pay_plans[0].effective_from (line 25): {REACHES}",
        ),
        ([of(), of(2)], "pay_plans[1].name (line 26): “Ops” stands here twice without effective_from"),
        ([of(1, FROM), of(2, FROM)], "“Ops” stands here twice from 2025-01-01; give each its own day."),
        (
            [of(), of(2, FROM, currency="USD")],
            "pay_plans[1].currency (line 26): “Ops” pays in EUR before; give the plan in USD its own name.",
        ),
        ([of(currency="EURO")], "currency (line 25): “EURO” is not a currency; did you mean EUR?"),
        ([of(currency="XAU")], "“XAU” is not a currency"),
        ([of(currency="usd")], "did you mean USD?"),
        ([of(-1)], "pay_plans[0].standby[0].amount (line 25): “-1” is negative"),
        (
            [of(1, ", role_factors: {primary: -0.5}")],
            "pay_plans[0].role_factors.primary (line 25): “-0.5” is negative",
        ),
        (
            [of(1, ", minimum_per_shift: 50, cap: {amount: 40}")],
            "pay_plans[0].cap.amount (line 25): The cap of 40 is below the least of 50 that one shift pays.",
        ),
        ([of(1, ", cap: {per: month}")], "pay_plans[0].cap (line 25): A cap needs hours or an amount"),
        ([of(whom="people: [anna]")], "people[0] (line 25): There is no user “anna”. Did you mean “ana”?"),
        ([of(whom="people: [ana, ana]")], "pay_plans[0].people[1] (line 25): “ana” stands here twice"),
        ([of(whom="teams: [Opps]")], "teams[0] (line 25): There is no team “Opps”. Did you mean “Ops”?"),
        ([of(whom="places: [UK]")], "pay_plans[0].places[0] (line 25): “UK” is not a holiday calendar"),
        ([of(whom="places: [US-XX]")], "“US-XX” is not a holiday calendar of US"),
        ([of(whom='places: [""]')], "pay_plans[0].places[0] (line 25): This is empty"),
        (
            [of(1, f"{FROM}, effective_until: 2025-01-01")],
            "pay_plans[0].effective_until (line 25): This is not after 2025-01-01",
        ),
        ([of(1, ", precedence: [holliday]")], "precedence[0] (line 25): “holliday” is not a known band"),
        ([of(1, ", call_outs: {merge: 60}")], "pay_plans[0].call_outs.merge (line 25): 60 is not a duration"),
        ([of(1, ", call_outs: {time_in_lieu: {expires: 2w}}")], "Write how much time off is earned"),
        ([of(1, ", call_outs: {time_in_lieu: {rate: 1, awake: 1}}")], "either by rate or by night"),
        ([of("1e15")], "is no amount of money"),
        ([of(".nan")], "is not a number"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_path_and_line(written, said):
    assert any(said in fault for fault in refused(plans(*written))), refused(plans(*written))


def test_a_version_that_reaches_into_a_stored_one_is_refused_and_so_is_another_currency():
    put(plans(of(1, ", effective_from: 2025-07-01")))
    [said] = refused(plans(of(2, f"{FROM}, effective_until: 2025-08-01")))
    assert said == (
        "pay_plans[0] (line 25): Ops from 2025-01-01 is said to pay until 2025-08-01, and Ops from 2025-07-01"
        " begins before that; let the first end on 2025-07-01, or say no end: it ends where the next one"
        " begins."
    )
    [said] = refused(plans(of(1, ", effective_from: 2025-07-01", currency="USD")))
    assert "pays in EUR, which stays so" in said


def test_a_month_that_is_locked_is_not_changed_by_any_document():
    put(plans(of()))
    ana, bo = User.objects.get(username="ana"), User.objects.get(username="bo")
    may = date(2025, 5, 1)
    Statement.objects.create(
        user=ana, month=may, state="locked", reckoned_at=NOW, approved_at=NOW, approved_by=bo, locked_at=NOW,
        locked_by=bo,
    )  # fmt: skip
    [said] = refused(plans(of(2)))
    assert said == (
        "pay_plans[0] (line 25): This would change what statements say that are locked (May 2025). Write a "
        "new version from 2025-06-01 on, or give the people concerned an adjustment in a month that is open."
    )
    put(plans(of(1), of(2, ", effective_from: 2025-06-01")))
    assert version(date(2025, 6, 1)).terms["standby"][0]["amount"] == "2"


def test_the_ledger_says_what_changed():
    put(plans(of(whom="people: [ana]")))
    put(plans(of(2, whom="people: [bo]")))
    entry = Entry.objects.get(verb="pay_plan.changed")
    assert entry.what == (
        "Ops from always changed; band all: 1 per hour -> 2 per hour; pays bo; no longer pays Ana"
    )
    assert entry.actor_name == "apply test.yaml"
    assert entry.data["before"]["standby"][0]["amount"] == "1"


def days(*written):
    items = "".join(f"  - {one}\n" for one in written)
    return f"{SMALL}company_days:\n{items}"


EVE = '{date: 2025-12-24, name: Christmas Eve, start: "12:00"}'


def test_company_days_are_added_changed_taken_away_and_exported():
    put(days(EVE, "{date: 2025-12-26, name: Boxing Day, calendar: DE, worked: true}"))
    assert list(CompanyDay.objects.order_by("date").values_list("calendar", "start", "worked")) == [
        ("", time(12), False),
        ("DE", time(0), True),
    ]
    text = export(now=NOW)
    assert put(text, prune=True).changes == ()
    assert done(put(days(EVE.replace("12:00", "13:00")), prune=True)) == [
        "change company day 2025-12-24",
        "retire company day 2025-12-26 DE",
    ]
    assert CompanyDay.objects.get().start == time(13)


def test_a_company_day_that_is_over_is_not_pruned():
    put(days("{date: 2025-06-10, name: Over}", "{date: 2025-06-11, name: Today}"))
    assert done(put(SMALL, prune=True)) == ["retire company day 2025-06-11"]


BUDGET = "pay_budgets: [{since: 2025-06-01, amount: 5000, currency: EUR}]"


def with_budgets(budgets):
    return SMALL.replace("bo: manager}}", f"bo: manager}}, {budgets}}}")


def test_budgets_of_a_team_are_set_changed_left_alone_and_taken_away():
    put(with_budgets(BUDGET))
    assert PayBudget.objects.get().amount == 5000
    assert put(SMALL).changes == ()  # not given: left alone
    assert put(export(now=NOW), prune=True).changes == ()
    assert put(with_budgets(BUDGET.replace("5000", '"5000.00"'))).changes == ()
    assert done(put(with_budgets(BUDGET.replace("5000", "5500.5")))) == ["change team Ops"]
    assert PayBudget.objects.get().amount == Decimal("5500.5")
    assert done(put(with_budgets("pay_budgets: []"))) == ["change team Ops"]
    assert not PayBudget.objects.exists()
    assert put(with_budgets("pay_budgets: []")).changes == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (days("{date: 2025-02-30, name: x}"), "company_days[0].date (line 25): “2025-02-30” is not a day"),
        (days("{date: 2025-12-24, name: ''}"), "company_days[0].name (line 25): This is empty"),
        (days(EVE, EVE), "company_days[1] (line 26): This is a day of the same people twice; keep one."),
        (days(EVE.replace("}", ', end: "11:00"}')), "company_days[0].end (line 25): This is not after 12:00"),
        (days(EVE.replace("}", ", worked: true}")), "leave start and end out"),
        (days("{date: 2025-12-24, name: x, calendar: UK}"), "“UK” is not a holiday calendar"),
        (with_budgets(BUDGET.replace("06-01", "06-02")), "write the first of a month, 2025-06-01."),
        (with_budgets(BUDGET.replace("5000", "-1")), "“-1” is negative"),
        (with_budgets(BUDGET.replace("EUR", "EURO")), "did you mean EUR?"),
        (with_budgets(BUDGET.replace("5000", "1e12")), "is no budget"),
        (
            with_budgets(BUDGET.replace("]", ", {since: 2025-06-01, amount: 1, currency: EUR}]")),
            "pay_budgets[1] (line 7): This budget stands here twice",
        ),
    ],
)  # fmt: skip
def test_days_and_budgets_that_make_no_sense_are_refused(source, said):
    assert any(said in fault for fault in refused(source)), refused(source)


def test_what_the_docs_show_can_be_applied():
    shown = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "pay.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(shown) == 3
    for block in shown:
        put("version: 1\nusers: [{username: alice}, {username: bob}]\n" + block)
    assert PayPlan.objects.get().versions.get().terms["call_outs"]["time_in_lieu"]["expires"] == 1209600
    assert (CompanyDay.objects.count(), PayBudget.objects.count()) == (2, 1)
