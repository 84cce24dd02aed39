"""Adjustments: who may make them, of what, and that money is conserved whatever happens after a lock."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.actions import Overtaken, Refused
from oncall.compensation.actions.adjustments import adjust, cancel_adjustment
from oncall.compensation.core.reconciled import Said, Sum, changes, missing
from oncall.compensation.models import Adjustment, StatementLine
from oncall.compensation.reckoning import reckoned
from people.ledger.models import Entry
from tests.oncall.compensation.payroll import JULY, JUNE, NOW, WHOLE_JUNE, Payroll, amounts, as_of, total
from tests.oncall.compensation.plans import UTC, datetime

pytestmark = pytest.mark.django_db
BONUS = {"amount": Decimal("12.50"), "currency": "GBP", "why": "Stood in for two at once"}


@pytest.fixture
def payroll():
    return Payroll()


def add(payroll, by=None, **more):
    asked = {"user": payroll.ana, "month": JUNE} | BONUS | more
    return adjust(**asked, by=as_of(by or payroll.mia), now=NOW)


def test_an_adjustment_is_a_line_of_its_month_at_once(payroll):
    add(payroll, lieu_minutes=30, about=date(2025, 5, 1))
    row = payroll.of()
    line = StatementLine.objects.get(statement=row, kind="adjustment")
    assert total(row) == WHOLE_JUNE + Decimal("12.50")
    assert (line.because, line.rate, line.lieu_minutes) == (BONUS["why"], "about May 2025", 30)
    entry = Entry.objects.get(verb="adjustment.added")
    assert (entry.what, entry.why) == ("12.50 GBP and +30 min in lieu for ana in June 2025", BONUS["why"])


def test_one_may_take_away_and_be_of_a_month_to_come(payroll):
    add(payroll, amount=Decimal(-5), month=JULY)
    payroll.refresh(month=JULY)
    assert ("adjustment", Decimal(-5)) in amounts(payroll.of(month=JULY))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"why": "  "}, "Say why"),
        ({"why": "x" * 401}, "at most 400"),
        ({"currency": "GPB"}, "“GPB” is not a currency; did you mean"),
        ({"currency": "XAU"}, "is not a currency"),
        ({"currency": ""}, "is not a currency"),
        ({"amount": Decimal("0.005")}, "smallest amount is 0.01 GBP"),
        ({"amount": Decimal("0.5"), "currency": "JPY"}, "smallest amount is 1 JPY"),
        ({"amount": Decimal("NaN")}, "The amount is NaN"),
        ({"amount": Decimal("-Infinity")}, "The amount is -Infinity"),
        ({"amount": Decimal("1e12")}, "write one of at most"),
        ({"amount": Decimal(0)}, "It changes nothing"),
        ({"lieu_minutes": 10**9}, "more than a year"),
        ({"month": date(2025, 6, 2)}, "named by its first day"),
        ({"about": date(2025, 5, 31)}, "named by its first day"),
        ({"month": date(1, 1, 1)}, "write one of 1970 to 2199"),
        ({"about": date(9999, 12, 1)}, "write one of 1970 to 2199"),
    ],
)
def test_what_cannot_be_paid_is_refused(payroll, wrong, said):
    with pytest.raises(Refused, match=said):
        add(payroll, **wrong)
    assert not Adjustment.objects.exists()


def test_nobody_adjusts_their_own_pay_nor_that_of_strangers(payroll):
    payroll.members(payroll.team, {payroll.ana: "manager"}, NOW)
    for by in (payroll.ana, payroll.kim, payroll.bo):
        with pytest.raises(Refused, match=r"Nobody adjusts their own|Only managers"):
            add(payroll, by=by)
    assert add(payroll, by=payroll.root).created_by == payroll.root


def test_a_month_that_is_approved_or_locked_is_not_adjusted(payroll):
    payroll.approved()
    with pytest.raises(Refused, match="is approved; return it to a draft first"):
        add(payroll)
    payroll.of().delete()
    payroll.locked()
    with pytest.raises(Refused, match="is locked and does not change"):
        add(payroll)
    assert total(payroll.of()) == WHOLE_JUNE


def test_cancelled_while_its_month_is_open(payroll):
    row = add(payroll)
    for by in (payroll.ana, payroll.kim):
        with pytest.raises(Refused):
            cancel_adjustment(adjustment=row, by=as_of(by), now=NOW)
    cancel_adjustment(adjustment=row, by=as_of(payroll.mia), now=NOW)
    assert total(payroll.of()) == WHOLE_JUNE
    with pytest.raises(Overtaken, match="was cancelled on 2025-07-03"):
        cancel_adjustment(adjustment=row, by=as_of(payroll.mia), now=NOW)
    kept = add(payroll)
    payroll.locked()
    with pytest.raises(Refused, match="is locked"):
        cancel_adjustment(adjustment=kept, by=as_of(payroll.mia), now=NOW)


def test_what_was_found_is_not_cancelled(payroll):
    payroll.locked()
    payroll.covered(10)
    payroll.refresh(month=JULY)
    with pytest.raises(Refused, match="it would be found again"):
        cancel_adjustment(adjustment=Adjustment.objects.get(), by=as_of(payroll.mia), now=NOW)


def test_what_somebody_entered_about_a_month_counts_as_made_good(payroll):
    payroll.locked()
    add(payroll, month=JULY, about=JUNE, amount=Decimal(-24))
    payroll.covered(10)
    payroll.refresh(month=JULY)
    assert Adjustment.objects.count() == 1
    payroll.covered(12)
    payroll.refresh(month=JULY)
    assert Adjustment.objects.get(found=True).amount == -24


def test_a_gift_about_a_month_is_not_taken_back(payroll):
    payroll.locked()
    add(payroll, month=JULY, about=JUNE)
    payroll.refresh(month=JULY)
    assert not Adjustment.objects.filter(found=True).exists()


sums = st.lists(st.builds(Sum, st.sampled_from(["GBP", "USD", ""]), st.integers(-99, 99).map(Decimal)))


def came_to(*parts):
    found = {}
    for currency, amount in (one for part in parts for one in part):
        found[currency] = found.get(currency, 0) + amount
    return {currency: amount for currency, amount in found.items() if amount}


@given(paid=sums, found=sums, now=sums)
def test_what_was_paid_and_what_is_made_good_come_to_what_is_owed(paid, found, now):
    left = missing(paid=paid, found=found, entered=(), now=now)
    made = [Sum(*one) for one in left.items()]
    assert came_to(paid, found, made) == came_to(now)
    assert missing(paid=paid, found=[*found, *made], entered=(), now=now) == {}


@given(paid=sums, found=sums, entered=sums, now=sums)
def test_making_good_again_adds_nothing_and_gifts_are_never_turned_around(paid, found, entered, now):
    left = missing(paid=paid, found=found, entered=entered, now=now)
    made = [Sum(*one) for one in left.items()]
    assert missing(paid=paid, found=[*found, *made], entered=entered, now=now) == {}
    without = missing(paid=paid, found=found, entered=(), now=now)
    assert all(0 < amount / without[currency] <= 1 for currency, amount in left.items())


DAYS = st.lists(st.tuples(st.integers(2, 28), st.integers(1, 23), st.booleans()), min_size=1, max_size=4)


@given(DAYS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_money_is_conserved_over_any_changes_after_the_lock(payroll, changed):
    """sum(locked lines) + adjustments about the month == what is reckoned now, after every step."""
    point = transaction.savepoint()
    payroll.covered(1)
    for user in (payroll.ana, payroll.bo):
        payroll.locked(user)
    covers = {}
    for n, (day, hours, undone) in enumerate(changed):
        if day in covers and undone:
            covers[day].cancelled_at = NOW
            covers.pop(day).save()
        elif day not in covers:
            covers[day] = payroll.covered(day, hours=hours)
        payroll.refresh(month=JULY, now=NOW + timedelta(hours=n))
        for user in (payroll.ana, payroll.bo):
            owed = reckoned([user.pk], since=JUNE, until=JULY, now=NOW)[user.pk].statement.totals()
            about = Adjustment.objects.filter(user=user, about=JUNE)
            assert total(payroll.of(user)) + sum(one.amount for one in about) == owed["GBP"]
    transaction.savepoint_rollback(point)


def test_what_changed_is_said_in_words():
    at = datetime(2025, 6, 7, tzinfo=UTC)
    gone, came = (Said(name="standby", start=at, amount=amount) for amount in ("500.00 GBP", "250.00 GBP"))
    more = [Said(name="call-out", start=at + timedelta(days=n), amount="10 GBP") for n in range(4)]
    assert changes([gone], [came]) == "standby, 7 Jun: 250.00 GBP instead of 500.00 GBP"
    assert changes([gone, gone], [gone]) == "gone: standby, 7 Jun, 500.00 GBP"
    assert changes([], more).endswith("new: call-out, 9 Jun, 10 GBP; and 1 more")
    assert changes(more, more) == ""
