"""Where a schedule announces who is on call, by HTTP: taken whole, given back without what is a key."""

import json

import pytest
import time_machine
from django.test import Client

from oncall.models import Announcement
from paging.models import ContactMethod, Page
from people.ledger.models import Entry
from people.models import Membership, Team, User
from tests.oncall.api.caller import Caller
from tests.oncall.noon import HOUR, TODAY, Noon

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TOKEN = "TIiajkdnlazkcOXrIdevi7FQ"
AT_NINE = {"to": SLACK, "days": ["mon", "fri"], "at": "09:00"}
PLACE = "schedules/Noon/announcements"


@pytest.fixture
def noon(db):
    """It is Monday 13:00 and Ana is on until 15:00. Mia manages the team, Eve another one."""
    noon = Noon()
    noon.eve = noon.person("eve", "Eve")
    Membership.objects.create(team=Team.objects.create(name="Others"), user=noon.eve, role="manager")
    noon.now = TODAY + 13 * HOUR
    with time_machine.travel(noon.now, tick=False):
        yield noon


@pytest.fixture
def call(noon):
    return lambda name: Caller(User.objects.get(username=name), now=noon.now)


def test_it_is_added_listed_and_taken_off(noon, call):
    answer = call("mia").post(PLACE, AT_NINE)
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "schedule": "Noon",
        "to": "slack://…",
        "days": ["mon", "fri"],
        "at": "09:00",
        "on_change": False,
        "next_at": "2026-03-06T09:00:00Z",
        "said_at": None,
        "created_at": "2026-03-02T13:00:00Z",
        "created_by": "mia",
    }
    assert Entry.objects.get(verb="announcement.added").actor_name == "Mia Falk (API)"
    changes = call("mia").post(f"{PLACE}/", {"to": SLACK, "on_change": True}).json()
    assert (changes["on_change"], changes["at"], changes["days"], changes["next_at"]) == (
        True,
        None,
        [],
        None,
    )
    assert call("bo").get(PLACE).json() == [made, changes]
    assert call("mia").delete(f"announcements/{made['id']}").status_code == 204
    assert call("bo").get(PLACE).json() == [changes]
    assert call("mia").delete(f"announcements/{made['id']}").status_code == 404


def test_no_answer_repeats_the_address(noon, call):
    answers = [call("mia").post(PLACE, AT_NINE), call("mia").post(PLACE, AT_NINE), call("mia").get(PLACE)]
    answers.append(call("mia").post(PLACE, AT_NINE | {"to": f"slak://{TOKEN}/x"}))
    assert [one.status_code for one in answers] == [201, 400, 200, 400]
    assert not any(TOKEN in one.content.decode() for one in answers)
    assert ContactMethod.objects.get(kind="chat").address == SLACK


def test_it_is_sent_at_once_to_try_it(noon, call):
    made = call("mia").post(PLACE, AT_NINE).json()
    answer = call("mia").post(f"announcements/{made['id']}/send")
    assert (answer.status_code, answer.json()["said_at"]) == (200, "2026-03-02T13:00:00Z")
    assert Page.objects.get().facts["title"] == "On call for Noon since 12:00: primary Ana Ruiz"
    again = call("mia").post(f"announcements/{made['id']}/send/")
    assert "a moment ago" in again.json()["non_field_errors"][0]


@pytest.mark.parametrize("name", ["bo", "eve"])
def test_only_managers_of_the_team_change_it(noon, call, name):
    made = call("mia").post(PLACE, AT_NINE).json()
    for answer in (
        call(name).post(PLACE, AT_NINE | {"at": "10:00"}),
        call(name).delete(f"announcements/{made['id']}"),
        call(name).post(f"announcements/{made['id']}/send"),
    ):
        assert answer.status_code == 403
        assert "managers of Payments" in answer.json()["detail"]
    assert Announcement.objects.filter(retired_at=None).count() == 1
    assert not Page.objects.exists()


def test_nobody_without_a_token_asks(noon):
    assert Client().get(f"/api/v1/{PLACE}").status_code == 401
    assert Client().delete("/api/v1/announcements/1").status_code == 401


@pytest.mark.parametrize(
    ("body", "key", "sentence"),
    [
        (AT_NINE | {"days": ["mond"]}, "non_field_errors", "“mond” is not a day"),
        (AT_NINE | {"days": []}, "non_field_errors", "names no day"),
        (AT_NINE | {"days": "mon"}, "days", "list"),
        (AT_NINE | {"days": [7]}, "non_field_errors", "“7” is not a day"),
        (AT_NINE | {"days": [None]}, "days", "may not be null"),
        (AT_NINE | {"days": [{}]}, "days", "Not a valid string"),
        (AT_NINE | {"at": "25:00"}, "non_field_errors", "“25:00” is not a time of day"),
        (AT_NINE | {"at": 9}, "non_field_errors", "“9” is not a time of day"),
        (AT_NINE | {"at": None}, "at", "may not be null"),
        (AT_NINE | {"on_change": True}, "non_field_errors", "at a time or on change"),
        (AT_NINE | {"on_change": "perhaps"}, "on_change", "boolean"),
        (AT_NINE | {"webhook": "Ops bus"}, "non_field_errors", "goes to one place"),
        (AT_NINE | {"to": "ntfy://127.0.0.1/room"}, "non_field_errors", "inside the network"),
        (AT_NINE | {"to": "\x00"}, "to", "Null characters"),
        (AT_NINE | {"time": "09:00"}, "time", "“time” is not a known key"),
        ({}, "non_field_errors", "Say when"),
        ([], "non_field_errors", "dictionary"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(noon, call, body, key, sentence):
    answer = call("mia").post(PLACE, json.dumps(body))
    assert answer.status_code == 400
    assert sentence in str(answer.json()[key])
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30])
def test_one_that_there_is_not(noon, call, number):
    assert call("mia").delete(f"announcements/{number}").status_code == 404
    assert call("mia").get("schedules/Noom/announcements").status_code == 404
