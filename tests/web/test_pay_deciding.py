"""Pay on the pages: what managers decide, what is disputed, and a team's month."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from oncall.compensation.models import Adjustment, Dispute, PayBudget
from people import actions as people
from tests.oncall.compensation.test_reckoning import BEFORE, BY, person
from tests.oncall.test_reading import queries, schedule
from tests.web.shop import JUNE, NOW, Shop, browser, page, press


@pytest.fixture
def shop(db):
    with time_machine.travel(NOW, tick=False):
        yield Shop()


@pytest.mark.parametrize("verb", ["approve", "lock", "return", "reckon", "adjust"])
def test_who_may_not_decide_changes_nothing(shop, verb):
    for stranger in (shop.ana, shop.bo, shop.eve):
        answer = browser(stranger).post(f"/pay/of/ana/2025-06/{verb}", {"why": "x"})
        assert answer.status_code == 404
    assert shop.row(shop.ana).state == "draft"
    assert not Adjustment.objects.exists()


def test_approve_lock_and_what_each_leaves_to_do(shop):
    found = page(shop.mia, "/pay/of/ana/2025-06")
    seen = re.search(r'name="seen" value="(\w+)"', found)[1]
    assert "Lock for good" not in found
    assert "is approved" in press(shop.mia, "/pay/of/ana/2025-06/approve", seen=seen)
    assert "Approved by mia" in page(shop.ana, "/pay/2025-06")
    assert "is a draft again" in press(shop.mia, "/pay/of/ana/2025-06/return", why="a cover is missing")
    press(shop.mia, "/pay/of/ana/2025-06/approve")
    assert "is locked" in press(shop.mia, "/pay/of/ana/2025-06/lock")
    assert shop.row(shop.ana).state == "locked"
    assert "It never changes again" in page(shop.ana, "/pay/2025-06")


def test_what_changed_after_it_was_looked_at_is_not_approved(shop):
    assert "it changed after you looked" in press(shop.mia, "/pay/of/ana/2025-06/approve", seen="0" * 16)
    assert shop.row(shop.ana).state == "draft"


def test_a_month_that_is_not_over_has_no_button_and_is_not_approved(shop):
    press(shop.mia, "/pay/of/ana/2025-07/reckon")
    assert ">Approve<" not in page(shop.mia, "/pay/of/ana/2025-07")
    assert "is not over" in press(shop.mia, "/pay/of/ana/2025-07/approve")


def test_an_adjustment_of_a_draft_and_of_a_locked_month(shop):
    fields = {"amount": "12.50", "currency": "usd", "why": "A cover that was entered late"}
    assert "372.50" in press(shop.mia, "/pay/of/ana/2025-06/adjust", **fields)
    press(shop.mia, "/pay/of/ana/2025-06/approve")
    press(shop.mia, "/pay/of/ana/2025-06/lock")
    assert "goes into July 2025" in page(shop.mia, "/pay/of/ana/2025-06")
    press(shop.mia, "/pay/of/ana/2025-06/adjust", **fields, lieu_minutes="-30")
    found = Adjustment.objects.order_by("pk").last()
    assert (found.month, found.about, found.amount) == (date(2025, 7, 1), JUNE, Decimal("12.50"))
    assert found.lieu_minutes == -30


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": "much"}, "“much” is no amount"),
        ({"amount": "NaN"}, "is no amount"),
        ({"amount": "1e40"}, "is no amount"),
        ({"amount": "0.001"}, "cannot be paid"),
        ({"amount": "5", "lieu_minutes": "half"}, "is no number of minutes"),
        ({"amount": "5", "lieu_minutes": "٣"}, "is no number of minutes"),
        ({"amount": "5", "currency": "XYZ"}, "is not a currency"),
        ({"amount": "5", "why": ""}, "why"),
        ({"amount": "5", "why": "x" * 3000}, "characters"),
        ({}, "changes nothing"),
    ],
)
def test_an_adjustment_that_makes_no_sense_is_refused_in_a_sentence(shop, fields, said):
    fields = {"amount": "", "currency": "USD", "why": "because"} | fields
    found = press(shop.mia, "/pay/of/ana/2025-06/adjust", **fields)
    assert 'class="said error"' in found
    assert said in found
    assert not Adjustment.objects.exists()


def test_a_line_is_disputed_answered_and_accepted_with_what_makes_it_good(shop):
    line = shop.row(shop.ana).lines.order_by("position").first()
    found = press(shop.ana, "/pay/2025-06/dispute", line=line.pk, text="I was on until 06:00")
    assert "I was on until 06:00" in found
    row = Dispute.objects.get()
    for stranger in (shop.bo, shop.eve):
        page(stranger, f"/pay/disputes/{row.pk}", status=404)
        assert browser(stranger).post(f"/pay/disputes/{row.pk}/answer", {"text": "x"}).status_code == 404
    assert f"/pay/disputes/{row.pk}" in page(shop.mia, "/pay")
    press(shop.mia, f"/pay/disputes/{row.pk}/answer", text="Let me look")
    assert "They are right" not in page(shop.ana, f"/pay/disputes/{row.pk}")
    press(shop.mia, f"/pay/disputes/{row.pk}/accept", text="So it was", amount="6", currency="USD")
    row.refresh_from_db()
    assert row.state == "accepted"
    assert 'class="total">USD 366.00' in page(shop.ana, "/pay/2025-06")


def test_nobody_disputes_a_line_of_another_and_a_line_that_is_gone_says_so(shop):
    line = shop.row(shop.bo).lines.order_by("position").first()
    found = press(shop.ana, "/pay/2025-06/dispute", line=line.pk, text="Mine!")
    assert "not there any more" in found
    assert browser(shop.cy).post("/pay/2024-06/dispute", {"line": line.pk, "text": "x"}).status_code == 404
    for no_line in ("", "x", "-1", "9" * 30, "²"):
        assert "not there any more" in press(shop.ana, "/pay/2025-06/dispute", line=no_line, text="Mine!")
    assert "empty" in press(shop.bo, "/pay/2025-06/dispute", line=line.pk, text="  ")
    assert not Dispute.objects.exists()


def test_a_teams_month_says_hours_pay_state_and_the_budget(shop):
    PayBudget.objects.create(team=shop.team, since=JUNE, amount=Decimal(500), currency="USD")
    found = page(shop.mia, "/pay/team/Sh/op/2025-06")
    assert "USD 720.00" in found
    assert "220.00 over the budget" in found
    assert "360.00" in found
    assert "1 d" in found
    assert "Approve 2" in found
    assert "August 2025" in found
    assert "cy" not in re.sub(r"<[^>]*>", " ", found).split()
    assert "eve" not in re.sub(r"<[^>]*>", " ", found).split()


def test_all_that_can_be_approved_is_approved_at_once_but_never_ones_own(shop):
    shop.pager2 = schedule("Second", shop.mia, now=BEFORE)
    shop.refresh()
    found = page(shop.mia, "/pay/team/Sh/op/2025-06")
    seen = re.findall(r'name="seen" value="([^"]+)"', found)
    assert len(seen) == 2
    mine = shop.row(shop.mia)
    after = press(shop.mia, "/pay/team/Sh/op/2025-06/approve", seen=[*seen, f"{mine.pk}:", "x", "9:9"])
    assert "2 approved" in after
    assert [shop.row(one).state for one in (shop.ana, shop.bo, shop.mia)] == ["approved", "approved", "draft"]


@pytest.mark.parametrize("verb", ["approve", "reckon"])
def test_only_its_managers_decide_about_a_team(shop, verb):
    for stranger in (shop.ana, shop.eve):
        assert browser(stranger).post(f"/pay/team/Sh/op/2025-06/{verb}").status_code == 404
    assert browser(shop.mia).get(f"/pay/team/Sh/op/2025-06/{verb}").status_code == 405


def test_the_months_ahead_are_of_those_in_the_team_now_whichever_month_is_looked_at(shop):
    """What Ana will earn in the team that she went to is not for who managed her before."""
    left = datetime(2025, 6, 20, tzinfo=UTC)
    members = {shop.bo: "responder", shop.mia: "manager"}
    people.set_members(team=shop.team, members=members, by=BY, now=left)
    members = {shop.eve: "manager", shop.ana: "responder"}
    people.set_members(team=shop.other, members=members, by=BY, now=left)
    months = [browser(shop.mia).get(f"/pay/team/Sh/op/{month}").context for month in ("2025-06", "2025-07")]
    assert ["ana" in [row.user.username for row in month["rows"]] for month in months] == [True, False]
    assert months[0]["ahead"] == months[1]["ahead"]


def test_a_teams_page_costs_as_many_queries_with_more_people(shop):
    few = queries(lambda: page(shop.mia, "/pay/team/Sh/op/2025-06"))
    now = {one.user: one.role for one in shop.team.memberships.all()}
    people.set_members(
        team=shop.team,
        members=now | {person(f"p{n}", "UTC"): "responder" for n in range(4)},
        by=BY,
        now=BEFORE,
    )
    shop.refresh()
    assert queries(lambda: page(shop.mia, "/pay/team/Sh/op/2025-06")) <= few
