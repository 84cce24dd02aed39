"""Statements: made as drafts, approved by somebody else, locked for good, and made good afterwards."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from oncall.actions import Overtaken, Refused
from oncall.compensation.actions import statements
from oncall.compensation.actions.statements import approve, back_to_draft, lock, refresh
from oncall.compensation.models import Adjustment, PlanVersion, Statement, StatementLine
from oncall.compensation.selectors import fingerprint, lines_of, months_of, totals_of
from people.actions import change_user
from people.ledger.models import Entry
from people.ledger.record import Actor
from tests.oncall.compensation.payroll import (
    AUGUST,
    DAY,
    JULY,
    JUNE,
    NOW,
    WHOLE_JUNE,
    Payroll,
    amounts,
    as_of,
    total,
)
from tests.oncall.compensation.test_reckoning import BEFORE, BY, hourly, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def payroll():
    return Payroll()


def test_whoever_carried_anything_has_a_draft_and_nobody_else(payroll):
    assert payroll.refresh() == 1
    draft = payroll.of()
    assert draft.state == Statement.State.DRAFT
    assert total(draft) == WHOLE_JUNE
    assert not Statement.objects.exclude(user=payroll.ana).exists()
    assert list(months_of(payroll.ana)) == [draft]
    assert str(totals_of([draft])[draft.pk]) == "720.00 GBP"


def test_every_line_keeps_its_evidence(payroll):
    cover = payroll.covered(10, hours=8)
    payroll.refresh()
    line = lines_of(payroll.of(payroll.bo)).get()
    assert (line.schedule, line.role, line.override) == ("Checkout", "primary", f"cover #{cover.pk}")
    assert (line.start, line.end, line.seconds) == (cover.start, cover.end, 8 * 3600)
    assert (line.rate, line.exact, line.amount, line.currency) == ("1 per hour", "8", Decimal(8), "GBP")


def test_refreshed_again_nothing_is_written(payroll):
    payroll.refresh()
    before = list(StatementLine.objects.values_list("pk", flat=True))
    assert payroll.refresh(now=NOW + DAY) == 0
    assert list(StatementLine.objects.values_list("pk", flat=True)) == before
    assert payroll.of().reckoned_at == NOW + DAY


def test_what_changed_is_in_the_draft_and_nothing_twice(payroll):
    payroll.refresh()
    payroll.covered(10)
    assert payroll.refresh() == 2
    assert (total(payroll.of()), total(payroll.of(payroll.bo))) == (WHOLE_JUNE - 24, 24)


def test_a_refresh_that_began_earlier_overwrites_nothing(payroll):
    payroll.refresh(now=NOW + DAY)
    Statement.objects.update(warnings=["of the later one"])
    assert payroll.refresh(now=NOW) == 0
    assert payroll.of().warnings == ["of the later one"]


def test_hours_that_no_plan_pays_are_a_warning(payroll):
    payroll.plan.effective_from = date(2025, 6, 2)
    payroll.plan.save()
    assert payroll.draft().warnings == ["24.00 h were carried that no plan pays."]


def test_a_batch_costs_the_same_number_of_queries_for_any_number_of_people(payroll):
    def queries(users):
        with CaptureQueriesContext(connection) as asked:
            payroll.refresh(*users)
        return len(asked)

    payroll.refresh()
    for n in range(6):
        payroll.covered(10 + n, by=person(f"p{n}"))
    everybody = [one.user for one in payroll.pager.overrides.select_related("user")]
    assert queries(everybody[:1]) == queries(everybody[1:])


@pytest.mark.parametrize("month", [date(2025, 6, 2), date(9999, 12, 1), date(1, 1, 1)])
def test_what_is_no_month_is_refused(payroll, month):
    with pytest.raises(Refused, match=r"first day|1970 to 2199"):
        payroll.refresh(month=month)


def test_that_somebody_moved_in_the_month_is_a_warning_and_in_others_none(payroll):
    moves = datetime(2025, 6, 10, 12, tzinfo=UTC)
    change_user(user=payroll.ana, time_zone="Asia/Tokyo", by=BY, now=moves)
    change_user(user=payroll.ana, holidays="JP", by=BY, now=moves + DAY)
    after = "before and after it, lines are by what held then."
    assert payroll.draft().warnings == [
        f"They moved from Europe/London on 2025-06-10 21:00 (Asia/Tokyo): {after}",
        f"They got another holiday calendar on 2025-06-11 21:00 (Asia/Tokyo): {after}",
    ]
    assert not payroll.draft(month=JULY).warnings


def test_a_plan_that_pays_more_than_a_line_holds_is_said_in_a_sentence(payroll):
    PlanVersion.objects.update(terms=hourly("999999999"))
    with pytest.raises(Refused, match="and no line holds so much; look at what pay plan “UK” says"):
        payroll.refresh()
    assert not Statement.objects.exists()


def test_approved_by_a_manager_of_the_team_and_by_an_administrator(payroll):
    payroll.covered(10)
    for user, by in ((payroll.ana, payroll.mia), (payroll.bo, payroll.root)):
        row = payroll.approved(user, by=by)
        assert (row.state, row.approved_by, row.approved_at) == ("approved", by, NOW)
    entry = Entry.objects.get(verb="statement.approved", actor=payroll.mia)
    assert (entry.subject_type, entry.subject_id) == ("pay", payroll.ana.pk)
    assert entry.what == "June 2025 of ana is approved: 696.00 GBP"
    assert entry.data["amounts"] == {"GBP": "696.00"}


def test_never_by_the_person_paid_a_stranger_or_no_person(payroll):
    payroll.members(payroll.team, {payroll.ana: "manager", payroll.mia: "manager"}, NOW)
    draft = payroll.draft()
    for by, said in (
        (as_of(payroll.ana), "Nobody approves their own pay"),
        (as_of(payroll.kim), "Only managers of a team of ana's"),
        (as_of(payroll.bo), "Only managers of a team of ana's"),
        (Actor("a script"), "a script is no person"),
    ):
        with pytest.raises(Refused, match=said):
            approve(statement=draft, by=by, now=NOW)
    payroll.ana.is_superuser = True
    with pytest.raises(Refused, match="Nobody approves their own pay"):
        approve(statement=draft, by=as_of(payroll.ana), now=NOW)
    assert payroll.of().state == "draft"


@pytest.mark.parametrize("field", ["approved_by", "locked_by"])
def test_the_database_knows_that_nobody_decides_about_their_own_pay(payroll, field):
    payroll.locked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.update(**{field: payroll.ana})


def test_a_month_is_approved_when_it_is_over_by_the_clock_of_the_person(payroll):
    end = datetime(2025, 6, 30, 23, tzinfo=UTC)  # midnight in London
    payroll.now = end - timedelta(seconds=1)
    draft = payroll.draft()
    with pytest.raises(Refused, match=r"June 2025 is not over: it ends 2025-07-01 00:00 \(Europe/London\)"):
        approve(statement=draft, by=as_of(payroll.mia), now=payroll.now)
    assert approve(statement=draft, by=as_of(payroll.mia), now=end).state == "approved"


def test_who_managed_them_then_may_approve_then_and_not_later(payroll):
    moved = datetime(2025, 6, 20, tzinfo=UTC)
    payroll.members(payroll.team, {payroll.mia: "manager"}, moved)
    payroll.members(payroll.other, {payroll.ana: "responder", payroll.kim: "manager"}, moved)
    assert payroll.approved(by=payroll.mia).state == "approved"
    payroll.now = datetime(2025, 8, 2, tzinfo=UTC)
    with pytest.raises(Refused, match="Only managers of a team"):
        payroll.approved(month=JULY, by=payroll.mia)
    assert payroll.approved(month=JULY, by=payroll.kim).state == "approved"


def test_what_the_approver_did_not_see_is_not_approved(payroll):
    draft = payroll.draft()
    seen = fingerprint(lines_of(draft))
    payroll.covered(10)
    with pytest.raises(Overtaken, match="it changed after you looked at it"):
        approve(statement=draft, by=as_of(payroll.mia), now=NOW, seen=seen)
    draft = payroll.of()
    assert (draft.state, total(draft)) == ("draft", WHOLE_JUNE - 24), "the draft shows what is new"
    approve(statement=draft, by=as_of(payroll.mia), now=NOW, seen=fingerprint(lines_of(draft)))
    assert payroll.of().state == "approved"


def test_approving_reckons_once_more(payroll):
    draft = payroll.draft()
    payroll.covered(10)
    assert total(approve(statement=draft, by=as_of(payroll.mia), now=NOW)) == WHOLE_JUNE - 24


def test_approved_and_locked_ones_stay_as_they_are(payroll):
    payroll.approved()
    payroll.covered(10)
    payroll.refresh(now=NOW + DAY)
    assert total(payroll.of()) == WHOLE_JUNE
    lock(statement=payroll.of(), by=as_of(payroll.mia), now=NOW + DAY)
    payroll.refresh(now=NOW + 2 * DAY)
    assert total(payroll.of()) == WHOLE_JUNE


def test_a_second_yes_hears_who_was_quicker(payroll):
    row = payroll.approved()
    with pytest.raises(Overtaken, match="approved already, by mia on 2025-07-03"):
        approve(statement=row, by=as_of(payroll.root), now=NOW)


def test_returned_to_a_draft_with_a_reason_it_is_reckoned_anew(payroll):
    row = payroll.approved()
    payroll.covered(10)
    for why in ("", " \x00 "):
        with pytest.raises(Refused, match="Say why"):
            back_to_draft(statement=row, why=why, by=as_of(payroll.mia), now=NOW)
    with pytest.raises(Refused, match="at most 400"):
        back_to_draft(statement=row, why="x" * 401, by=as_of(payroll.mia), now=NOW)
    for by in (payroll.ana, payroll.kim):
        with pytest.raises(Refused):
            back_to_draft(statement=row, why="Cover", by=as_of(by), now=NOW)
    row = back_to_draft(statement=row, why="A cover was missing", by=as_of(payroll.mia), now=NOW)
    assert (row.state, row.approved_by, total(row)) == ("draft", None, WHOLE_JUNE - 24)
    assert Entry.objects.get(verb="statement.returned").why == "A cover was missing"
    with pytest.raises(Overtaken, match="a draft already"):
        back_to_draft(statement=row, why="Again", by=as_of(payroll.mia), now=NOW)


def test_only_what_is_approved_is_locked_and_not_by_the_person(payroll):
    draft = payroll.draft()
    with pytest.raises(Refused, match="is a draft; approve it first"):
        lock(statement=draft, by=as_of(payroll.mia), now=NOW)
    approved = payroll.approved()
    for by in (payroll.ana, payroll.kim):
        with pytest.raises(Refused):
            lock(statement=approved, by=as_of(by), now=NOW)
    row = lock(statement=approved, by=as_of(payroll.mia), now=NOW)
    assert (row.state, row.locked_by) == ("locked", payroll.mia)


def test_a_locked_one_never_changes(payroll):
    row = payroll.locked()
    for change in (
        lambda: approve(statement=row, by=as_of(payroll.mia), now=NOW),
        lambda: back_to_draft(statement=row, why="No", by=as_of(payroll.mia), now=NOW),
        lambda: lock(statement=row, by=as_of(payroll.mia), now=NOW),
    ):
        with pytest.raises(Overtaken, match="is locked since 2025-07-03 09:00 UTC"):
            change()


def test_a_change_after_the_lock_is_made_good_once_in_the_next_open_month(payroll):
    payroll.covered(20)
    payroll.locked()
    payroll.locked(payroll.bo)
    payroll.covered(10)
    for n in range(3):
        payroll.refresh(month=JULY, now=NOW + n * DAY)
    found = {one.user: one for one in Adjustment.objects.all()}
    assert {user: one.amount for user, one in found.items()} == {payroll.ana: -24, payroll.bo: 24}
    one = found[payroll.bo]
    assert (one.month, one.about, one.found, one.created_by) == (JULY, JUNE, True, None)
    assert one.why == (
        "June 2025 comes to 24.00 GBP more than when it was locked: "
        "new: standby all, primary of Checkout, 10 Jun, 24.00 GBP"
    )
    assert ("adjustment", Decimal(24)) in amounts(payroll.of(payroll.bo, JULY))
    assert Entry.objects.filter(verb="adjustment.found").count() == 2


def test_what_is_made_good_and_undone_is_taken_back(payroll):
    payroll.locked()
    cover = payroll.covered(10)
    payroll.refresh(month=JULY)
    cover.cancelled_at = NOW
    cover.save()
    payroll.refresh(month=JULY, now=NOW + DAY)
    assert list(Adjustment.objects.order_by("pk").values_list("amount", flat=True)) == [-24, 24]


def test_it_goes_into_the_first_month_that_is_neither_approved_nor_locked(payroll):
    payroll.locked()
    payroll.now = datetime(2025, 8, 2, tzinfo=UTC)
    payroll.approved(month=JULY)
    payroll.covered(10)
    payroll.refresh(month=JUNE)
    payroll.refresh(month=AUGUST)
    assert Adjustment.objects.get().month == AUGUST
    assert ("adjustment", Decimal(-24)) in amounts(payroll.of(month=AUGUST))


def test_nobody_else_can_be_asked_for_and_nothing_breaks():
    assert refresh(user_ids=[], month=JUNE, now=NOW) == 0
    assert refresh(user_ids=[10**9], month=JUNE, now=NOW) == 0


def test_progress_hears_of_everybody_once(payroll):
    heard = []
    payroll.covered(10)
    payroll.locked()
    statements.refresh(user_ids=[payroll.ana.pk, payroll.bo.pk], month=JUNE, now=NOW, progress=heard.append)
    assert sum(heard) == 2
    assert BEFORE < NOW
