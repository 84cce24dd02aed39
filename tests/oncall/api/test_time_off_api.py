"""Time off and subscribed calendars by HTTP: whose one sees, and that no address is ever told."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.models import AwayCalendar, TimeOff
from oncall.selectors import away
from people.ledger.models import Entry
from people.models import Membership, Team, User
from tests.oncall.api.caller import Caller
from tests.oncall.noon import DAY, TODAY, Noon
from tests.world import TESTS

DAYS = {"start": "2026-03-10", "end": "2026-03-14", "reason": "knee"}
SECRET = "https://calendar.example.com/private/abc123.ics"
EVERYBODY = ["ana", "bo", "eve", "mia", "oda", "root"]


@pytest.fixture
def noon(db):
    """Mia manages Ana and Bo, and Oda observes; Eve manages another team."""
    noon = Noon()
    for name in ("eve", "oda"):
        setattr(noon, name, noon.person(name, name.title()))
    noon.root = User.objects.create_superuser("root", "root@example.com", "x")
    Membership.objects.create(team=noon.team, user=noon.oda, role="observer")
    Membership.objects.create(team=Team.objects.create(name="Others"), user=noon.eve, role="manager")
    with time_machine.travel(noon.now, tick=False):
        yield noon


@pytest.fixture
def call(noon):
    return lambda name: Caller(User.objects.get(username=name), now=noon.now)


def entered(noon, user) -> TimeOff:
    days = {"start": date(2026, 3, 10), "end": date(2026, 3, 14), "reason": "knee"}
    return actions.add_time_off(user=user, **days, by=TESTS, now=noon.now)


def test_one_enters_days_sees_them_and_cancels_them(noon, call):
    ana = call("ana")
    made = ana.post("time-off", DAYS)
    assert made.status_code == 201
    row = made.json()
    assert row == {
        "id": TimeOff.objects.get().pk,
        "user": "ana",
        "start": "2026-03-10",
        "end": "2026-03-14",
        "starts_at": None,
        "ends_at": None,
        "reason": "knee",
        "from_calendar": None,
    }
    assert ana.get("time-off/").json()["results"] == [row]
    assert ana.delete(f"time-off/{row['id']}").status_code == 204
    assert ana.get("time-off").json()["results"] == []
    assert ana.delete(f"time-off/{row['id']}").status_code == 404
    assert TimeOff.objects.get().cancelled_at == noon.now


def test_days_and_why_are_seen_and_cancelled_by_oneself_and_ones_managers(noon, call):
    row = entered(noon, noon.ana)
    seen = [name for name in EVERYBODY if call(name).get("time-off").json()["results"]]
    assert seen == ["ana", "mia", "root"]
    for name in ("bo", "eve", "oda"):
        assert call(name).get("time-off", user="ana").json()["results"] == []
        assert call(name).delete(f"time-off/{row.pk}").status_code == 404
    row.refresh_from_db()
    assert row.cancelled_at is None
    assert call("mia").delete(f"time-off/{row.pk}").status_code == 204


@pytest.mark.parametrize(
    ("name", "status"), [("ana", 201), ("mia", 201), ("root", 201), ("bo", 403), ("eve", 403), ("oda", 403)]
)
def test_managers_enter_it_for_their_people(noon, call, name, status):
    answer = call(name).post("time-off", DAYS | {"user": "ana"})
    assert answer.status_code == status
    assert TimeOff.objects.count() == (status == 201)


def test_one_person_is_asked_for(noon, call):
    entered(noon, noon.ana)
    mine = entered(noon, noon.mia)
    assert [row["id"] for row in call("mia").get("time-off", user="mia").json()["results"]] == [mine.pk]


BAD_DAYS = [
    ({"end": "2026-03-10"}, "non_field_errors", "has no day in it"),
    ({"start": "0001-01-01"}, "non_field_errors", "outside the years 1901 to 8999"),
    ({"end": "9999-12-31"}, "non_field_errors", "outside the years 1901 to 8999"),
    ({"start": "9999-12-30", "end": "9999-12-31"}, "non_field_errors", "outside the years 1901 to 8999"),
    ({"start": "2026-02-30"}, "start", "Date has wrong format"),
    ({"start": "2026-03-10\x00"}, "start", "Date has wrong format"),
    ({"start": None}, "start", "may not be null"),
    ({"start": 20260310}, "start", "Date has wrong format"),
    ({"user": "boo"}, "user", "did you mean “bo”?"),
    ({"user": "\x00"}, "user", "There is no person"),
    ({"reason": "x\x00"}, "reason", "Null characters are not allowed"),
    ({"reason": "x" * 201}, "reason", "no more than 200"),
]


def test_bad_days_are_400_with_a_sentence(noon, call, subtests):
    root = call("root")
    for change, field, sentence in BAD_DAYS:
        with subtests.test(ascii(change)):
            answer = root.post("time-off", DAYS | change)
            assert (answer.status_code, list(answer.json())) == (400, [field])
            assert sentence in answer.json()[field][0]
            assert not TimeOff.objects.exists()
    assert root.delete(f"time-off/{10**30}").status_code == 404


def test_an_age_away_is_read_in_every_zone(noon):
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        User.objects.filter(pk=noon.ana.pk).update(time_zone=zone)
        actions.add_time_off(
            user=noon.ana, start=date(1901, 1, 1), end=date(8999, 12, 31), by=TESTS, now=noon.now
        )
        assert away([noon.ana.pk], since=TODAY, until=TODAY + DAY)


def test_a_calendar_is_subscribed_to_listed_by_its_host_and_left(noon, call):
    ana = call("ana")
    made = ana.post("away-calendars", {"address": SECRET, "words": "PTO"})
    assert made.status_code == 201
    row = made.json()
    assert row == {
        "id": AwayCalendar.objects.get().pk,
        "host": "calendar.example.com",
        "words": "PTO",
        "created_at": "2026-03-02T08:00:00Z",
        "fetched_at": None,
        "good_at": None,
        "fault": "",
    }
    assert ana.get("away-calendars").json() == [row]
    again = ana.post("away-calendars", {"address": SECRET})
    assert again.status_code == 400
    assert "abc123" not in (again.content + made.content + ana.get("away-calendars").content).decode()
    for name in ("bo", "mia", "root", "eve"):
        assert call(name).get("away-calendars").json() == []
        assert call(name).delete(f"away-calendars/{row['id']}").status_code == 404
    assert ana.delete(f"away-calendars/{row['id']}").status_code == 204
    assert ana.get("away-calendars").json() == []
    assert ana.delete(f"away-calendars/{row['id']}").status_code == 404


def test_what_a_calendar_says_is_changed_in_the_calendar(noon, call):
    calendar = actions.add_away_calendar(user=noon.ana, address=SECRET, by=TESTS, now=noon.now)
    row = TimeOff.objects.create(
        user=noon.ana,
        calendar=calendar,
        uid="x",
        start=noon.now.date() + timedelta(days=8),
        end=noon.now.date() + timedelta(days=9),
    )
    ana = call("ana")
    assert ana.get("time-off").json()["results"][0]["from_calendar"] == calendar.pk
    answer = ana.delete(f"time-off/{row.pk}")
    assert answer.status_code == 400
    said = answer.json()["non_field_errors"][0]
    assert "comes from their calendar at calendar.example.com" in said
    assert "abc123" not in said


BAD_ADDRESSES = [
    "",
    "\x00",
    "file:///etc/passwd",
    "nonsense",
    "https://",
    "https://a b/",
    "x" * 2001,
    None,
    7,
    [],
]


def test_bad_addresses_are_400_and_nothing_is_kept(noon, call, subtests):
    ana = call("ana")
    for address in BAD_ADDRESSES:
        with subtests.test(ascii(address)[:40]):
            assert ana.post("away-calendars", {"address": address}).status_code == 400
    assert ana.post("away-calendars", {"address": SECRET, "words": "\x00"}).status_code == 400
    assert ana.post("away-calendars", {"address": SECRET, "words": "x" * 101}).status_code == 400
    assert ana.delete(f"away-calendars/{10**30}").status_code == 404
    assert not AwayCalendar.objects.exists()


def test_nobody_is_told_anything_without_a_token(noon):
    for path in ("time-off", "away-calendars"):
        assert Client().get(f"/api/v1/{path}").status_code == 401
        assert Client().post(f"/api/v1/{path}", "{}", "application/json").status_code == 401
        assert Client().delete(f"/api/v1/{path}/1").status_code == 401


def test_why_somebody_is_away_is_not_in_the_ledger_that_every_manager_reads(noon, call, client):
    ana = call("ana")
    number = ana.post("time-off", DAYS).json()["id"]
    ana.delete(f"time-off/{number}")
    told = [(entry.verb, entry.what, entry.why) for entry in Entry.objects.filter(data__time_off=number)]
    days = "Ana Ruiz away 2026-03-10 to 2026-03-14"
    assert told == [("time_off.created", days, ""), ("time_off.cancelled", f"{days}, cancelled", "")]
    User.objects.filter(username="eve").update(is_staff=True)
    client.force_login(User.objects.get(username="eve"), backend="django.contrib.auth.backends.ModelBackend")
    ledger = client.get("/admin/ledger/entry/").content.decode()
    assert (days in ledger, "knee" in ledger) == (True, False)
