"""“I take it from here”, “take me off now”, and who could carry it, by HTTP."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from oncall import actions
from oncall.models import Override, Swap
from people.models import Membership, Team, User
from tests.oncall.api.caller import Caller
from tests.oncall.noon import HOUR, TODAY, Noon
from tests.world import TESTS

SPAN = {"role": "primary", "start": "2026-03-03T12:00", "end": "2026-03-03T15:00"}


@pytest.fixture
def noon(db):
    """It is 13:00 and Ana is on until 15:00. Oda observes; Eve manages another team."""
    noon = Noon()
    for name in ("eve", "oda"):
        setattr(noon, name, noon.person(name, name.title()))
    noon.root = User.objects.create_superuser("root", "root@example.com", "x")
    Membership.objects.create(team=noon.team, user=noon.oda, role="observer")
    Membership.objects.create(team=Team.objects.create(name="Others"), user=noon.eve, role="manager")
    noon.now = TODAY + 13 * HOUR
    with time_machine.travel(noon.now, tick=False):
        yield noon


@pytest.fixture
def call(noon):
    return lambda name: Caller(User.objects.get(username=name), now=noon.now)


def test_who_takes_it_from_here_has_it_alone_until_it_changes_hands(noon, call):
    answer = call("bo").post("schedules/Noon/take", {"role": "primary"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["kind"], made["user"], made["advice"]) == ("cover", "bo", [])
    assert (made["start"], made["end"]) == ("2026-03-02T13:00:00Z", "2026-03-02T15:00:00Z")
    assert noon.on(day=0) == ["ana 12-13", "bo 13-15"]
    again = call("bo").post("schedules/Noon/take/", {"role": "primary"})
    assert again.status_code == 400
    assert "has primary of Noon already" in again.json()["non_field_errors"][0]


@pytest.mark.parametrize(
    ("name", "status"), [("cy", 201), ("mia", 201), ("oda", 400), ("eve", 400), ("root", 400)]
)
def test_those_of_the_team_take_it_from_here(noon, call, name, status):
    answer = call(name).post("schedules/Noon/take", {"role": "primary"})
    assert answer.status_code == status
    assert Override.objects.count() == (status == 201)


def test_who_asks_to_be_taken_off_stays_on_until_somebody_comes(noon, call):
    answer = call("ana").post("schedules/Noon/release", {"role": "primary", "reason": "fever"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["urgent"], made["giver"], made["reason"]) == (True, "ana", "fever")
    assert (made["start"], made["end"]) == ("2026-03-02T13:00:00Z", "2026-03-02T15:00:00Z")
    assert noon.on(day=0) == ["ana 12-15"]
    assert call("ana").post("schedules/Noon/release", {"role": "primary"}).status_code == 400
    assert call("bo").post(f"swaps/{made['id']}/take").status_code == 200
    assert noon.on(day=0) == ["ana 12-13", "bo 13-15"]


@pytest.mark.parametrize("name", ["bo", "mia", "oda", "eve", "root"])
def test_who_is_not_on_cannot_be_taken_off(noon, call, name):
    answer = call(name).post("schedules/Noon/release", {"role": "primary"})
    assert answer.status_code == 400
    assert "is not primary of Noon now" in answer.json()["non_field_errors"][0]
    assert not Swap.objects.exists()


def test_who_could_carry_it_the_best_first_and_who_could_not_with_why(noon, call):
    days = {"start": date(2026, 3, 3), "end": date(2026, 3, 5), "reason": "surgery"}
    actions.add_time_off(user=noon.cy, **days, by=TESTS, now=noon.now)
    answer = call("oda").get("schedules/Noon/standins", **SPAN)
    assert answer.status_code == 200
    told = answer.json()
    assert told["carried_by"] == [{"username": "ana", "name": "Ana Ruiz"}]
    assert [row["username"] for row in told["can"]] == ["bo", "mia"]
    assert told["can"][0] == {
        "username": "bo",
        "name": "Bo Lind",
        "rested": True,
        "stands_in": True,
        "reasons": ["free", "rested", "0 h in the last 90 days, 0 h in the next"],
    }
    assert told["can"][1]["stands_in"] is False
    (cy,) = told["cannot"]
    assert cy["username"] == "cy"
    assert cy["reasons"][0].startswith("away ")
    assert "surgery" not in answer.content.decode(), "why is for Cy and their managers"


BAD_SPANS = [
    ({"role": "primry"}, "role"),
    ({"role": "\x00"}, "role"),
    ({"start": "\x00"}, "start"),
    ({"end": "2026-03-03T12:00"}, "end"),
    ({"end": "2027-03-05"}, "end"),
    ({"start": "1902-01-01", "end": "8998-01-01"}, "end"),
]


def test_bad_spans_are_400_at_their_field(noon, call, subtests):
    bo = call("bo")
    for change, field in BAD_SPANS:
        with subtests.test(ascii(change)):
            answer = bo.get("schedules/Noon/standins", **SPAN | change)
            assert (answer.status_code, list(answer.json())) == (400, [field])
    assert bo.get("schedules/Noon/standins", **SPAN | {"start": "8997-01-01", "end": "8997-06-01"}).json()
    assert list(bo.get("schedules/Noon/standins").json()) == ["role", "start", "end"]


@pytest.mark.parametrize("door", ["take", "release"])
def test_bad_roles_and_schedules_are_refused(noon, call, subtests, door):
    ana = call("ana")
    for role in ("primry", "p\x00", "", None, [], "\ud800", "p" * 41):
        with subtests.test(ascii(role)):
            answer = ana.post(f"schedules/Noon/{door}", {"role": role})
            assert (answer.status_code, list(answer.json())) == (400, ["role"])
    assert ana.post(f"schedules/Non/{door}", {"role": "primary"}).status_code == 404
    assert ana.post(f"schedules/%00/{door}", {"role": "primary"}).status_code == 404
    assert ana.post(f"schedules/Noon/{door}", "[]").status_code == 400
    assert Client().post(f"/api/v1/schedules/Noon/{door}").status_code == 401
    assert Client().get("/api/v1/schedules/Noon/standins").status_code == 401
    assert not Override.objects.exists()
    assert not Swap.objects.exists()


def test_a_retired_schedule_is_nobodys_to_take(noon, call):
    actions.retire_schedule(schedule=noon.noon, by=TESTS, now=noon.now)
    for name, door in (("bo", "take"), ("ana", "release")):
        answer = call(name).post(f"schedules/Noon/{door}", {"role": "primary"})
        assert answer.status_code == 400
    assert not Override.objects.exists()
