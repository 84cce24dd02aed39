"""GET: who is on call, schedules, shifts."""

import json
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from oncall import actions
from people import actions as people
from tests.oncall.feeds.office import NOW, TESTS

NUL = "%00"
ADDRESSES = ["oncall", "schedules", "schedules/Checkout", "schedules/Checkout/shifts", "overrides"]


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(office):
    token = people.create_token(user=office.zed, by=TESTS, now=NOW)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return lambda path: client.get(f"/api/v1/{path}")


def test_oncall_names_people_and_when_it_changes(office, ask):
    expected = [
        {
            "schedule": "Checkout",
            "role": "primary",
            "users": [{"username": "ana", "name": "Ana Ruiz"}],
            "until": "2026-03-09T09:00:00Z",
        }
    ]
    assert ask("oncall").json() == ask("oncall?schedule=Checkout").json() == expected


def test_oncall_at_a_time_is_who_will_be_on(office, ask):
    (at_nine,) = ask("oncall?schedule=Checkout&at=2026-03-09T09:00").json()
    assert [user["username"] for user in at_nine["users"]] == ["bo"]


def test_an_offset_whose_plus_became_a_space_is_understood(office, ask):
    (before,) = ask("oncall?at=2026-03-09T09:59:59+01:00").json()
    (after,) = ask("oncall?at=2026-03-09T10:00:00+01:00").json()
    assert [each["users"][0]["username"] for each in (before, after)] == ["ana", "bo"]


def test_oncall_asks_the_database_as_often_for_ten_schedules_as_for_one(office, ask):
    with CaptureQueriesContext(connection) as one:
        ask("oncall")
    for n in range(9):
        office.rotation(f"Desk {n}", [office.ana.pk, office.bo.pk])
    with CaptureQueriesContext(connection) as ten:
        assert len(ask("oncall").json()) == 10
    assert len(ten) == len(one)


def test_shifts_are_what_the_command_prints(office, ask):
    words = ("shifts", "Checkout", "--since", "2026-03-02", "--until", "2026-03-30", "--format", "json")
    expected = json.loads(office.command(*words))
    assert ask("schedules/Checkout/shifts?since=2026-03-02&until=2026-03-30").json() == expected
    assert ask("schedules/Checkout/shifts?since=2026-03-02&until=2026-03-30&role=primary").json() == expected


def test_shifts_without_a_range_are_the_next_four_weeks(office, ask):
    found = ask("schedules/Checkout/shifts").json()
    assert (found[0]["start"], found[-1]["end"]) == ("2026-03-04T12:00:00Z", "2026-04-01T12:00:00Z")


def test_a_schedule_says_its_team_zone_roles_and_participants(office, ask):
    said = {
        "name": "Checkout",
        "team": "Checkout",
        "time_zone": "UTC",
        "roles": ["primary"],
        "participants": ["ana", "bo"],
        "retired_at": None,
    }
    assert said.items() <= ask("schedules/Checkout").json().items()


def test_schedules_are_listed_by_name_without_the_retired(office, ask):
    office.rotation("Alpha", [office.ana.pk])
    retired = office.rotation("Beta", [office.ana.pk])
    actions.retire_schedule(schedule=retired, by=TESTS, now=NOW)
    assert [each["name"] for each in ask("schedules").json()["results"]] == ["Alpha", "Checkout"]
    assert ask("schedules/Beta").json()["retired_at"] == "2026-03-04T12:00:00Z"


@pytest.mark.parametrize("name", ["Checkout desk", "EU/Web", "Zürich, 24/7?", "100% & #1"])
def test_names_with_spaces_and_slashes_are_addresses(office, ask, name):
    office.rotation(name, [office.ana.pk])
    written = quote(name, safe="")
    assert ask(f"schedules/{written}").json()["name"] == name
    assert {row["schedule"] for row in ask(f"schedules/{written}/shifts").json()} == {name}
    assert [row["schedule"] for row in ask(f"oncall?schedule={written}").json()] == [name]


def test_every_address_answers_with_and_without_a_slash(office, ask, subtests):
    for path in ADDRESSES:
        with subtests.test(ascii(path)):
            plain, slashed = ask(path), ask(f"{path}/")
            assert (plain.status_code, slashed.status_code) == (200, 200)
            assert plain.json() == slashed.json()


WRONG_QUESTIONS = [
    ("oncall?schedule=Chekout", "schedule", "There is no schedule “Chekout”; did you mean “Checkout”?"),
    (f"oncall?schedule={NUL}", "schedule", "There is no schedule “?”; there is “Checkout”."),
    (
        "oncall?at=noon",
        "at",
        "“noon” is not a time; write 2025-01-06, 2025-01-06T10:00 or 2025-01-06T10:00:00Z.",
    ),
    ("oncall?at=0001-01-01", "at", "“0001-01-01” lies outside the years 1901 to 8999."),
    (
        "oncall?at=9999-12-31T23:59:59-12:00",
        "at",
        "“9999-12-31T23:59:59-12:00” lies outside the years 1901 to 8999.",
    ),
    (
        "schedules/Checkout/shifts?since=2026-03-02&until=2026-03-02",
        "until",
        "The end, 2026-03-02T00:00:00Z, must come after the start, 2026-03-02T00:00:00Z.",
    ),
    (
        "schedules/Checkout/shifts?since=2016-03-02&until=2027-03-02",
        "until",
        "More than ten years lie between the start and the end; choose a part of them.",
    ),
    ("schedules/Checkout/shifts?role=x", "role", "There is no role “x”; there is “primary”."),
    ("overrides?schedule=x", "schedule", "There is no schedule “x”; there is “Checkout”."),
]


def test_a_wrong_question_is_answered_field_by_field(office, ask, subtests):
    for query, field, sentence in WRONG_QUESTIONS:
        with subtests.test(ascii(query)):
            response = ask(query)
            assert response.status_code == 400
            assert response.json() == {field: [sentence]}


NONSENSE = [
    f"oncall?at={NUL}",
    "oncall?at=0000-00-00T00:00",
    "oncall?at=" + "9" * 400,
    "oncall?at=%FF%FE",
    f"schedules/Checkout/shifts?role={NUL}",
    "schedules/Checkout/shifts?since=8999-12-31&until=9999-01-01",
]


def test_nonsense_in_a_question_is_400(office, ask, subtests):
    for query in NONSENSE:
        with subtests.test(ascii(query)):
            assert ask(query).status_code == 400


NOT_THERE = [
    "schedules/Nope",
    f"schedules/{NUL}",
    "schedules/%FF",
    "schedules/Nope/shifts",
    "schedules?cursor=cD0lMDA%3D",
    "overrides?cursor=cD1hYmM%3D",
    "overrides/1",
    "overrides/99999999999999999999999999",
]


def test_what_is_not_there_is_404(office, ask, subtests):
    for path in NOT_THERE:
        with subtests.test(ascii(path)):
            assert ask(path).status_code == 404


def test_nobody_reads_without_a_token(office, subtests):
    for path in ADDRESSES:
        with subtests.test(ascii(path)):
            assert Client().get(f"/api/v1/{path}").status_code == 401
