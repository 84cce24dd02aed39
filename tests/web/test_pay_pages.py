"""Pay on the pages: what one's own month says, what managers decide, and who sees nothing of it."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client

from oncall.actions import add_override
from oncall.compensation.actions.statements import refresh
from oncall.compensation.core.rest import Rest
from oncall.compensation.models import Adjustment, Dispute, LieuUse, PayBudget, Statement, StatementLine
from paging.models import Page
from people import actions as people
from people.models import User
from tests.oncall.compensation.test_reckoning import BEFORE, BY, BY_THE_WEEK, hourly, person, plan
from tests.oncall.test_reading import queries, schedule
from watchbill.web import pay

BACKEND = "django.contrib.auth.backends.ModelBackend"
JUNE = date(2025, 6, 1)
NOW = datetime(2025, 7, 2, 9, tzinfo=UTC)


class Shop:
    """Ana and Bo, a day each, at 1 USD an hour; Mia manages them. Eve manages Cy in another team. June is
    drafted, and it is July.
    """

    def __init__(self):
        names = ("ana", "bo", "mia", "eve", "cy")
        self.ana, self.bo, self.mia, self.eve, self.cy = (person(name, "UTC") for name in names)
        self.root = User.objects.create_superuser("root")
        self.team, self.other = (
            people.create_team(name=name, by=BY, now=BEFORE) for name in ("Sh/op", "Other")
        )
        members = {self.ana: "responder", self.bo: "responder", self.mia: "manager"}
        people.set_members(team=self.team, members=members, by=BY, now=BEFORE)
        others = {self.eve: "manager", self.cy: "responder"}
        people.set_members(team=self.other, members=others, by=BY, now=BEFORE)
        self.pager = schedule("Check/out", self.ana, self.bo, now=BEFORE)
        plan("Hours", "USD", hourly("1"), self.team, self.other)
        self.refresh()

    def refresh(self):
        refresh(user_ids=list(User.objects.values_list("pk", flat=True)), month=JUNE, now=NOW)

    def row(self, user):
        return Statement.objects.get(user=user, month=JUNE)


@pytest.fixture
def shop(db):
    with time_machine.travel(NOW, tick=False):
        yield Shop()


def browser(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def page(user, address, status=200):
    answer = browser(user).get(address)
    assert answer.status_code == status, address
    return re.sub(r"\s+", " ", answer.content.decode(errors="replace"))


def press(user, address, **fields):
    """The page that follows."""
    answer = browser(user).post(address, fields, follow=True)
    assert answer.status_code == 200, address
    return answer.content.decode()


OF_ANA = [
    "/pay/of/ana/2025-06",
    "/pay/of/ana/2025-06.pdf",
    "/pay/of/ana/2025-06.json",
    "/pay/of/ana/2025-05/",
]
OF_TEAM = ["/pay/team/Sh/op/2025-06", "/pay/team/Sh/op/2025-06.xlsx"]


@pytest.mark.parametrize("address", OF_ANA + OF_TEAM)
def test_nobody_sees_the_pay_of_others_but_who_manages_them(shop, address):
    for stranger in (shop.bo, shop.eve, shop.cy):
        page(stranger, address, status=404)
    if "-05" not in address:
        for allowed in (shop.mia, shop.root):
            page(allowed, address)
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    "address", ["/pay/of/nobody/2025-06", "/pay/team/Nothing/2025-06", "/pay/of/%00/2025-06"]
)
def test_who_does_not_exist_looks_as_who_may_not_be_seen(shop, address):
    page(shop.mia, address, status=404)


@pytest.mark.parametrize("verb", ["approve", "lock", "return", "reckon", "adjust"])
def test_who_may_not_decide_changes_nothing(shop, verb):
    for stranger in (shop.ana, shop.bo, shop.eve):
        answer = browser(stranger).post(f"/pay/of/ana/2025-06/{verb}", {"why": "x"})
        assert answer.status_code == 404
    assert shop.row(shop.ana).state == "draft"
    assert not Adjustment.objects.exists()


def test_ones_own_month_says_the_total_each_shift_and_its_bands(shop):
    found = page(shop.ana, "/pay/2025-06")
    assert 'class="total">USD 360.00' in found
    assert found.count('class="card shift shift"') == 15
    assert "24.00 h" in found
    assert 'href="/schedules/Check/out?month=2025-06"' in found
    assert ">Approve<" not in found
    assert "Draft, reckoned" in found


def test_a_shift_and_its_bands_stand_together_and_its_override_is_linked(shop):
    plan("Own", "USD", BY_THE_WEEK, shop.cy)
    start = datetime(2025, 6, 6, 12, tzinfo=UTC)
    made = add_override(
        schedule=shop.pager, role="primary", kind="cover", user=shop.cy, by=BY, now=BEFORE,
        start=start, end=start + timedelta(days=2),
    )  # fmt: skip
    shop.refresh()
    found = page(shop.cy, "/pay/2025-06")
    assert f'#list">cover #{made.pk}</a>' in found
    assert "Standby, weekday" in found
    assert found.count("Standby, weekend") == 2 + 2  # of Saturday's turn and of Sunday's; and to be chosen
    assert found.count('class="card shift shift"') == 1


def test_a_month_without_a_draft_is_as_reckoned_now(shop):
    found = page(shop.ana, "/pay/2025-07")
    assert "There is no draft yet" in found
    assert 'class="total">USD 360.00' in found  # of July's 31 days, which Bo begins, 15
    assert "Not right?" not in found
    page(shop.ana, "/pay/2025-07.pdf", status=404)


def test_the_first_page_says_the_months_and_what_waits_for_a_manager(shop):
    mine = page(shop.ana, "/pay")
    assert "June 2025" in mine
    assert "USD 360.00" in mine
    assert "Still open" not in mine
    theirs = page(shop.mia, "/pay")
    assert 'href="/pay/of/ana/2025-06"' in theirs
    assert 'href="/pay/team/Sh/op/2025-07"' in theirs
    assert "cy" not in theirs
    assert "Time in lieu" in theirs


def test_time_in_lieu_says_what_is_left_and_what_expires_next(shop):
    StatementLine.objects.create(
        statement=shop.row(shop.ana), position=99, kind="call_out", plan="Hours", band="night",
        start=datetime(2025, 6, 25, 2, tzinfo=UTC), end=datetime(2025, 6, 25, 3, tzinfo=UTC), seconds=3600,
        exact="0", amount=0, currency="USD", lieu_minutes=90, because="woken",
        lieu_expires=datetime(2025, 7, 9, 3, tzinfo=UTC), pages=[],
    )  # fmt: skip
    found = page(shop.ana, "/pay")
    assert "1 h 30 min <span" in found
    assert "expires <strong>" in found
    assert "Wed 9 Jul 2025 03:00" in found


def test_time_in_lieu_is_taken_and_taken_back_by_its_owner_only(shop):
    fields = {"amount": "0", "currency": "USD", "lieu_minutes": "90", "why": "The night of the move"}
    press(shop.mia, "/pay/of/ana/2025-06/adjust", **fields)
    assert "60 minutes" in press(
        shop.ana, "/pay/time-in-lieu", at="2025-07-09T14:00", minutes="60", why="Dentist"
    )
    row = LieuUse.objects.get()
    assert (row.user, row.at) == (shop.ana, datetime(2025, 7, 9, 14, tzinfo=UTC))
    for stranger in (shop.bo, shop.mia):
        assert browser(stranger).post(f"/pay/time-in-lieu/{row.pk}/cancel").status_code == 404
    press(shop.ana, f"/pay/time-in-lieu/{row.pk}/cancel")
    row.refresh_from_db()
    assert row.cancelled_at


@pytest.mark.parametrize(
    ("at", "minutes"),
    [("", "60"), ("tomorrow", "60"), ("2025-07-09T14:00", "0"), ("2025-07-09T14:00", "-5"),
     ("2025-07-09T14:00", "x"), ("2025-07-09T14:00", "60"), ("9999-12-31T23:59", "60"),
     ("2025-07-09T14:00", "999999999")],
)  # fmt: skip
def test_time_in_lieu_that_is_not_there_is_not_taken(shop, at, minutes):
    assert 'class="said error"' in press(shop.ana, "/pay/time-in-lieu", at=at, minutes=minutes)
    assert not LieuUse.objects.exists()


@pytest.mark.parametrize(("minutes", "rests"), [(-1, False), (0, False), (1, True)])
def test_until_when_one_rests_is_said_until_then(shop, monkeypatch, minutes, rests):
    night = Rest(since=NOW - timedelta(hours=11), until=NOW + timedelta(minutes=minutes))
    monkeypatch.setattr(pay, "rests_of", lambda users, **when: {shop.ana.pk: [night]})
    assert ("rest until <strong>" in page(shop.ana, "/pay")) is rests
    assert "rest until" not in page(shop.bo, "/pay")


def test_a_call_out_links_its_incidents(shop):
    rows = [
        Page.objects.create(user=shop.ana, cause=cause, run=str(n), urgency="high", facts={}, created_at=NOW)
        for n, cause in enumerate(["incident:42", "incident:42", "test:7"])
    ]
    StatementLine.objects.create(
        statement=shop.row(shop.ana), position=99, kind="call_out", plan="Hours", band="night", start=NOW,
        end=NOW, seconds=3600, exact="30", amount=30, currency="USD",
        pages=[one.pk for one in rows] + [99_999],
    )  # fmt: skip
    found = page(shop.ana, "/pay/2025-06")
    assert found.count('href="/incidents/42"') == 1
    assert "4 pages" in found


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


@pytest.mark.parametrize(
    ("form", "begins"), [("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"user,plan"), ("json", b"{")]
)
def test_a_statement_and_a_team_can_be_downloaded(shop, form, begins):
    for user, address in (
        (shop.ana, "/pay/2025-06"),
        (shop.mia, "/pay/of/ana/2025-06"),
        (shop.mia, "/pay/team/Sh/op/2025-06"),
    ):
        answer = browser(user).get(f"{address}.{form}")
        assert answer.content.startswith(begins)
        assert answer.headers["Content-Disposition"].endswith(f'2025-06.{form}"')
        assert "no-store" in answer.headers["Cache-Control"]


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


@pytest.mark.parametrize(
    "address",
    ["/pay/2025-13", "/pay/2025-00", "/pay/0000-01", "/pay/9999-12", "/pay/1900-01", "/pay/2025-06.exe",
     "/pay/x",
     "/pay/of/ana/2025-99", "/pay/disputes/999999999999999999", "/pay/2025-06/disputes"],
)  # fmt: skip
def test_an_address_of_nothing_is_404(shop, address):
    page(shop.mia, address, status=404)


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
