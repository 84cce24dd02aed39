"""Time in lieu: what call-outs credit, what is taken off, and what is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.actions import Overtaken, Refused
from oncall.compensation.actions.lieu import cancel_use, use
from oncall.compensation.core import lieu
from oncall.compensation.core.lieu import Credit, Use
from oncall.compensation.models import Adjustment, LieuUse, StatementLine
from oncall.compensation.selectors import lieu_balance, lieu_ledger
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.oncall.compensation.payroll import DAY, JULY, NOW, Payroll, as_of

pytestmark = pytest.mark.django_db
CALLED = datetime(2025, 6, 10, 2, tzinfo=UTC)


@pytest.fixture
def payroll():
    made = Payroll()
    draft = made.draft()
    credit(draft, 90, CALLED)
    return made


def credit(draft, minutes, at, lasts=timedelta(days=30)):
    """What a call-out that ended at `at` would have written."""
    position = 100 + StatementLine.objects.filter(statement=draft).count()
    StatementLine.objects.create(
        statement=draft, position=position, kind="call_out", plan="UK", start=at - timedelta(hours=1), end=at,
        seconds=3600, exact="0", amount=0, currency="GBP", lieu_minutes=minutes, lieu_expires=at + lasts,
    )  # fmt: skip


def take(payroll, minutes, *, at=NOW + DAY, by=None, user=None):
    who = user or payroll.ana
    return use(user=who, at=at, minutes=minutes, why="Slept in", by=as_of(by or who), now=NOW)


def test_a_balance_at_any_date(payroll):
    take(payroll, 60)
    instants = (CALLED - timedelta(seconds=1), CALLED, NOW, NOW + DAY, CALLED + timedelta(days=30))
    assert [lieu_balance(payroll.ana, at).left for at in instants] == [0, 90, 90, 30, 0]
    assert lieu_balance(payroll.ana, CALLED + timedelta(days=30)).lost == 30


def test_drafts_count_and_adjustments_do_once(payroll):
    Adjustment.objects.create(
        user=payroll.ana, month=JULY, amount=0, currency="GBP", lieu_minutes=45, why="More", created_at=NOW
    )
    payroll.refresh(month=JULY)
    assert lieu_balance(payroll.ana, NOW).left == 135
    Adjustment.objects.create(
        user=payroll.ana, month=JULY, amount=0, currency="GBP", lieu_minutes=-100, why="Less", created_at=NOW
    )
    payroll.refresh(month=JULY)
    assert lieu_balance(payroll.ana, NOW).left == 35
    assert lieu_balance(payroll.ana, NOW).overdrawn == 0


def test_the_ledger_says_what_was_earned_used_and_lost(payroll):
    take(payroll, 60)
    found = lieu_ledger(payroll.ana, CALLED + timedelta(days=30))
    assert [(one.what, one.minutes, one.left) for one in found] == [
        ("earned", 90, 90),
        ("used", -60, 30),
        ("lost", -30, 0),
    ]


def test_never_more_than_there_is(payroll):
    with pytest.raises(
        Refused, match=r"ana has 1 h 30 min .* at 10:00 \(Europe/London\); 1 h 31 min is more"
    ):
        take(payroll, 91)
    take(payroll, 60, by=payroll.mia)
    with pytest.raises(Refused, match="Write at most 30 minutes"):
        take(payroll, 31)
    take(payroll, 30)
    with pytest.raises(Refused, match=r"has 0 min of time in lieu"):
        take(payroll, 1)
    with pytest.raises(Refused, match="0 min"):
        take(payroll, 1, at=CALLED - DAY)
    with pytest.raises(Refused, match="0 min"):
        take(payroll, 1, user=payroll.bo)
    assert Entry.objects.filter(verb="lieu.used", subject_type="pay").count() == 2


def test_what_is_planned_for_later_is_not_taken_from_it(payroll):
    take(payroll, 60, at=NOW + 2 * DAY)
    with pytest.raises(Refused, match="of which later time off needs 10 min: write at most 30 minutes"):
        take(payroll, 40, at=NOW + DAY)
    take(payroll, 30, at=NOW + DAY)


@pytest.mark.parametrize("minutes", [0, -5, 10**9])
def test_no_time_is_not_taken_off(payroll, minutes):
    with pytest.raises(Refused, match="cannot be taken off"):
        take(payroll, minutes)


def test_only_the_person_and_their_managers_enter_it(payroll):
    for by in (as_of(payroll.kim), as_of(payroll.bo), Actor("a script")):
        with pytest.raises(Refused, match=r"Only ana and managers|is no person"):
            use(user=payroll.ana, at=NOW, minutes=10, by=by, now=NOW)
    assert not LieuUse.objects.exists()


def test_cancelled_before_it_began_and_afterwards_by_a_manager(payroll):
    row = take(payroll, 60, at=NOW + DAY)
    with pytest.raises(Refused, match="Only ana and managers"):
        cancel_use(use=row, by=as_of(payroll.bo), now=NOW)
    cancel_use(use=row, by=as_of(payroll.ana), now=NOW)
    with pytest.raises(Overtaken, match="was cancelled on 2025-07-03"):
        cancel_use(use=row, by=as_of(payroll.ana), now=NOW)
    row = take(payroll, 60, at=NOW)
    with pytest.raises(Refused, match="only a manager of yours cancels it now"):
        cancel_use(use=row, by=as_of(payroll.ana), now=NOW)
    cancel_use(use=row, by=as_of(payroll.mia), now=NOW)
    assert lieu_balance(payroll.ana, NOW).left == 90


MOMENTS = st.integers(0, 40).map(lambda n: CALLED + n * DAY)
CREDITS = st.builds(
    lambda at, minutes, lasts: Credit(at=at, minutes=minutes, expires=lasts and at + lasts * DAY),
    MOMENTS, st.integers(1, 300), st.one_of(st.none(), st.integers(1, 20)),
)  # fmt: skip
USES = st.builds(lambda at, minutes: Use(at=at, minutes=minutes), MOMENTS, st.integers(1, 300))


@given(st.lists(CREDITS, max_size=6), st.lists(USES, max_size=6), MOMENTS)
def test_the_account_ends_with_the_balance(credited, uses, at):
    """What is overdrawn was used and not there: the account goes that far below the balance."""
    found = lieu.booked(credited, uses, at=at)
    balance = lieu.balance(credited, uses, at=at)
    left = found[-1].left if found else 0
    assert left == balance.left - balance.overdrawn
    assert [one.at for one in found] == sorted(one.at for one in found)
