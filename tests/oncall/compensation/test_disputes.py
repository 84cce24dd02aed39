"""Disputes: the person paid says what is wrong, those who approve answer, and both sides hear of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oncall.actions import Overtaken, Refused
from oncall.compensation.actions.disputes import answer, close, dispute
from oncall.compensation.actions.statements import back_to_draft, lock
from oncall.compensation.models import Adjustment, Dispute
from oncall.compensation.selectors import lines_of
from paging.actions import contacts
from paging.models import Notification, Page
from people.ledger.models import Entry
from tests.oncall.compensation.payroll import JULY, JUNE, NOW, Payroll, as_of
from tests.oncall.compensation.test_reckoning import BEFORE, BY

pytestmark = pytest.mark.django_db
WRONG = "I was woken on the 10th, and it is not there."


@pytest.fixture
def payroll():
    return Payroll()


def reachable(*users):
    for user in users:
        contacts.set_contact_method(user=user, kind="email", address=user.email, by=BY, now=BEFORE)


def opened(payroll, row=None, *, text=WRONG, by=None, now=NOW):
    row = row or payroll.draft()
    line = lines_of(row).first()
    return dispute(statement=row, line=line, text=text, by=as_of(by or payroll.ana), now=now)


def notices(user):
    return [page.facts["title"] for page in Page.objects.filter(user=user).order_by("pk")]


def test_the_person_paid_disputes_a_line_and_the_managers_are_told(payroll):
    reachable(payroll.mia, payroll.kim, payroll.root, payroll.ana)
    made = opened(payroll)
    assert made.line == (
        "standby all, primary of Checkout, from 2025-06-01 00:00 to 01:00 (Europe/London), 1.00 GBP"
    )
    assert made.messages.get().text == WRONG
    assert notices(payroll.mia) == ["ana disputes a line of June 2025"]
    assert not notices(payroll.kim) + notices(payroll.root) + notices(payroll.ana)
    assert Entry.objects.get(verb="dispute.opened").why == WRONG


def test_no_notice_names_an_amount_and_none_comes_by_night(payroll):
    reachable(payroll.mia)
    midnight = datetime(2025, 7, 3, 23, tzinfo=UTC)
    opened(payroll, now=midnight)
    page = Page.objects.get()
    assert "720" not in str(page.facts)
    assert Notification.objects.get().due_at == datetime(2025, 7, 4, 7, tzinfo=UTC), "eight in London"


def test_where_nobody_manages_them_administrators_are_told(payroll):
    reachable(payroll.root)
    payroll.members(payroll.team, {payroll.ana: "responder"}, BEFORE)
    opened(payroll)
    assert notices(payroll.root) == ["ana disputes a line of June 2025"]


def test_a_thread_tells_the_other_side(payroll):
    reachable(payroll.mia, payroll.ana)
    row = opened(payroll)
    answer(dispute=row, text="Which page?", by=as_of(payroll.mia), now=NOW)
    answer(dispute=row, text="The one at 02:10.", by=as_of(payroll.ana), now=NOW)
    assert notices(payroll.ana) == ["mia wrote about the disputed line of June 2025"]
    assert notices(payroll.mia)[1:] == ["ana wrote about the disputed line of June 2025"]
    close(dispute=row, state="declined", text="It was in hours.", by=as_of(payroll.mia), now=NOW)
    assert notices(payroll.ana)[-1] == "mia does not agree with you about a line of June 2025"
    said = list(row.messages.order_by("pk").values_list("text", flat=True))
    assert said == [WRONG, "Which page?", "The one at 02:10.", "It was in hours."]


def test_what_is_refused(payroll):
    draft = payroll.draft()
    for text in ("", " \x00", "x" * 4001):
        with pytest.raises(Refused, match="text"):
            opened(payroll, draft, text=text)
    for by in (payroll.mia, payroll.bo, payroll.kim, payroll.root):
        with pytest.raises(Refused, match="Only ana disputes a line"):
            opened(payroll, draft, by=by)
    payroll.covered(10)
    other = lines_of(payroll.draft(payroll.bo)).get()
    with pytest.raises(Overtaken, match="has no such line"):
        dispute(statement=draft, line=other, text=WRONG, by=as_of(payroll.ana), now=NOW)
    row = opened(payroll, draft)
    with pytest.raises(Refused, match="dispute this line already"):
        opened(payroll, draft)
    for by in (payroll.bo, payroll.kim):
        with pytest.raises(Refused, match="Only managers"):
            answer(dispute=row, text="No", by=as_of(by), now=NOW)
        with pytest.raises(Refused, match="Only managers"):
            close(dispute=row, state="declined", text="No", by=as_of(by), now=NOW)
    for state in ("accepted", "declined"):
        with pytest.raises(Refused, match="Nobody decides a dispute about their own pay"):
            close(dispute=row, state=state, text="Yes", by=as_of(payroll.ana), now=NOW)
    with pytest.raises(Refused, match="Only ana withdraws it"):
        close(dispute=row, state="withdrawn", by=as_of(payroll.mia), now=NOW)
    with pytest.raises(Refused, match="ends accepted, declined or withdrawn, not “open”"):
        close(dispute=row, state="open", text="No", by=as_of(payroll.mia), now=NOW)
    with pytest.raises(Refused, match="text is empty"):
        close(dispute=row, state="declined", by=as_of(payroll.mia), now=NOW)
    assert Dispute.objects.get().state == "open"


def test_an_end_is_one(payroll):
    row = opened(payroll)
    close(dispute=row, state="withdrawn", by=as_of(payroll.ana), now=NOW)
    for late in (
        lambda: close(dispute=row, state="declined", text="No", by=as_of(payroll.mia), now=NOW),
        lambda: answer(dispute=row, text="No", by=as_of(payroll.mia), now=NOW),
    ):
        with pytest.raises(Overtaken, match="withdrawn since 2025-07-03, by ana"):
            late()


def test_an_approved_one_with_an_open_dispute_is_not_locked(payroll):
    approved = payroll.approved()
    row = opened(payroll, approved)
    with pytest.raises(Refused, match="is not locked: ana disputes “standby all"):
        lock(statement=approved, by=as_of(payroll.mia), now=NOW)
    close(dispute=row, state="declined", text="It is right.", by=as_of(payroll.mia), now=NOW)
    assert lock(statement=approved, by=as_of(payroll.mia), now=NOW).state == "locked"


def test_of_a_locked_one_it_ends_in_an_adjustment(payroll):
    row = opened(payroll, payroll.locked())
    with pytest.raises(Refused, match="is locked: give the amount that makes it good"):
        close(dispute=row, state="accepted", text="You are right.", by=as_of(payroll.mia), now=NOW)
    close(
        dispute=row, state="accepted", text="You are right.", amount=Decimal(15), currency="GBP",
        lieu_minutes=60, by=as_of(payroll.mia), now=NOW,
    )  # fmt: skip
    made = Adjustment.objects.get()
    assert (made.month, made.about, made.amount, made.lieu_minutes) == (JULY, JUNE, 15, 60)
    assert (made.why, made.created_by, made.found) == ("You are right.", payroll.mia, False)


def test_minutes_alone_need_no_currency_and_a_wrong_one_undoes_all(payroll):
    row = opened(payroll, payroll.locked())
    with pytest.raises(Refused, match="not a currency"):
        close(dispute=row, state="accepted", text="Yes", amount=Decimal(1), currency="ZZZ",
              by=as_of(payroll.mia), now=NOW)  # fmt: skip
    assert Dispute.objects.get().state == "open"
    close(dispute=row, state="accepted", text="Yes", lieu_minutes=60, by=as_of(payroll.mia), now=NOW)
    assert Adjustment.objects.get().currency == "GBP"


def test_of_a_draft_it_ends_in_the_draft(payroll):
    approved = payroll.approved()
    row = opened(payroll, approved)
    back_to_draft(statement=approved, why="Ana is right", by=as_of(payroll.mia), now=NOW)
    close(dispute=row, state="accepted", text="Yes.", by=as_of(payroll.mia), now=NOW)
    assert not Adjustment.objects.exists()
