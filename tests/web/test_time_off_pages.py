"""My time off on its page: the days, the calendars, and the shifts that fall on them."""

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.models import AwayCalendar, TimeOff
from tests.oncall.noon import Noon
from tests.world import TESTS

SECRET = "https://calendar.example.com/private-4f5e6d/basic.ics"


@pytest.fixture
def noon(db):
    noon = Noon()
    with time_machine.travel(noon.now, tick=False):
        yield noon


def browser(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(user):
    answer = browser(user).get("/time-off")
    assert answer.status_code == 200
    return answer.content.decode()


def post(user, path, /, **fields):
    return browser(user).post(f"/time-off/{path}", fields, follow=True)


def test_days_are_added_shown_and_cancelled(noon):
    post(noon.ana, "add", first="2026-03-04", last="2026-03-05", reason="<i>skiing</i>")
    row = TimeOff.objects.get()
    assert (row.user, str(row.start), str(row.end)) == (noon.ana, "2026-03-04", "2026-03-06")
    said = page(noon.ana)
    assert "Wed 4 Mar 2026 to Thu 5 Mar 2026" in said
    assert "&lt;i&gt;skiing" in said
    post(noon.ana, f"{row.pk}/cancel")
    assert "None ahead." in page(noon.ana)


def test_one_day_needs_no_last_day(noon):
    post(noon.ana, "add", first="2026-03-04")
    assert str(TimeOff.objects.get().end) == "2026-03-05"


def test_shifts_that_fall_on_it_are_shown_with_who_could(noon):
    post(noon.ana, "add", first="2026-03-04")
    said = page(noon.ana)
    assert "primary of Noon" in said
    assert "Wed 4 Mar 12:00" in said
    assert "Bo Lind could" in said
    assert "/swaps/ask?schedule=Noon&amp;role=primary" in said


def test_nobody_sees_or_cancels_the_days_of_another(noon):
    post(noon.ana, "add", first="2026-03-04", reason="surgery")
    row = TimeOff.objects.get()
    for user in (noon.bo, noon.mia):
        assert "surgery" not in page(user)
        assert post(user, f"{row.pk}/cancel").status_code == 404
    row.refresh_from_db()
    assert row.cancelled_at is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"first": "\x00"},
        {"first": "9999-12-31"},
        {"first": "0001-01-01"},
        {"first": "2026-03-05", "last": "2026-03-04"},
        {"first": "2026-02-30"},
        {"first": "2026-03-05", "reason": "x" * 201},
    ],
)
def test_nonsense_is_no_day(noon, fields):
    answer = post(noon.ana, "add", **fields)
    assert b"said error" in answer.content
    assert not TimeOff.objects.exists()


def test_a_calendar_is_shown_by_its_host_alone(noon):
    answer = post(noon.ana, "calendars/add", address=SECRET, words="Vacation")
    assert "private-4f5e6d" not in answer.content.decode()
    said = page(noon.ana)
    assert "calendar.example.com" in said
    assert "private-4f5e6d" not in said
    assert "only events with “Vacation”" in said
    assert "not read yet" in said


def test_a_calendar_s_fault_is_shown_and_it_is_removed(noon):
    row = actions.add_away_calendar(user=noon.ana, address=SECRET, by=TESTS, now=noon.now)
    AwayCalendar.objects.update(fault="It answered 404.", good_at=noon.now)
    said = page(noon.ana)
    assert "It answered 404." in said
    assert "last read" in said
    assert post(noon.bo, f"calendars/{row.pk}/remove").status_code == 404
    assert AwayCalendar.objects.get().removed_at is None
    post(noon.ana, f"calendars/{row.pk}/remove")
    assert AwayCalendar.objects.get().removed_at == noon.now


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "file:///etc/passwd", "\x00", "x" * 5000])
def test_what_is_no_address_is_refused(noon, address):
    assert b"said error" in post(noon.ana, "calendars/add", address=address).content
    assert not AwayCalendar.objects.exists()


def test_what_a_calendar_says_is_not_cancelled_here(noon):
    calendar = actions.add_away_calendar(user=noon.ana, address=SECRET, by=TESTS, now=noon.now)
    row = TimeOff.objects.create(
        user=noon.ana, calendar=calendar, uid="1", start="2026-03-04", end="2026-03-05"
    )
    assert "from your calendar at calendar.example.com" in page(noon.ana)
    assert post(noon.ana, f"{row.pk}/cancel").status_code == 404


def test_of_many_shifts_the_next_ones_say_who_could_and_each_leads_to_asking(noon):
    post(noon.ana, "add", first="2026-03-04", last="2026-04-04")
    said = page(noon.ana)
    assert said.count("/swaps/ask?") == 20
    assert said.count("Bo Lind could") == 5
    assert "And 12 more." in said
