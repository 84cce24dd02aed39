"""What a report says that shifts cost is what pay says of the same time, to the cent.

Ana is primary from Monday 2 March 2026 09:00 UTC for a week, and secondary in the weeks around it. She alone
is paid.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from escalation import engine
from oncall.compensation.actions import plans
from oncall.compensation.reckoning import reckoned
from paging import dispatch
from tests.world import MONDAY, TESTS, World
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of

pytestmark = pytest.mark.django_db
A_DAY, A_WEEK = timedelta(days=1), timedelta(days=7)
MIDNIGHT = MONDAY - timedelta(hours=9)
HOURLY = {"band": "all", "amount": "1", "per": "hour"}
NIGHTLY = {"band": "night", "start": "22:00", "end": "06:00", "amount": "10", "per": "hour"}
CALLED_OUT = {
    "outside": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "12:00", "end": "18:00"},
    "pay": {"amount": "50", "per": "call_out"},
}


def paid(world, *standby, **more):
    plan = plans.create_plan(name="Ops", currency="EUR", by=TESTS, now=world.now)
    plans.set_version(
        plan=plan, effective_from=None, effective_until=None, terms={"standby": list(standby), **more},
        people=[world.ana], teams=(), places=(), by=TESTS, now=world.now,
    )  # fmt: skip


def report(world, since, until, *, whole=False):
    return report_of(world.team, Scope(since=since, until=until, now=world.now, whole=whole))


def euros(cost):
    return sum((one.amount for one in cost), Decimal(0))


def test_weekly_reports_add_up_to_what_pay_says_of_the_same_weeks():
    world = World()
    paid(world, HOURLY)
    world.now = MIDNIGHT + 2 * A_WEEK
    weeks = [report(world, MIDNIGHT + n * A_WEEK, MIDNIGHT + (n + 1) * A_WEEK, whole=True) for n in range(2)]
    owed = reckoned([world.ana.pk], since=MIDNIGHT.date(), until=world.now.date(), now=world.now)
    (told,) = owed[world.ana.pk].statement.totals().values()
    assert told == 2 * 7 * 24
    assert [euros(week.totals.cost) for week in weeks] == [7 * 24, 7 * 24], "each its own time only"
    primary = next(row for row in weeks[1].shifts if (row.user, row.role) == ("ana", "primary"))
    assert euros(primary.cost) == 7 * 24, "the shift is shown whole, from Monday before"


def test_a_shift_that_is_cut_costs_the_nights_that_lie_in_it():
    world = World()
    paid(world, NIGHTLY)
    world.now = MONDAY + A_WEEK
    cut = report(world, MONDAY, datetime(2026, 3, 5, 2, tzinfo=UTC))
    primary = next(row for row in cut.shifts if (row.user, row.role) == ("ana", "primary"))
    assert euros(primary.cost) == (8 + 8 + 4) * 10
    assert euros(cut.totals.cost) == (8 + 8 + 4) * 10
    by_day = cut.model_copy(update={"shifts": report(world, MONDAY, MONDAY + A_DAY / 2).shifts})
    assert not any(row.cost for row in by_day.shifts), "a day without a night"


def test_a_call_out_is_of_the_shift_whose_page_it_was_also_where_it_left_after_its_end():
    world = World()
    paid(world, {**HOURLY, "amount": "0"}, call_outs=CALLED_OUT)
    world.now = MONDAY + A_WEEK - timedelta(seconds=2)
    incident = world.alert()
    engine.run_due(clock=lambda: world.now)
    world.now += timedelta(seconds=5)
    dispatch.send_due(clock=lambda: world.now)
    world.acknowledge(incident, world.ana)
    world.now += A_DAY
    both = report(world, MONDAY, MONDAY + A_WEEK + A_DAY)
    costs = {(row.user, row.role): euros(row.cost) for row in both.shifts if row.pages or row.cost}
    assert costs == {("ana", "primary"): 50}
    assert (euros(both.totals.cost), euros(both.keys[0].cost)) == (50, 50)
