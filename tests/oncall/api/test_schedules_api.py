"""Schedules over HTTP: made, changed, looked at before, retired; who may, and what nonsense is told."""

import json

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from oncall.api.urls import urlpatterns
from oncall.models import Schedule, ScheduleVersion, TemporarySchedule
from people import actions as people
from people.ledger.models import Entry
from people.models import User
from tests.oncall.feeds.office import DAY, NOW, TESTS, WEEK, Office

LAYER = {"name": "Weekly", "participants": ["ana", "bo"], "start": "2026-01-05T09:00", "shift_length": "1w"}
DEFINITION = {"roles": {"primary": {"layers": [LAYER]}}}
NEW = {"name": "Desk", "team": "Checkout", "time_zone": "Europe/Berlin", "definition": DEFINITION}


def said(**change):
    return {"roles": {"primary": {"layers": [LAYER | change]}}}


@pytest.fixture(autouse=True)
def wednesday():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


class Caller:
    """One person with a token."""

    def __init__(self, user: User) -> None:
        token = people.create_token(user=user, by=TESTS, now=NOW)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def ask(self, method: str, path: str, body=None):
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return self.client.generic(method, f"/api/v1/{path}", data, "application/json")

    def get(self, path: str):
        return self.client.get(f"/api/v1/{path}")

    def post(self, path: str, body=None):
        return self.ask("POST", path, body)

    def put(self, body, path: str = "schedules/Checkout"):
        return self.ask("PUT", path, body)


@pytest.fixture
def mia(office) -> Caller:
    return Caller(office.mia)


def on_call(at: str, schedule: str = "Checkout") -> list[str]:
    (row,) = json.loads(Office.command("whois", schedule, "--at", at, "--format", "json"))
    return row["users"]


# Reading


def test_a_schedule_says_all_it_says_in_the_words_of_the_document(office, mia):
    answer = mia.get("schedules/Checkout").json()
    assert answer == {
        "name": "Checkout",
        "team": "Checkout",
        "time_zone": "UTC",
        "roles": ["primary"],
        "participants": ["ana", "bo"],
        "retired_at": None,
        "holidays": "",
        "definition": {"roles": {"primary": {"layers": [LAYER | {"shift_length": "1 week"}]}}},
        "version": ScheduleVersion.objects.get().pk,
    }


EVERY_PART = {
    "roles": {
        "primary": {
            "layers": [
                LAYER | {"participants": ["ana", ["bo", "mia"], None], "end": "2027-01-01T00:00"},
                LAYER
                | {
                    "name": "Days",
                    "turns": "worked_days",
                    "shift_length": "2d",
                    "restrictions": [{"days": ["mon", "tue"], "start": "09:00", "end": "17:00"}],
                },
                LAYER | {"name": "Weekends", "restrictions": [{"start": "fri 18:00", "end": "mon 09:00"}]},
            ]
        },
        "secondary": {"follows": "primary", "layer": "Weekly", "offset": -1},
        "shadow": {"layers": []},
    }
}


@pytest.mark.parametrize("definition", [DEFINITION, EVERY_PART])
def test_what_get_gave_put_takes_and_nothing_changes(office, mia, definition):
    assert (
        mia.put({"definition": definition, "holidays": "DE-BE", "time_zone": "Asia/Tokyo"}).status_code == 200
    )
    people.deactivate_user(user=office.bo, by=TESTS, now=NOW)
    before = list(ScheduleVersion.objects.values())
    given = mia.get("schedules/Checkout").json()
    answer = mia.put(given)
    assert answer.status_code == 200, answer.content
    assert answer.json()["changed"] is False
    assert mia.get("schedules/Checkout").json() == given
    assert list(ScheduleVersion.objects.values()) == before


# Making


def test_a_manager_makes_a_schedule_and_its_roster_is_there(office, mia):
    answer = mia.post("schedules", NEW)
    assert answer.status_code == 201, answer.content
    assert answer.json()["name"] == "Desk"
    assert answer.json()["participants"] == ["ana", "bo"]
    times = ["2026-03-09T07:59:59Z", "2026-03-09T08:00Z"]  # nine in Berlin
    assert [on_call(at, "Desk") for at in times] == [["ana"], ["bo"]]
    assert Entry.objects.filter(verb="schedule.created").latest("pk").actor_name == "Mia Falk (API)"


def test_without_a_zone_it_is_in_its_teams(office, mia):
    office.team.time_zone = "Asia/Tokyo"
    office.team.save()
    made = mia.post("schedules", {k: v for k, v in NEW.items() if k != "time_zone"}).json()
    assert made["time_zone"] == "Asia/Tokyo"


def test_only_managers_and_superusers_make_and_change_schedules(office, mia):
    User.objects.create_superuser("root", "root@example.com", "x")
    for name in ("ana", "zed"):
        caller = Caller(User.objects.get(username=name))
        for answer in (
            caller.post("schedules", NEW),
            caller.put({"definition": DEFINITION}),
            caller.post("schedules/Checkout/retire"),
            caller.post("schedules/Checkout/preview", {"definition": DEFINITION}),
            caller.post("schedules/Checkout/temporaries", TEMPORARY),
        ):
            assert answer.status_code == 403
            assert "managers" in answer.json()["detail"]
    assert Schedule.objects.count() == ScheduleVersion.objects.count() == 1
    assert Caller(User.objects.get(username="root")).post("schedules", NEW).status_code == 201


def test_a_manager_neither_takes_nor_gives_away_the_schedules_of_teams_of_others(office, mia):
    other = people.create_team(name="Other", by=TESTS, now=NOW)
    people.set_members(team=other, members={office.zed: "manager"}, by=TESTS, now=NOW)
    for answer in (
        mia.put({"definition": said(participants=["ana"]), "team": "Other"}),
        mia.post("schedules", NEW | {"team": "Other"}),
        Caller(office.zed).put({"definition": DEFINITION, "team": "Other"}),
    ):
        assert answer.status_code == 403
    office.schedule.refresh_from_db()
    assert office.schedule.team == office.team
    assert ScheduleVersion.objects.count() == 1


# Changing


def test_a_change_holds_from_now_on_and_history_stays(office, mia):
    answer = mia.put({"definition": said(participants=["bo", "ana"])})
    assert answer.status_code == 200
    assert answer.json()["changed"] is True
    assert [on_call(at) for at in ("2026-03-04T11:59:59", "2026-03-04T12:00")] == [["ana"], ["bo"]]


def test_a_change_may_begin_later_by_the_schedules_wall_clock(office, mia):
    later = {"effective_from": "2026-03-06T10:00", "time_zone": "Europe/Berlin"}
    assert mia.put({"definition": said(participants=["bo"]), **later}).status_code == 200
    assert [on_call(at) for at in ("2026-03-06T08:59:59Z", "2026-03-06T09:00Z")] == [["ana"], ["bo"]]
    versions = mia.get("schedules/Checkout/versions").json()
    assert [(one["effective_from"], one["in_force"]) for one in versions] == [
        ("2026-03-06T09:00:00Z", False),
        ("2025-12-04T12:00:00Z", True),
    ]
    assert versions[0]["definition"]["roles"]["primary"]["layers"][0]["participants"] == ["bo"]
    assert mia.get("schedules/Checkout").json()["version"] == versions[0]["id"]


def test_of_two_who_change_the_same_version_the_second_is_told(office, mia):
    seen = mia.get("schedules/Checkout").json()["version"]
    first = mia.put({"definition": said(participants=["bo"]), "based_on": seen})
    assert first.status_code == 200
    second = mia.put({"definition": said(participants=["mia"]), "based_on": seen})
    assert second.status_code == 409
    assert second.json()["detail"].startswith("Checkout was changed by Mia Falk at 2026-03-04 12:00 UTC")
    assert on_call("2026-03-04T12:00") == ["bo"]
    assert (
        mia.put({"definition": said(participants=["mia"]), "based_on": first.json()["version"]}).status_code
        == 200
    )


def test_a_change_in_the_past_is_refused(office, mia):
    answer = mia.put({"definition": said(participants=["bo"]), "effective_from": "2026-03-04T11:59"})
    assert answer.status_code == 400
    assert "cannot begin in the past" in answer.json()["non_field_errors"][0]


def test_a_move_to_another_team_and_a_refused_version_are_one_thing(office, mia):
    people.create_team(name="Mine", by=TESTS, now=NOW)
    mine = people.create_team(name="Mine too", by=TESTS, now=NOW)
    people.set_members(team=mine, members={office.mia: "manager"}, by=TESTS, now=NOW)
    refused = mia.put({"definition": said(participants=["zed"]), "team": "Mine too"})
    assert refused.status_code == 400
    assert "Not in team Mine too" in refused.json()["non_field_errors"][0]
    office.schedule.refresh_from_db()
    assert office.schedule.team == office.team


def test_a_schedule_is_retired_once(office, mia):
    answer = mia.post("schedules/Checkout/retire")
    assert answer.status_code == 200
    assert answer.json()["retired_at"] == "2026-03-04T12:00:00Z"
    for again in (mia.post("schedules/Checkout/retire"), mia.put({"definition": DEFINITION})):
        assert again.status_code == 400
        assert "is retired since" in again.json()["non_field_errors"][0]


# Looking at a change before it is made


def test_a_preview_says_shifts_and_findings_and_writes_nothing(office, mia):
    before = Entry.objects.count()
    answer = mia.post(
        "schedules/Checkout/preview",
        {"definition": said(participants=["bo", None]), "until": "2026-03-18", "holidays": "DE-BE"},
    )
    assert answer.status_code == 200, answer.content
    shifts = [(one["user"], one["start"], one["end"]) for one in answer.json()["shifts"]]
    assert shifts == [
        ("bo", "2026-03-04T12:00:00Z", "2026-03-09T09:00:00Z"),
        (None, "2026-03-09T09:00:00Z", "2026-03-16T09:00:00Z"),
        ("bo", "2026-03-16T09:00:00Z", "2026-03-18T00:00:00Z"),
    ]
    assert "gap" in {one["kind"] for one in answer.json()["worse"]}
    assert answer.json()["refused"] == []
    assert (ScheduleVersion.objects.count(), Entry.objects.count()) == (1, before)


def test_a_preview_says_what_saving_would_refuse(office, mia):
    answer = mia.post("schedules/Checkout/preview", {"definition": said(participants=["zed"])}).json()
    assert answer["refused"][0].startswith("Not in team Checkout")


def test_what_a_preview_shows_is_what_saving_makes(office, mia):
    change = {"definition": EVERY_PART, "effective_from": "2026-03-07T12:30", "holidays": "DE-BE"}
    shown = mia.post("schedules/Checkout/preview", change).json()["shifts"]
    assert mia.put(change).status_code == 200
    assert mia.get("schedules/Checkout/shifts").json() == shown


# Temporary schedules

TEMPORARY = {
    "start": "2026-03-05T10:00",
    "end": "2026-03-06T10:00",
    "shifts": [{"role": "primary", "user": "bo", "end": "2026-03-05T20:00"}],
}


def test_a_temporary_schedule_is_all_there_is_in_its_span(office, mia):
    answer = mia.post("schedules/Checkout/temporaries", TEMPORARY)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["shifts"] == [
        {"role": "primary", "user": "bo", "start": "2026-03-05T10:00:00Z", "end": "2026-03-05T20:00:00Z"}
    ]
    assert any("Nobody" in one or "nobody" in one for one in made["advice"])
    times = ["2026-03-05T09:59:59", "2026-03-05T10:00", "2026-03-05T20:00", "2026-03-06T10:00"]
    assert [on_call(at) for at in times] == [["ana"], ["bo"], [], ["ana"]]
    (listed,) = mia.get("schedules/Checkout/temporaries").json()["results"]
    assert listed == {key: value for key, value in made.items() if key != "advice"}
    assert mia.get(f"temporaries/{made['id']}").json() == listed


def test_one_that_has_not_begun_is_cancelled_and_one_that_has_is_ended(office, mia, wednesday):
    made = mia.post("schedules/Checkout/temporaries", TEMPORARY).json()["id"]
    assert Caller(office.ana).ask("DELETE", f"temporaries/{made}").status_code == 403
    assert mia.ask("DELETE", f"temporaries/{made}").status_code == 204
    assert on_call("2026-03-05T12:00") == ["ana"]
    assert mia.ask("DELETE", f"temporaries/{made}").status_code == 404
    made = mia.post("schedules/Checkout/temporaries", TEMPORARY).json()["id"]
    wednesday.move_to(NOW + DAY)
    assert mia.ask("DELETE", f"temporaries/{made}").status_code == 204
    assert [on_call(at) for at in ("2026-03-05T11:59:59", "2026-03-05T12:00")] == [["bo"], ["ana"]]
    wednesday.move_to(NOW + WEEK)
    assert mia.ask("DELETE", f"temporaries/{made}").status_code == 400


def test_a_second_temporary_schedule_in_the_same_span_is_refused(office, mia):
    assert mia.post("schedules/Checkout/temporaries", TEMPORARY).status_code == 201
    answer = mia.post("schedules/Checkout/temporaries", TEMPORARY)
    assert answer.status_code == 400
    assert "end or cancel that one first" in answer.json()["non_field_errors"][0]
    assert TemporarySchedule.objects.count() == 1


def test_as_many_queries_for_many_versions_and_temporary_schedules_as_for_one(office, mia, wednesday):
    counts = []
    for n in range(3):
        assert mia.put({"definition": said(participants=[["ana", "bo", "mia"][n]])}).status_code == 200
        span = {"start": f"2026-04-0{n + 1}", "end": f"2026-04-0{n + 2}"}
        assert (
            mia.post("schedules/Checkout/temporaries", TEMPORARY | span | {"shifts": []}).status_code == 201
        )
        wednesday.shift(60)
        with CaptureQueriesContext(connection) as queries:
            assert len(mia.get("schedules/Checkout/versions").json()) == n + 2
            assert len(mia.get("schedules/Checkout/temporaries").json()["results"]) == n + 1
        counts.append(len(queries))
    assert counts[0] == counts[-1] <= 14


def test_nobody_reads_or_changes_anything_without_a_token(office):
    stranger = Client()
    for method, path in [
        ("POST", "schedules"),
        ("PUT", "schedules/Checkout"),
        ("GET", "schedules/Checkout/versions"),
        ("POST", "schedules/Checkout/preview"),
        ("POST", "schedules/Checkout/retire"),
        ("GET", "schedules/Checkout/temporaries"),
        ("DELETE", "temporaries/1"),
    ]:
        assert stranger.generic(method, f"/api/v1/{path}", "{}", "application/json").status_code == 401


# Nonsense


def test_everything_that_is_wrong_is_said_at_once_with_its_place(office, mia):
    wrong = LAYER | {"shift_lenght": "1w", "start": "soon", "participants": ["anna", 7, ["bo", "bo"]]}
    answer = mia.put(
        {
            "definition": {"roles": {"primary": {"layers": [wrong]}, "second": {"follows": "primry"}}},
            "time_zone": "Europe/Berln",
            "holidays": "XX",
            "efective_from": "2026-04-01",
        }
    )
    assert answer.status_code == 400
    found = answer.json()
    assert set(found) == {"definition", "time_zone", "holidays", "efective_from"}
    assert "did you mean effective_from?" in found["efective_from"][0]
    assert "did you mean “ana”?" in found["definition"]["roles.primary.layers[0].participants[0]"][0]
    assert set(found["definition"]) == {
        "roles.primary.layers[0].participants[0]",
        "roles.primary.layers[0].participants[1]",
        "roles.primary.layers[0].participants[2]",
        "roles.primary.layers[0].start",
        "roles.primary.layers[0].shift_lenght",
        "roles.second.follows",
    }
    assert "did you mean shift_length?" in found["definition"]["roles.primary.layers[0].shift_lenght"][0]


def test_someone_who_left_is_not_named_anew(office, mia):
    people.deactivate_user(user=office.zed, by=TESTS, now=NOW)
    answer = mia.put({"definition": said(participants=["zed"])})
    sentence = answer.json()["definition"]["roles.primary.layers[0].participants[0]"][0]
    assert sentence == "Zed Orr (zed) is deactivated; name someone else."


def nested(depth: int):
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


HOSTILE_DEFINITIONS = [
    None,
    [],
    3,
    "roles",
    {"roles": None},
    {"roles": []},
    {"roles": {"": {"layers": []}}},
    {"roles": {"p\x00": {"layers": []}}},
    {"roles": {"\ud800": {"layers": []}}},
    {"roles": {"p" * 41: {"layers": []}}},
    {"roles": {"p" * 5000: {"layers": []}}},
    {"roles": {"primary": None}},
    {"roles": {"primary": {"layers": [None, 3, "x", []]}}},
    {"roles": {"primary": {"layers": {"0": LAYER}}}},
    {"roles": {"primary": {"follows": {}, "layer": [], "offset": "x"}}},
    {
        "roles": {
            "primary": {"layers": [LAYER]},
            "s": {"follows": "primary", "layer": "Weekly", "offset": 10**40},
        }
    },
    {
        "roles": {
            "primary": {"layers": [LAYER]},
            "s": {"follows": "primary", "layer": "Weekly", "offset": 10**6},
        }
    },
    {"roles": nested(50)},
    {"roles": {f"r{n}": {"layers": []} for n in range(501)}},
    said(participants="ana"),
    said(participants=[]),
    said(participants=[None]),
    said(participants=[{"user": "ana"}]),
    said(participants=[[["ana"]]]),
    said(participants=["ana\x00"]),
    said(participants=["\ud800"]),
    said(participants=[1]),
    said(participants=[True]),
    said(participants=[10**30]),
    said(participants=["ana"] * 501),
    said(name="x" * 101),
    said(name="x\x00y"),
    said(name=None),
    said(start="0001-01-01T00:00+14:00"),
    said(start="0001-01-01"),
    said(start="9999-12-31T23:59-14:00"),
    said(start="2026-01-05T09:00\x00"),
    said(start=10**12),
    said(start="2026-01-05T09:00:00.5"),
    said(start=[]),
    said(end="2026-01-05T08:00"),
    said(end="9999-12-31"),
    said(shift_length="0h"),
    said(shift_length="99999999999w"),
    said(shift_length=10**400),
    said(shift_length={}),
    said(shift_length=-1),
    said(turns="sometimes"),
    said(turns=nested(3)),
    said(turns="worked_days", shift_length="1w"),
    said(restrictions=[{"days": [], "start": "09:00"}]),
    said(restrictions=[{"days": "mon"}]),
    said(restrictions=[{"days": [None, 3], "start": "25:00", "end": -1}]),
    said(restrictions=[{"start": "fri", "end": {}}]),
    said(restrictions="always"),
]


def test_a_definition_of_nonsense_is_400_through_every_door(office, mia, subtests):
    for definition in HOSTILE_DEFINITIONS:
        with subtests.test(ascii(definition)[:200]):
            answers = [
                mia.put({"definition": definition}),
                mia.post("schedules/Checkout/preview", {"definition": definition}),
                mia.post("schedules", NEW | {"definition": definition}),
            ]
            assert [answer.status_code for answer in answers] == [400, 400, 400]
            assert all(list(answer.json()) == ["definition"] for answer in answers)
    assert ScheduleVersion.objects.count() == 1


HOSTILE_WORDS = [
    {"name": "Other"},
    {"name": "\x00"},
    {"team": "\x00"},
    {"team": "\ud800"},
    {"team": {}},
    {"team": "x" * 10000},
    {"time_zone": "../../etc/passwd"},
    {"time_zone": "\x00"},
    {"time_zone": None},
    {"time_zone": ["UTC"]},
    {"holidays": "DE-XX"},
    {"holidays": 5},
    {"holidays": "\ud800"},
    {"effective_from": "soon"},
    {"effective_from": "0001-01-01T00:00+14:00"},
    {"effective_from": 10**30},
    {"based_on": 10**30},
    {"based_on": -1},
    {"based_on": "x"},
    {"based_on": [1]},
    {"version": 1e300},
    {"\x00": 1},
    {"\ud800" * 300: 1},
    {"definition ": 1},
]


def test_other_nonsense_is_400_and_nothing_is_written(office, mia, subtests):
    for change in HOSTILE_WORDS:
        with subtests.test(ascii(change)[:100]):
            body = {"definition": said(participants=["bo"])} | change
            assert mia.put(body).status_code == 400
            assert mia.post("schedules/Checkout/preview", body).status_code == 400
    for body in ([], "{", b"\xff", "null", "3", '"x"', "", "[" * 100_000, '{"definition":' * 50_000, {}):
        with subtests.test(ascii(body)[:100]):
            assert mia.put(body).status_code == 400
            assert mia.post("schedules", body).status_code == 400
            assert mia.post("schedules/Checkout/preview", body).status_code == 400
            assert mia.post("schedules/Checkout/temporaries", body).status_code == 400
    assert ScheduleVersion.objects.count() == 1


def test_of_very_much_nonsense_only_the_first_is_told(office, mia):
    layers = [
        LAYER | {"name": f"L{n}", "participants": [f"anna {n} {m}" for m in range(100)]} for n in range(20)
    ]
    with CaptureQueriesContext(connection) as asked:
        answer = mia.put({"definition": {"roles": {"primary": {"layers": layers}}}})
    assert answer.status_code == 400
    assert len(answer.json()["definition"]) <= 200
    assert len(asked) < 250
    assert len(mia.put({f"key {n}": 0 for n in range(1000)}).json()) < 60


NAMES = ["", " ", "\x00", "x" * 101, "Checkout", "/x", "x/", "x/shifts", "a/b/preview", None, [], "\ud800"]


def test_names_that_cannot_be_addressed_are_refused(office, mia, subtests):
    for name in NAMES:
        with subtests.test(ascii(name)):
            answer = mia.post("schedules", NEW | {"name": name})
            assert (answer.status_code, list(answer.json())) == (400, ["name"])


def test_no_name_hides_below_an_address_of_another_schedule(office, mia, subtests):
    below = {str(one.pattern).partition("<path:name>/")[2].rstrip("/") for one in urlpatterns} - {""}
    assert len(below) > 10
    for address in sorted(below):
        with subtests.test(address):
            answer = mia.post("schedules", NEW | {"name": f"Checkout/{address}"})
            assert (answer.status_code, list(answer.json())) == (400, ["name"])
            assert mia.post("schedules", NEW | {"name": address}).status_code == 201


def test_a_name_is_one_line(office, mia, subtests):
    for name in ("A\nB", "A\r\nB", "A\x1bB", "A\tB", "A\x85B", "A\u2028B"):
        with subtests.test(ascii(name)):
            answer = mia.post("schedules", NEW | {"name": name})
            assert answer.status_code == 400
            assert answer.json()["non_field_errors"] == [
                "The name has a line break in it; write it in one line."
            ]
    assert mia.post("schedules", NEW | {"name": "Büro\xa0Nord 👩\u200d💻"}).status_code == 201


def test_names_with_slashes_have_their_addresses(office, mia):
    assert mia.post("schedules", NEW | {"name": "Büro/Nord"}).status_code == 201
    assert mia.get("schedules/Büro/Nord").json()["name"] == "Büro/Nord"
    assert len(mia.get("schedules/Büro/Nord/versions/").json()) == 1
    assert mia.post("schedules/Büro/Nord/retire/").status_code == 200


HOSTILE_TEMPORARIES = [
    {"start": None},
    {"end": "2026-03-05T10:00"},
    {"end": "2046-03-05T10:00"},
    {"start": "2026-03-01T10:00"},
    {"shifts": None},
    {"shifts": {}},
    {"shifts": [None]},
    {"shifts": [[]]},
    {"shifts": [{"role": "primary", "user": 10**30}]},
    {"shifts": [{"role": "primary", "user": "nobody"}]},
    {"shifts": [{"role": "primry", "user": "bo"}]},
    {"shifts": [{"role": "p\x00", "user": "bo"}]},
    {"shifts": [{"role": "primary", "user": "bo", "until": "2026-03-05T12:00"}]},
    {"shifts": [{"role": "primary", "user": "bo", "end": "2026-03-05T09:00"}]},
    {"shifts": [{"role": "primary", "user": "bo", "end": "2026-03-09T09:00"}]},
    {"shifts": [{"role": "primary", "user": "bo"}] * 501},
    {"starts": "2026-03-05"},
]


def test_a_temporary_schedule_of_nonsense_is_400(office, mia, subtests):
    for change in HOSTILE_TEMPORARIES:
        with subtests.test(ascii(change)[:100]):
            assert mia.post("schedules/Checkout/temporaries", TEMPORARY | change).status_code == 400
    assert not TemporarySchedule.objects.exists()


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 40])
def test_a_temporary_schedule_that_is_not_there(office, mia, pk):
    assert mia.get(f"temporaries/{pk}").status_code == 404
    assert mia.ask("DELETE", f"temporaries/{pk}").status_code == 404


@pytest.mark.parametrize("path", ["versions", "temporaries", "preview", "retire"])
def test_a_schedule_that_is_not_there_is_404_with_a_suggestion(office, mia, path):
    answer = (mia.get if path in {"versions", "temporaries"} else mia.post)(f"schedules/Chekout/{path}")
    assert answer.status_code == 404
    assert "did you mean “Checkout”?" in answer.json()["detail"]


def test_a_preview_covers_at_most_a_year(office, mia):
    body = {"definition": DEFINITION, "since": "2026-03-04", "until": "2028-01-01"}
    assert list(mia.post("schedules/Checkout/preview", body).json()) == ["until"]
