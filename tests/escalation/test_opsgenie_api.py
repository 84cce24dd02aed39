"""Opsgenie's Alert API, as a sender sees it."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import quote

import orjson
import pytest
import time_machine
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg_pool import PoolTimeout

from escalation.actions import config, heartbeats
from escalation.api.overload import is_overload
from escalation.models import Alert, Incident, Service
from people.ledger.models import Entry
from tests.world import KEY, TESTS, pagerduty

UNKNOWN = "f" * 32
DISK = {"message": "disk is full", "alias": "disk", "priority": "P1"}


class Sender:
    """Speaks as Opsgenie's clients do, with a key."""

    def __init__(self, client, key=KEY):
        self._client = client
        self._headers = {"Authorization": f"GenieKey {key}"} if key else {}

    def call(self, method, path, body=None):
        data = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        return self._client.generic(
            method, path, data, content_type="application/json", headers=self._headers
        )

    def create(self, **fields):
        return self.call("POST", "/v2/alerts", DISK | fields)

    def ask(self, verb, identifier="disk", *, by="alias", method="POST", **said):
        path = f"/v2/alerts/{quote(identifier, safe='')}/{verb}?identifierType={by}"
        return self.call(method, path, said)

    def get(self, identifier="disk", *, by="alias"):
        return self.call("GET", f"/v2/alerts/{quote(identifier, safe='')}?identifierType={by}")

    def became(self, answer):
        assert answer.status_code == 202, answer.content
        found = self.call("GET", f"/v2/alerts/requests/{answer.json()['requestId']}")
        assert found.status_code == 200, found.content
        return found.json()["data"]


@pytest.fixture
def sender(client, world):
    with time_machine.travel(world.now, tick=False):
        yield Sender(client)


def test_an_alert_is_stored_before_the_202(sender):
    answer = sender.create()
    assert answer.status_code == 202
    assert answer.json()["result"] == "Request will be processed"
    assert set(answer.json()) == {"result", "took", "requestId"}
    alert = Alert.objects.get()
    assert (alert.dedup_key, alert.severity, alert.incident.status) == ("disk", "SEV-1", "triggered")


@pytest.mark.parametrize("path", ["/v2/alerts", "/v2/alerts/"])
def test_a_slash_at_the_end_makes_no_difference(sender, path):
    assert sender.call("POST", path, DISK).status_code == 202
    for verb in ("acknowledge", "acknowledge/", "close/"):
        assert sender.ask(verb).status_code == 202
    assert Incident.objects.get().status == "resolved"


def test_an_alert_pages_and_its_close_ends_that(sender, world):
    sender.create()
    assert world.tick().sent() == [(0, "ana", "email")]
    sender.ask("close")
    world.wait(minutes=30)
    assert world.sent() == [(0, "ana", "email")]


def test_what_became_of_a_request_is_asked_by_its_number(sender):
    status = sender.became(sender.create())
    alert = Alert.objects.get()
    assert (status["isSuccess"], status["action"], status["status"]) == (True, "Create", "Created alert")
    assert (status["alias"], status["processedAt"]) == ("disk", "2026-03-02T10:00:00.000Z")
    found = sender.get(status["alertId"], by="id").json()["data"]
    assert found["tinyId"] == str(alert.incident_id)


def test_the_same_alias_counts_on_the_open_alert(sender):
    first, again = sender.became(sender.create()), sender.became(sender.create())
    assert first["alertId"] == again["alertId"]
    assert sender.get().json()["data"]["count"] == 2
    assert Incident.objects.count() == 1


def test_how_an_alert_stands_reads_as_opsgenie_says_it(sender, world):
    sender.create(
        description="db1 is at 99 %", tags=["eu"], details={"cluster": "eu1"}, entity="db1", source="cron"
    )
    found = sender.get().json()["data"]
    assert found["status"] == "open"
    assert found["message"] == "disk is full"
    assert (found["priority"], found["tags"], found["details"]) == ("P1", ["eu"], {"cluster": "eu1"})
    assert (found["description"], found["entity"], found["source"]) == ("db1 is at 99 %", "db1", "cron")
    assert (found["acknowledged"], found["snoozed"], found["owner"]) == (False, False, "")
    world.acknowledge(Incident.objects.get(), world.ana)
    found = sender.get().json()["data"]
    assert (found["acknowledged"], found["owner"]) == (True, "ana")


def test_an_alert_is_found_by_id_alias_incident_number_and_by_the_number_of_its_request(sender):
    created = sender.create().json()["requestId"]
    found = sender.get().json()["data"]
    for identifier, by in ((found["id"], "id"), (found["tinyId"], "tiny"), (created, "id")):
        assert sender.get(identifier, by=by).json()["data"]["id"] == found["id"]


def test_a_request_s_number_closes_its_alert_since_some_clients_know_no_other(sender):
    number = sender.create().json()["requestId"]
    assert sender.became(sender.ask("close", number, by="id"))["isSuccess"]
    assert Incident.objects.get().status == "resolved"


@pytest.mark.parametrize(
    "alias",
    [
        "shop / checkout",
        "a/close",
        "/",
        "x/",
        "disk?full#1",
        "50 %",
        "💾 הדיסק",
        "two\nlines",
        "x/message",
        "..",
    ],
)
def test_an_alias_may_hold_any_character(sender, alias):
    sender.create(alias=alias)
    assert sender.get(alias).json()["data"]["alias"] == alias
    assert sender.became(sender.ask("notes", alias, note="seen"))["isSuccess"]
    assert sender.became(sender.ask("close/", alias))["isSuccess"]
    assert Alert.objects.get().status == "resolved"


def test_an_alias_of_512_characters_is_one_key(sender):
    alias = "a" * 512
    sender.create(alias=alias)
    sender.create(alias=alias[:-1] + "b")
    assert Alert.objects.count() == 2
    assert sender.get(alias).json()["data"]["alias"] == alias
    assert sender.create(alias=alias + "a").status_code == 422


def test_acknowledge_stops_the_paging_and_unacknowledge_starts_it_again(sender, world):
    sender.create()
    world.tick()
    assert (
        sender.became(sender.ask("acknowledge", user="Ana", note="on it"))["status"] == "Acknowledged alert"
    )
    incident = Incident.objects.get()
    assert incident.status == "acknowledged"
    assert "tests (opsgenie): acknowledged; everyone's paging stops (Ana: on it)" in world.timeline(incident)
    world.wait(minutes=10)
    assert world.sent() == [(0, "ana", "email")]
    with time_machine.travel(world.now, tick=False):
        assert sender.became(sender.ask("unacknowledge", note="not mine"))["isSuccess"]
    world.tick()
    assert world.sent() == [(0, "ana", "email"), (10, "ana", "email")]
    assert Incident.objects.get().status == "triggered"
    assert sender.get().json()["data"]["acknowledged"] is False


def test_a_snooze_lasts_as_long_as_it_says(sender, world):
    sender.create()
    until = world.now + timedelta(hours=2)
    assert sender.became(sender.ask("snooze", endTime=until.isoformat()))["isSuccess"]
    found = sender.get().json()["data"]
    assert (found["snoozed"], found["acknowledged"]) == (True, False)
    assert found["snoozedUntil"] == "2026-03-02T12:00:00.000Z"
    world.wait(hours=2)
    assert [minute for minute, *_ in world.sent()] == [120]


@pytest.mark.parametrize("days", [-1, 15])
def test_a_snooze_that_cannot_be_is_refused_in_a_sentence(sender, world, days):
    sender.create()
    answer = sender.ask("snooze", endTime=(world.now + timedelta(days=days)).isoformat())
    assert answer.status_code == 422
    assert "at most 14 days" in answer.json()["message"]
    assert Incident.objects.get().status == "triggered"


def test_a_note_stands_on_the_timeline_also_of_what_is_closed(sender, world):
    sender.create(note="look at db1", user="cron")
    number = sender.get().json()["data"]["id"]
    sender.ask("close", note="freed", user="Bo")
    assert sender.became(sender.ask("notes", number, by="id", note="it was the log"))["isSuccess"]
    told = "\n".join(world.timeline(Incident.objects.get()))
    for words in ("noted: cron: look at db1", "noted: Bo: freed", "noted: it was the log"):
        assert f"tests (opsgenie): {words}" in told


def test_escalate_pages_the_next_step_now(sender, world):
    sender.create()
    world.tick()
    assert sender.became(sender.ask("escalate", escalation={"name": "Payments_escalation"}))["isSuccess"]
    assert [user for _, user, _ in world.tick().sent()] == ["ana", "bo"]
    assert any("asked for “Payments_escalation”" in line for line in world.timeline(Incident.objects.get()))


@pytest.mark.parametrize("owner", [{"username": "MIA@example.com"}, {"username": "mia"}, {"id": "mia"}])
def test_assign_pages_whoever_is_named(sender, world, owner):
    sender.create()
    assert sender.became(sender.ask("assign", owner=owner))["isSuccess"]
    assert [user for _, user, _ in world.tick().sent()] == ["mia"]


def test_whoever_is_not_here_is_assigned_nothing(sender):
    sender.create()
    answer = sender.ask("assign", owner={"username": "nobody@example.com"})
    assert answer.status_code == 422
    assert "nobody@example.com" in answer.json()["message"]


def test_another_message_and_description_are_kept_and_said_once(sender, world):
    sender.create()
    for _ in range(2):
        sender.ask("message", method="PUT", message="disk is full on two")
        sender.ask("description", method="PUT", description="db1, db2")
    found = sender.get().json()["data"]
    assert (found["message"], found["description"]) == ("disk is full on two", "db1, db2")
    told = [line for line in world.timeline(Incident.objects.get()) if "the alert" in line]
    assert told == [
        "tests (opsgenie): the alert now says: disk is full on two",
        "tests (opsgenie): the alert has another description",
    ]


def test_a_worse_priority_raises_the_incident(sender, world):
    sender.create(priority="P4")
    assert world.tick().sent() == []
    assert sender.became(sender.ask("priority", method="PUT", priority="P1"))["isSuccess"]
    assert [user for _, user, _ in world.tick().sent()] == ["ana"]
    assert sender.get().json()["data"]["priority"] == "P1"


def test_what_is_deleted_is_closed_and_not_forgotten(sender):
    sender.create()
    answer = sender.call("DELETE", "/v2/alerts/disk?identifierType=alias")
    assert sender.became(answer)["isSuccess"]
    assert Incident.objects.get().status == "resolved"


def test_of_an_alert_that_is_not_there_the_request_tells(sender):
    status = sender.became(sender.ask("close", "nothing"))
    assert (status["isSuccess"], status["status"]) == (False, "Alert does not exist")
    assert sender.get("nothing").status_code == 404
    assert not Alert.objects.exists()


def test_of_an_alert_that_is_closed_the_request_tells(sender):
    sender.create()
    number = sender.get().json()["data"]["id"]
    sender.ask("close")
    status = sender.became(sender.ask("acknowledge", number, by="id"))
    assert (status["isSuccess"], status["status"]) == (False, "Alert is already closed")
    assert sender.get(number, by="id").json()["data"]["status"] == "closed"
    assert sender.get().status_code == 404  # an alias means the open one


def test_of_two_alerts_of_one_incident_a_close_ends_one_and_its_number_both(sender, world):
    Service.objects.filter(pk=world.service.pk).update(group_window=timedelta(minutes=10))
    sender.create(alias="one")
    sender.create(alias="two")
    incident = Incident.objects.get()
    sender.ask("close", "one")
    incident.refresh_from_db()
    assert incident.status == "triggered"
    sender.ask("close", str(incident.pk), by="tiny")
    incident.refresh_from_db()
    assert incident.status == "resolved"


def test_a_key_speaks_for_its_service_alone(client, sender, world):
    sender.create()
    found = sender.get().json()["data"]
    created = sender.create().json()["requestId"]
    other = config.create_service(name="other", policy=world.policy, team=world.team, by=TESTS, now=world.now)
    config.ensure_routing_key(service=other, name="theirs", key="a" * 32, by=TESTS, now=world.now)
    theirs = Sender(client, "a" * 32)
    for identifier, by in (
        (found["id"], "id"),
        (found["tinyId"], "tiny"),
        ("disk", "alias"),
        (created, "id"),
    ):
        assert theirs.get(identifier, by=by).status_code == 404
        assert theirs.became(theirs.ask("close", identifier, by=by))["status"] == "Alert does not exist"
    assert theirs.call("GET", f"/v2/alerts/requests/{created}").status_code == 404
    assert Incident.objects.get().status == "triggered"


def test_one_key_is_one_alert_whichever_protocol_speaks_of_it(client, sender):
    sender.create()
    client.post("/v2/enqueue", pagerduty("disk", "resolve"), content_type="application/json")
    assert Incident.objects.get().status == "resolved"


def test_no_answer_tells_which_keys_exist(client, world):
    """Unknown, revoked, of the wrong form and none at all: the same words, at every address."""

    def answers(key):
        asked = Sender(client, key)
        made = [
            asked.create(), asked.call("POST", "/v2/alerts", b"{"), asked.get(), asked.ask("close"),
            asked.call("GET", "/v2/alerts/requests/1"), asked.call("POST", "/v2/heartbeats/x/ping"),
        ]  # fmt: skip
        return [(answer.status_code, answer.json()["message"], sorted(answer.json())) for answer in made]

    expected = [(401, "Could not authenticate", ["message", "requestId", "took"])] * 6
    assert answers(UNKNOWN) == answers("short") == answers("") == expected
    world.key.revoked_at = world.now
    world.key.save()
    assert answers(KEY) == expected
    assert not Alert.objects.exists()


def test_a_key_that_takes_only_what_is_signed_answers_nothing_here(sender, world):
    sender.create()
    world.key.signing_secret = "s" * 32
    world.key.save()
    for answer in (sender.create(), sender.get(), sender.ask("acknowledge"), sender.ask("close")):
        assert answer.status_code == 401
    assert Incident.objects.get().status == "triggered"


def test_an_unknown_key_costs_the_same_query_as_none(client, world, django_assert_num_queries):
    for key in (UNKNOWN, ""):
        with django_assert_num_queries(1):
            Sender(client, key).create()


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/v2/alerts", b"{", 400, "body"),
        ("/v2/alerts", b"", 400, "body"),
        ("/v2/alerts", b"[]", 400, "body"),
        ("/v2/alerts", {}, 422, "message"),
        ("/v2/alerts", {"message": ""}, 422, "message"),
        ("/v2/alerts", {"message": "a\x00b"}, 422, "body"),
        ("/v2/alerts", {"message": "x", "alias": "a" * 513}, 422, "alias"),
        ("/v2/alerts", {"message": "x", "tags": "y"}, 422, "tags"),
        ("/v2/alerts/x/notes", {}, 422, "note"),
        ("/v2/alerts/x/snooze", {}, 422, "endTime"),
        ("/v2/alerts/x/close?identifierType=name", {}, 422, "identifierType"),
        ("/v2/alerts", {"message": "x", "description": "d" * (513 * 1024)}, 413, None),
    ],
)
def test_bad_input_is_refused_in_opsgenie_s_shape_and_nothing_is_stored(sender, path, body, status, field):
    before = Entry.objects.count()
    answer = sender.call("POST", path, body)
    assert answer.status_code == status
    said = answer.json()
    assert said["message"]
    assert said["took"] >= 0
    assert said["requestId"]
    assert field is None or list(said["errors"]) == [field]
    assert (Alert.objects.count(), Entry.objects.count()) == (0, before)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v2/alerts", "POST"),
        ("PATCH", "/v2/alerts/x/close", "GET, DELETE, POST, PUT"),
        ("POST", "/v2/alerts/requests/x", "GET"),
    ],
)
def test_another_method_is_refused(sender, method, path, allow):
    answer = sender.call(method, path, {})
    assert (answer.status_code, answer["Allow"]) == (405, allow)
    assert answer.json()["message"]


@pytest.mark.parametrize("path", ["x", "x/attachments", "close", "/close", "close/"])
def test_what_cannot_be_asked_of_an_alert_is_refused_and_says_what_can(sender, path):
    answer = sender.call("POST", f"/v2/alerts/{path}", {})
    assert answer.status_code == 404
    assert "acknowledge" in answer.json()["message"]


@pytest.mark.parametrize("number", ["x", "1", "43a29c5c-3dbf-4fa4-9c26-f4f71023e120", "%00", "%FF"])
def test_a_request_nobody_made_is_not_found(sender, number):
    assert sender.call("GET", f"/v2/alerts/requests/{number}").status_code == 404


@pytest.mark.parametrize("identifier", ["%00", "a%00b", "%FF%FE", "9" * 400, "%ED%A0%80", "%2E%2E%2F"])
@pytest.mark.parametrize("by", ["id", "alias", "tiny"])
def test_no_identifier_whatever_is_a_fault(sender, identifier, by):
    assert sender.call("GET", f"/v2/alerts/{identifier}?identifierType={by}").status_code == 404
    answer = sender.call("POST", f"/v2/alerts/{identifier}/close?identifierType={by}", {})
    assert sender.became(answer)["status"] == "Alert does not exist"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40))
def test_any_alias_that_opens_an_alert_closes_it(sender, alias):
    assert sender.create(alias=alias).status_code == 202
    assert sender.became(sender.ask("close", alias))["isSuccess"]
    assert not Alert.objects.filter(status="open").exists()


def test_a_heartbeat_is_pinged_by_its_name(sender, world):
    spec = heartbeats.HeartbeatSpec(name="nightly / backup", every=timedelta(hours=1))
    row = heartbeats.ensure_heartbeat(service=world.service, spec=spec, by=TESTS, now=world.now)
    for method in ("GET", "POST"):
        answer = sender.call(method, "/v2/heartbeats/nightly%20%2F%20backup/ping")
        assert (answer.status_code, answer.json()["result"]) == (202, "PONG - Heartbeat received")
    row.refresh_from_db()
    assert row.last_call_at == world.now


def test_a_heartbeat_that_nobody_expects_is_said_to_be_none(sender):
    answer = sender.call("POST", "/v2/heartbeats/nothing/ping/")
    assert answer.status_code == 404
    assert "does not exist" in answer.json()["message"]


class Busy:
    """The database's connections are all in use, as Django says it."""

    def __enter__(self):
        fault = OperationalError("couldn't get a connection after 5.00 sec")
        fault.__cause__ = PoolTimeout("couldn't get a connection after 5.00 sec")
        self._patch = patch("escalation.intake.receiving.service_key", side_effect=fault)
        self._door = patch("escalation.intake.unsigned_key", side_effect=fault)
        self._patch.start()
        self._door.start()

    def __exit__(self, *_):
        self._patch.stop()
        self._door.stop()


def test_what_comes_too_fast_is_429_here_and_in_the_events_api_and_403_in_its_first_version(client, sender):
    v1 = orjson.dumps({"service_key": KEY, "event_type": "trigger", "description": "x"})
    with Busy():
        here = sender.create()
        v2 = client.post("/v2/enqueue", pagerduty(), content_type="application/json")
        first = client.post("/generic/2010-04-15/create_event.json", v1, content_type="application/json")
    assert (here.status_code, v2.status_code, first.status_code) == (429, 429, 403)
    assert here.json()["message"] == v2.json()["message"] == first.json()["message"]
    assert here.json()["requestId"]
    assert {answer["Retry-After"] for answer in (here, v2, first)} == {"5"}


def test_a_database_that_is_away_is_503(sender):
    with patch(
        "escalation.intake.unsigned_key", side_effect=OperationalError("server closed the connection")
    ):
        assert sender.create().status_code == 503


def test_sqlite_s_one_writer_that_is_busy_is_overload_and_a_broken_file_is_not(tmp_path):
    first, second = (sqlite3.connect(tmp_path / "db", timeout=0, isolation_level=None) for _ in range(2))
    with closing(first), closing(second):
        first.execute("BEGIN EXCLUSIVE")
        for statement, expected in (
            ("BEGIN EXCLUSIVE", True),
            ("SELECT * FROM sqlite_master", True),
            ("nonsense", False),
        ):
            with pytest.raises(sqlite3.OperationalError) as raised:
                second.execute(statement)
            fault = OperationalError(str(raised.value))
            fault.__cause__ = raised.value
            assert is_overload(fault) == expected


def test_few_statements_for_a_new_alert_and_fewer_for_a_repeat(sender, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        sender.create()
    with django_assert_max_num_queries(9):
        sender.create()
