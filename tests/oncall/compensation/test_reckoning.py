"""What people are owed, reckoned out of the rows: schedules, overrides, plans and moves."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from oncall.actions import add_override
from oncall.compensation.models import Assignment, CompanyDay, PayPlan, PlanVersion
from oncall.compensation.reckoning import reckoned
from people import actions as people
from people.ledger.record import Actor
from people.models import Team, User
from tests.oncall.test_reading import schedule

pytestmark = pytest.mark.django_db
BY = Actor("test")
BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
AFTER = datetime(2025, 12, 1, tzinfo=UTC)
BY_THE_WEEK = {
    "standby": [
        {"band": "weekday", "days": ["mon", "tue", "wed", "thu", "fri"], "amount": "200", "per": "week",
         "prorate": True},
        {"band": "weekend", "days": ["sat", "sun"], "amount": "500", "per": "weekend", "prorate": True},
    ]
}  # fmt: skip


def person(name, zone="America/New_York", **more):
    return people.create_user(username=name, time_zone=zone, by=BY, now=BEFORE, **more)


def plan(name, currency, terms, *whom, **dates):
    """A version of the plan, for `whom`: people, teams, or places by name."""
    row, _ = PayPlan.objects.get_or_create(name=name, currency=currency)
    version = PlanVersion.objects.create(plan=row, terms=terms, created_at=BEFORE, **dates)
    for one in whom:
        kind = {User: "user", Team: "team", str: "place"}[type(one)]
        Assignment.objects.create(version=version, **{kind: one})
    return version


def owed(user, since, until):
    return reckoned([user.pk], since=since, until=until, now=AFTER)[user.pk]


def totals(user, since, until):
    return owed(user, since, until).statement.totals()


def hourly(amount):
    return {"standby": [{"band": "all", "amount": amount, "per": "hour"}]}


WEEK = (date(2025, 6, 2), date(2025, 6, 9))


def test_a_whole_week_and_one_with_a_day_of_the_weekend_covered():
    ana, bo = person("ana"), person("bo")
    pager = schedule("Checkout", ana, now=BEFORE)
    plan("Engineering US", "USD", BY_THE_WEEK, ana, bo)
    assert totals(ana, *WEEK) == {"USD": Decimal("700.00")}
    saturday = datetime(2025, 6, 7, 16, tzinfo=UTC)
    cover = add_override(
        schedule=pager, role="primary", kind="cover", start=saturday, end=saturday + timedelta(days=1),
        user=bo, by=BY, now=BEFORE + timedelta(days=100),
    )  # fmt: skip
    assert totals(ana, *WEEK) == {"USD": Decimal("450.00")}
    assert totals(bo, *WEEK) == {"USD": Decimal("250.00")}
    assert {line.override for line in owed(bo, *WEEK).statement.lines} == {f"cover #{cover.pk}"}


def test_each_version_pays_its_own_days_and_what_no_version_pays_is_counted():
    ana = person("ana", "Europe/London")
    schedule("Checkout", ana, now=BEFORE)
    plan("UK", "GBP", hourly("1"), ana, effective_until=date(2025, 6, 4))
    plan("UK", "GBP", hourly("2"), ana, effective_from=date(2025, 6, 5))
    found = owed(ana, *WEEK)
    assert found.statement.totals() == {"GBP": Decimal(2 * 24 * 1 + 4 * 24 * 2)}
    assert found.unpaid == timedelta(days=1)


def test_who_moves_is_paid_by_the_clock_of_each_place():
    ana = person("ana", "Europe/London")
    schedule("Checkout", ana, now=BEFORE)
    night = {"standby": [{"band": "night", "start": "00:00", "end": "06:00", "days": ["mon", "tue", "wed",
             "thu", "fri", "sat", "sun"], "amount": "10", "per": "hour"}]}  # fmt: skip
    plan("Nights", "GBP", night, ana)
    moves = datetime(2025, 6, 4, 12, tzinfo=UTC)
    people.change_user(user=ana, time_zone="Asia/Tokyo", by=BY, now=moves)
    found = owed(ana, *WEEK)
    assert found.statement.totals() == {"GBP": Decimal(6 * 6 * 10 + 60)}
    starts = {line.span.start.hour for line in found.statement.lines if line.span.start > moves}
    assert starts == {15}, "midnight in Tokyo"


def test_who_left_a_team_is_paid_by_it_for_the_time_they_were_in_it():
    ana, bo = person("ana"), person("bo")
    schedule("Checkout", ana, now=BEFORE)
    team = people.create_team(name="Shop", by=BY, now=BEFORE)
    people.set_members(team=team, members={ana: "responder", bo: "manager"}, by=BY, now=BEFORE)
    plan("Shop", "USD", hourly("1"), team)
    left = datetime(2025, 6, 5, 4, tzinfo=UTC)  # midnight in New York
    people.set_members(team=team, members={bo: "manager"}, by=BY, now=left)
    found = owed(ana, *WEEK)
    assert found.statement.totals() == {"USD": Decimal(3 * 24)}
    assert found.unpaid == timedelta(days=4)
    people.set_members(team=team, members={ana: "responder"}, by=BY, now=left + timedelta(days=2))
    assert totals(ana, *WEEK) == {"USD": Decimal(5 * 24)}


def test_a_plan_of_ones_own_comes_before_that_of_the_place_and_that_before_the_teams():
    ana = person("ana", "Europe/London", holidays="GB-ENG")
    schedule("Checkout", ana, now=BEFORE)
    team = people.create_team(name="Shop", by=BY, now=BEFORE)
    people.set_members(team=team, members={ana: "responder"}, by=BY, now=BEFORE)
    plan("Team", "GBP", hourly("1"), team)
    assert totals(ana, *WEEK) == {"GBP": Decimal(168)}
    plan("Place", "GBP", hourly("2"), "GB")
    assert totals(ana, *WEEK) == {"GBP": Decimal(336)}
    plan("Own", "GBP", hourly("3"), ana)
    assert totals(ana, *WEEK) == {"GBP": Decimal(504)}


def test_a_company_day_is_a_holiday_for_its_part_of_the_day_and_a_worked_one_is_none():
    ana = person("ana", "Europe/London", holidays="GB-ENG")
    schedule("Checkout", ana, now=BEFORE)
    holiday = {"standby": [{"band": "holiday", "holidays": True, "amount": "1", "per": "hour"}]}
    plan("Holidays", "GBP", holiday, ana)
    assert totals(ana, *WEEK) == {}
    CompanyDay.objects.create(date=date(2025, 6, 4), name="Summer party", start="12:00")
    CompanyDay.objects.create(date=date(2025, 6, 5), name="Founders", calendar="GB")
    CompanyDay.objects.create(date=date(2025, 6, 6), name="Not here", calendar="US")
    CompanyDay.objects.create(date=date(2025, 6, 5), name="All the same", calendar="GB-ENG", worked=True)
    assert totals(ana, *WEEK) == {"GBP": Decimal(12)}


def test_a_cap_of_the_month_counts_what_was_earned_before_the_days_asked_for():
    ana = person("ana", "Europe/London")
    schedule("Checkout", ana, now=BEFORE)
    plan("Capped", "GBP", {**hourly("1"), "cap": {"amount": "200", "per": "month"}}, ana)
    assert totals(ana, date(2025, 6, 1), date(2025, 7, 1)) == {"GBP": Decimal(200)}
    assert totals(ana, date(2025, 6, 8), date(2025, 6, 12)) == {"GBP": Decimal(200 - 168)}


def test_a_shift_is_one_stretch_of_a_turn_and_half_of_it_is_half_of_the_rate():
    ana, bo = person("ana", "UTC"), person("bo", "UTC")
    pager = schedule("Checkout", ana, bo, now=BEFORE)
    by_shift = {"standby": [{"band": "shift", "amount": "50", "per": "shift", "prorate": True}]}
    plan("Shifts", "EUR", by_shift, ana, bo)
    before = totals(ana, *WEEK)["EUR"], totals(bo, *WEEK)["EUR"]
    assert sum(before) == 350
    middle = datetime(2025, 6, 3, 18, tzinfo=UTC)
    add_override(
        schedule=pager, role="primary", kind="cover", start=middle, end=middle + timedelta(hours=12),
        user=bo, by=BY, now=BEFORE + timedelta(days=100),
    )  # fmt: skip
    after = totals(ana, *WEEK)["EUR"], totals(bo, *WEEK)["EUR"]
    assert sum(after) == 350
    assert abs(after[0] - before[0]) == Decimal("12.50"), "six of the twelve hours were Ana's"


def test_any_number_of_people_costs_the_same_number_of_queries(django_assert_num_queries):
    everybody = [person(f"p{n}") for n in range(5)]
    schedule("Checkout", *everybody, now=BEFORE)
    plan("Engineering US", "USD", BY_THE_WEEK, *everybody)
    for some in (everybody[:1], everybody):
        with django_assert_num_queries(16):
            reckoned([one.pk for one in some], since=WEEK[0], until=WEEK[1], now=AFTER)
