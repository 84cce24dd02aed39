"""`/integrations/generic/<routing key>`: what comes is read by the key's mapping, and nothing is lost."""

import hashlib
import hmac
from datetime import timedelta
from unittest.mock import patch

import orjson
import pytest
import time_machine
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from standardwebhooks import Webhook

from escalation.actions import config
from escalation.actions.mappings import set_mapping
from escalation.models import Alert, Incident, LastPost, RoutingKey
from people.ledger.models import Entry
from tests.escalation.sources.payloads import payload
from tests.escalation.sources.test_generic import bodies, mappings
from tests.world import KEY, TESTS

UNKNOWN = "f" * 32
SECRET = "correct-horse-battery"
FLAT = payload("generic/flat.json")
BOARD = {"board": "core", "lights": [{"n": "pump", "s": "red"}, {"n": "fan", "s": "green"}]}
MAPPING = {
    "each": "lights",
    "action": "s",
    "resolve_when": ["green"],
    "dedup_key": "join('/', [root.board, n])",
    "summary": "join(' of ', [n, root.board])",
}


@pytest.fixture(autouse=True)
def clock(world):
    with time_machine.travel(world.now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(client, world):
    def posted(body, key=f"/{KEY}", content_type="application/json", **headers):
        body = orjson.dumps(body) if isinstance(body, dict | list) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(f"/integrations/generic{key}", body, content_type=content_type, headers=named)

    return posted


def use(world, **mapping):
    set_mapping(key=world.key, mapping=mapping, by=TESTS, now=world.now)


def last(world):
    return LastPost.objects.filter(key=world.key, outcome="taken").first()


def test_what_opens_repeats_and_ends(post, world):
    answer = post(FLAT).json()
    assert answer == {
        "status": "success", "events": 1, "incidents_opened": 1, "dedup_keys": ["generic:tests:backup-db1"],
    }  # fmt: skip
    assert len(world.tick().sent()) == 1
    assert post(FLAT).json()["incidents_opened"] == 0
    assert post(FLAT.replace(b'"failed"', b'"ok"')).status_code == 200
    assert set(Incident.objects.values_list("status", flat=True)) == {"resolved"}


def test_what_two_senders_of_a_service_call_7_are_two_things(post, world):
    config.ensure_routing_key(service=world.service, name="other", key="e" * 32, by=TESTS, now=world.now)
    for body, opened in (
        ({"title": "a", "id": 7}, 1),
        ({"title": "Same"}, 1),
        ({"dedup_key": "k", "title": "a"}, 0),
    ):
        assert post(body).json()["incidents_opened"] == 1
        assert post(body, key=f"/{'e' * 32}").json()["incidents_opened"] == opened
        assert post(body, key=f"/{'e' * 32}").json()["incidents_opened"] == 0


def test_a_mapping_of_the_key_says_what_is_what(post, world):
    use(world, **MAPPING)
    assert post(BOARD).json()["incidents_opened"] == 1
    alert = Alert.objects.get()
    assert (alert.dedup_key, alert.summary) == ("core/pump", "pump of core")
    assert alert.payload == {"board": "core", "n": "pump", "s": "red"}
    post({"board": "core", "lights": [{"n": "pump", "s": "green"}]})
    assert set(Alert.objects.values_list("status", flat=True)) == {"resolved"}


def test_a_mapping_that_is_of_no_use_pages_all_the_same(post, world):
    use(world, each="alerts")
    answer = post({"title": "Pump is down", "status": "ok"}).json()
    assert answer["incidents_opened"] == 1
    assert "no list" in answer["notes"][0]
    assert "Pump is down" in Alert.objects.get().summary
    assert Alert.objects.get().severity == "SEV-2"
    assert len(world.tick().sent()) == 1
    assert "each found no list" in last(world).why


def test_the_sender_hears_that_a_key_was_made(post, world):
    [note] = post({"title": "Pump is down"}).json()["notes"]
    assert "had no dedup key" in note


def test_what_is_not_meant_for_it_is_answered_well_and_pages_nobody(post, world):
    use(world, ignore_when="kind == 'ping'")
    answer = post({"kind": "ping"})
    assert (answer.status_code, answer.json()["events"]) == (200, 0)
    assert post([]).json()["events"] == 0
    assert not Alert.objects.exists()


def test_the_key_may_stand_in_a_header(post, client, world):
    assert post(FLAT, key="", authorization=f"Bearer {KEY}").json()["incidents_opened"] == 1
    assert post(FLAT, key="/", authorization=f"bearer  {KEY}").status_code == 200
    unknown = post(FLAT, key=f"/{UNKNOWN}")
    for said in (f"Bearer {UNKNOWN}", f"Basic {KEY}", "Bearer", ""):
        answer = post(FLAT, key="", authorization=said)
        assert (answer.status_code, answer.content) == (404, unknown.content)
    headers = {"Authorization": f"Bearer {KEY}"}
    other = client.post("/integrations/alertmanager", b"{", content_type="application/json", headers=headers)
    assert other.status_code == 400  # every source takes it


@pytest.mark.parametrize("body", [b"{", b"", b"{}", b'{"a":"\\u0000"}', b"[" * 3000])
def test_what_cannot_be_read_is_refused_alike_whatever_the_key(post, body):
    answers = [post(body, key=f"/{key}") for key in (KEY, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content


def test_an_unknown_a_revoked_and_an_unsigned_one_are_one_answer(post, world):
    unknown = post(FLAT, key=f"/{UNKNOWN}")
    config.set_signing_secret(key=world.key, secret=SECRET, by=TESTS, now=world.now)
    use(world, summary="title")
    with patch("escalation.intake.generic.read") as reading:
        assert (post(FLAT).status_code, post(FLAT).content) == (404, unknown.content)
    reading.assert_not_called()  # nothing of a stranger's is held against a mapping
    world.key.refresh_from_db()
    RoutingKey.objects.update(signing_secret="", revoked_at=world.now)
    assert post(FLAT).content == unknown.content
    assert last(world) is None


def test_a_signed_post_counts_once(post, world):
    config.set_signing_secret(key=world.key, secret=SECRET, by=TESTS, now=world.now)
    signature = Webhook(SECRET.encode()).sign("msg_1", world.now, FLAT.decode())
    signed = {
        "webhook_id": "msg_1", "webhook_timestamp": str(int(world.now.timestamp())),
        "webhook_signature": signature,
    }  # fmt: skip
    assert [post(FLAT, **signed).status_code for _ in range(2)] == [200, 409]
    github = "sha256=" + hmac.new(SECRET.encode(), FLAT, hashlib.sha256).hexdigest()
    assert post(FLAT, x_hub_signature_256=github).status_code == 200


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, mapping=mappings)
def test_no_post_and_no_mapping_whatever_is_a_fault_of_ours(post, world, body, mapping):
    stored = {name: said for name, said in mapping.items() if "\x00" not in "".join(said)}
    RoutingKey.objects.filter(pk=world.key.pk).update(mapping=stored)
    assert post(body).status_code in {200, 400}


# The last that came


def test_the_last_that_came_is_kept_without_secrets(post, world, clock):
    post({"title": "a", "api_token": "hunter2", "note": f"sent by {KEY}"})
    kept = last(world)
    assert orjson.loads(kept.body) == {"title": "a", "api_token": "•••", "note": "sent by •••"}
    assert (kept.source, kept.status, kept.why, kept.at) == ("generic", 200, "", world.now)
    clock.shift(timedelta(seconds=4))
    post({"title": "b"})
    assert orjson.loads(last(world).body)["title"] == "a"  # at most one in five seconds
    clock.shift(timedelta(seconds=1))
    post({"title": "c"})
    assert orjson.loads(last(world).body) == {"title": "c"}
    assert LastPost.objects.count() == 1


def test_a_large_one_is_kept_in_part_and_still_is_json(post, world):
    post({"title": "a", "items": [{"n": number, "text": "x" * 900} for number in range(500)]})
    kept = last(world)
    assert len(kept.body.encode()) <= 64 * 1024
    assert orjson.loads(kept.body)["items"][0]["n"] == 0


def test_that_it_cannot_be_kept_loses_no_page(post, world):
    with patch("escalation.intake.generic._keep", side_effect=DatabaseError):
        assert post(FLAT).json()["incidents_opened"] == 1


# Who says what a mapping is


def test_a_mapping_is_in_the_ledger_and_once(world):
    use(world, summary=" title ", resolve_when=["ok", 0], action="state")
    use(world, summary="title", resolve_when=["ok", "0"], action="state")
    world.key.refresh_from_db()
    assert world.key.mapping == {"action": "state", "summary": "title", "resolve_when": ["ok", "0"]}
    [entry] = Entry.objects.filter(verb="routing_key.changed")
    assert entry.data["summary"] == [None, "title"]
    assert "changed the mapping of routing key tests of service" in entry.what
    use(world)
    world.key.refresh_from_db()
    assert world.key.mapping == {}


def test_a_mapping_that_cannot_be_read_is_refused_field_by_field(world):
    with pytest.raises(config.ConfigError, match="summary: Character 1") as refusal:
        use(world, summary="$.a", action="ok(")
    assert "action: It ends too early" in str(refusal.value)
    assert not Entry.objects.filter(verb="routing_key.changed").exists()


def test_it_goes_with_a_new_value_of_the_key(world):
    use(world, summary="title")
    new = config.ensure_routing_key(
        service=world.service, name="tests", key="e" * 32, by=TESTS, now=world.now
    )
    assert new.mapping == {"summary": "title"}
