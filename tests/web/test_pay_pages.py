"""Pay on the pages: what one's own month says, and who sees nothing of it."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from oncall.actions import add_override
from oncall.compensation.core.rest import Rest
from oncall.compensation.models import LieuUse, Statement, StatementLine
from oncall.compensation.selectors import lines_of
from paging.models import Page
from tests.oncall.compensation.test_reckoning import BEFORE, BY, BY_THE_WEEK, plan
from tests.web.shop import NOW, Shop, browser, page, press
from watchbill.web import pay


@pytest.fixture
def shop(db):
    with time_machine.travel(NOW, tick=False):
        yield Shop()


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
    assert "/pay/of/cy/" not in theirs
    assert "Time in lieu" in theirs


def test_the_first_page_says_the_same_of_this_month_as_the_months_own(shop):
    """With what was adjusted in it, and before there is a draft of it, too."""
    live = re.search(r"USD [\d,.]+", page(shop.ana, "/pay/2025-07"))[0]
    assert live in page(shop.ana, "/pay")
    fields = {"amount": "-7.25", "currency": "USD", "why": "Paid twice in May"}
    press(shop.mia, "/pay/of/ana/2025-07/adjust", **fields)
    (kept,) = Statement.objects.filter(user=shop.ana, month=date(2025, 7, 1))
    total = f"USD {sum(line.amount for line in lines_of(kept)):.2f}"
    assert total != live
    assert total in page(shop.ana, "/pay/2025-07")
    assert total in page(shop.ana, "/pay")


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


@pytest.mark.parametrize(
    "address",
    ["/pay/2025-13", "/pay/2025-00", "/pay/0000-01", "/pay/9999-12", "/pay/1900-01", "/pay/2025-06.exe",
     "/pay/x",
     "/pay/of/ana/2025-99", "/pay/disputes/999999999999999999", "/pay/2025-06/disputes"],
)  # fmt: skip
def test_an_address_of_nothing_is_404(shop, address):
    page(shop.mia, address, status=404)
