"""Several at once: nothing is made twice, nothing approved that was not seen, and nothing locked is lost."""

import pytest

from oncall.actions import Overtaken, Refused
from oncall.compensation.actions import reconciling, statements
from oncall.compensation.actions.adjustments import adjust
from oncall.compensation.actions.lieu import use
from oncall.compensation.actions.statements import approve
from oncall.compensation.models import Adjustment, LieuUse, Statement
from oncall.compensation.reckoning import reckoned
from oncall.compensation.selectors import lieu_balance
from tests.oncall.compensation.payroll import DAY, JULY, JUNE, NOW, Payroll, as_of, total
from tests.oncall.compensation.test_adjustments import BONUS
from tests.oncall.compensation.test_lieu_uses import CALLED, credit
from tests.racing import at_once, outcomes_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def payroll():
    return Payroll()


def owed(user, month=JUNE, until=JULY):
    return reckoned([user.pk], since=month, until=until, now=NOW)[user.pk].statement.totals()["GBP"]


def test_two_refreshes_at_once_make_each_draft_once(payroll):
    payroll.covered(10)
    at_once(*[payroll.refresh] * 3)
    assert Statement.objects.count() == 2
    assert [total(payroll.of(user)) for user in (payroll.ana, payroll.bo)] == [696, 24]


def test_approved_while_it_is_refreshed_it_is_what_was_reckoned(payroll):
    draft = payroll.draft()
    payroll.covered(10)

    def yes():
        return approve(statement=draft, by=as_of(payroll.mia), now=NOW)

    at_once(yes, payroll.refresh, payroll.refresh)
    row = payroll.of()
    assert (row.state, total(row)) == ("approved", 696)


def meanwhile(monkeypatch, module, did):
    """`did` happens once, after it was reckoned and before anything is written."""
    real, left = module.reckoned, [did]

    def reckoned_then(*args, **more):
        found = real(*args, **more)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(module, "reckoned", reckoned_then)


def test_what_was_reckoned_before_an_approval_is_not_written_after_it(payroll, monkeypatch):
    draft = payroll.draft()

    def approved_with_the_cover():
        payroll.covered(10)
        approve(statement=draft, by=as_of(payroll.mia), now=NOW)

    meanwhile(monkeypatch, statements, approved_with_the_cover)
    payroll.refresh(payroll.ana)
    row = payroll.of()
    assert (row.state, total(row)) == ("approved", 696)


def test_a_difference_that_somebody_made_good_meanwhile_is_not_made_good_again(payroll, monkeypatch):
    payroll.locked()
    payroll.covered(10)
    again = reconciling.reconcile
    meanwhile(monkeypatch, reconciling, lambda: again(user_ids=[payroll.ana.pk], month=JUNE, now=NOW))
    payroll.refresh(month=JULY)
    assert Adjustment.objects.get().amount == -24


def test_a_difference_found_by_two_at_once_is_made_good_once(payroll):
    payroll.locked()
    payroll.covered(10)
    at_once(*[lambda: payroll.refresh(month=JULY)] * 3)
    assert Adjustment.objects.get().amount == -24
    assert total(payroll.of()) + Adjustment.objects.get().amount == owed(payroll.ana)


def test_an_adjustment_is_in_what_is_approved_or_is_refused(payroll):
    """Whichever comes first: no adjustment is lost between a draft and its approval."""
    draft = payroll.draft()

    def yes():
        return approve(statement=draft, by=as_of(payroll.mia), now=NOW)

    def more():
        return adjust(user=payroll.ana, month=JUNE, **BONUS, by=as_of(payroll.root), now=NOW)

    outcomes = outcomes_at_once(yes, more)
    refused = isinstance(outcomes[1], Refused)
    assert refused or not isinstance(outcomes[1], Exception), outcomes
    assert total(payroll.of()) == 720 + (0 if refused else BONUS["amount"])


def test_two_approve_at_once_and_one_hears_who_was_quicker(payroll):
    draft = payroll.draft()
    outcomes = outcomes_at_once(
        lambda: approve(statement=draft, by=as_of(payroll.mia), now=NOW),
        lambda: approve(statement=draft, by=as_of(payroll.root), now=NOW),
    )
    assert sorted(type(one).__name__ for one in outcomes) == [Overtaken.__name__, "Statement"]


def test_the_same_minutes_are_taken_off_once(payroll):
    credit(payroll.draft(), 90, CALLED)

    def off():
        return use(user=payroll.ana, at=NOW + DAY, minutes=60, by=as_of(payroll.ana), now=NOW)

    outcomes = outcomes_at_once(off, off)
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
    assert LieuUse.objects.count() == 1
    assert lieu_balance(payroll.ana, NOW + DAY).overdrawn == 0
