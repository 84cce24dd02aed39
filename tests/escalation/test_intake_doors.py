"""The doors alert sources post to, as a sender sees them."""

from pathlib import Path
from unittest.mock import patch

import orjson
import pytest
from django.db import OperationalError

from escalation.models import Alert, ChangeEvent, Incident
from people.ledger.models import Entry
from tests.world import KEY, TESTS, pagerduty

FIRING = (Path(__file__).parents[1] / "payloads" / "alertmanager" / "firing_0_25.json").read_bytes()
UNKNOWN = "f" * 32


@pytest.fixture
def post(client, world):
    def posted(path, body, content_type="application/json"):
        return client.post(path, body, content_type=content_type)

    return posted


def test_a_pagerduty_trigger_is_stored_before_the_202(post):
    answer = post("/v2/enqueue", pagerduty("srv01/HTTP"))
    assert answer.status_code == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "srv01/HTTP"}
    assert Alert.objects.get().incident.status == "triggered"


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/enqueue/"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"]
)
def test_the_body_is_json_whatever_its_content_type_and_no_slash_redirects(post, path, content_type):
    assert post(path, pagerduty(), content_type).status_code == 202


def test_a_resolve_of_a_key_nobody_knows_is_accepted_and_dropped(post):
    assert post("/v2/enqueue", pagerduty("nothing", "resolve")).status_code == 202
    assert not Alert.objects.exists()


def test_acknowledge_and_resolve_of_the_source_reach_the_incident(post):
    post("/v2/enqueue", pagerduty())
    post("/v2/enqueue", pagerduty(action="acknowledge"))
    assert Incident.objects.get().status == "acknowledged"
    post("/v2/enqueue", pagerduty(action="resolve"))
    assert Incident.objects.get().status == "resolved"
    assert Alert.objects.get().status == "resolved"


V1 = "/generic/2010-04-15/create_event.json"


def v1(event_type="trigger", key=KEY, **more):
    body = {"service_key": key, "event_type": event_type, "incident_key": "disk", "description": "disk full"}
    return orjson.dumps(body | more)


def test_version_1_of_the_events_api_triggers_acknowledges_and_resolves_and_answers_200(post):
    for event_type, status in (
        ("trigger", "triggered"),
        ("acknowledge", "acknowledged"),
        ("resolve", "resolved"),
    ):
        answer = post(V1, v1(event_type))
        assert answer.status_code == 200
        assert answer.json() == {"status": "success", "message": "Event processed", "incident_key": "disk"}
        assert Incident.objects.get().status == status


def test_both_versions_of_the_events_api_speak_of_the_same_keys(post):
    post(V1, v1())
    post("/v2/enqueue", pagerduty("disk", "resolve"))
    assert Incident.objects.get().status == "resolved"


def test_version_1_refuses_an_unknown_key_as_version_2_does(post):
    one, other = post(V1, v1(key=UNKNOWN)), post("/v2/enqueue", pagerduty(key=UNKNOWN))
    assert (one.status_code, one.content) == (400, other.content)


def test_a_change_event_is_kept_and_pages_nobody(post, world):
    body = {"routing_key": KEY, "payload": {"summary": "deploy 42", "source": "ci"}}
    assert post("/v2/change/enqueue", orjson.dumps(body)).status_code == 202
    assert ChangeEvent.objects.get().summary == "deploy 42"
    assert world.tick().sent() == []


def test_an_alertmanager_group_becomes_one_incident_for_each_alert(post):
    answer = post(f"/integrations/alertmanager/{KEY}", FIRING)
    assert (answer.status_code, answer.json()["incidents_opened"]) == (200, 2)
    assert post(f"/integrations/alertmanager/{KEY}/", FIRING).json()["incidents_opened"] == 0
    assert Incident.objects.count() == 2


def test_one_alert_of_a_group_resolves_and_the_others_stay(post):
    post(f"/integrations/alertmanager/{KEY}", FIRING)
    group = orjson.loads(FIRING)
    group["alerts"][0]["status"] = "resolved"
    post(f"/integrations/alertmanager/{KEY}", orjson.dumps(group))
    assert sorted(Incident.objects.values_list("status", flat=True)) == ["resolved", "triggered"]


def test_a_group_that_resolved_closes_alerts_that_a_truncated_post_does_not_list(post):
    post(f"/integrations/alertmanager/{KEY}", FIRING)
    group = orjson.loads(FIRING) | {"status": "resolved", "truncatedAlerts": 1}
    group["alerts"] = [group["alerts"][0] | {"status": "resolved"}]
    post(f"/integrations/alertmanager/{KEY}", orjson.dumps(group))
    assert set(Incident.objects.values_list("status", flat=True)) == {"resolved"}


def test_an_unknown_key_gets_pagerduty_s_own_400(post):
    answer = post("/v2/enqueue", pagerduty(key=UNKNOWN))
    assert answer.status_code == 400
    assert answer.json() == {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": ["Invalid routing key"],
    }


def test_no_answer_tells_which_keys_exist(post, world):
    """Unknown, revoked and of a retired service: byte for byte the same, at every door."""
    doors = [("/v2/enqueue", pagerduty(key=UNKNOWN), pagerduty()), ("/v2/change/enqueue", *[
        orjson.dumps({"routing_key": key, "payload": {"summary": "x"}}) for key in (UNKNOWN, KEY)
    ])]  # fmt: skip
    unknown = [post(path, body).content for path, body, _ in doors]
    unknown.append(post(f"/integrations/alertmanager/{UNKNOWN}", FIRING).content)
    world.key.revoked_at = world.now
    world.key.save()
    revoked = [post(path, body).content for path, _, body in doors]
    revoked.append(post(f"/integrations/alertmanager/{KEY}", FIRING).content)
    assert revoked == unknown


def test_a_malformed_body_is_refused_alike_for_a_known_and_an_unknown_key(post):
    answers = [post(f"/integrations/alertmanager/{key}", b"{}") for key in (KEY, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content


def test_an_unknown_source_is_404(post):
    assert post(f"/integrations/carrier-pigeon/{KEY}", FIRING).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v2/enqueue", b"{", 400),
        ("/v2/enqueue", b"", 400),
        ("/v2/enqueue", b"[]", 400),
        ("/v2/enqueue", pagerduty(summary="a\x00b"), 400),
        ("/v2/enqueue", pagerduty(summary="s" * 1025), 400),
        ("/v2/enqueue", pagerduty("k" * 256), 400),
        ("/v2/enqueue", pagerduty(summary=["no"]), 400),
        ("/v2/enqueue", pagerduty(custom_details={"n": "x" * (513 * 1024)}), 413),
        ("/v2/change/enqueue", b"nope", 400),
        (f"/integrations/alertmanager/{KEY}", b"{}", 400),
        (f"/integrations/alertmanager/{KEY}", b"x" * (513 * 1024), 413),
        (
            f"/integrations/alertmanager/{KEY}",
            b'{"alerts":[{"status":"firing","labels":{"a":"\\u0000"}}]}',
            400,
        ),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_nothing_is_stored(post, path, body, status):
    before = Entry.objects.count()
    answer = post(path, body)
    assert answer.status_code == status
    assert " " in (answer.json().get("errors") or [answer.json()["message"]])[0]
    assert (Alert.objects.count(), Incident.objects.count(), Entry.objects.count()) == (0, 0, before)


def test_512_kilobytes_to_the_byte_are_read(post):
    empty = len(pagerduty(custom_details={"n": ""}))
    fits = pagerduty(custom_details={"n": "x" * (512 * 1024 - empty)})
    assert post("/v2/enqueue", fits).status_code == 202
    assert post("/v2/enqueue", fits + b" ").status_code == 413


def test_one_malformed_alert_in_a_group_stores_nothing_of_it(post):
    group = orjson.loads(FIRING)
    group["alerts"][1]["status"] = "perhaps"
    assert post(f"/integrations/alertmanager/{KEY}", orjson.dumps(group)).status_code == 400
    assert not Alert.objects.exists()


def test_when_the_database_is_down_the_sender_is_told_to_try_again(post):
    with patch(
        "escalation.intake.receiving.service_key",
        side_effect=OperationalError("server closed the connection"),
    ):
        answer = post("/v2/enqueue", pagerduty())
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "server closed" not in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_post_is_taken(client, world, method):
    answer = getattr(client, method)("/v2/enqueue")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


def test_an_intake_answer_sets_no_cookie(post):
    assert not post("/v2/enqueue", pagerduty()).cookies


def test_emoji_and_right_to_left_text_are_kept_as_they_are(post):
    post("/v2/enqueue", pagerduty(summary="💾 הדיסק מלא"))
    assert Incident.objects.get().title == "💾 הדיסק מלא"


def test_a_repeat_costs_few_statements_and_a_new_alert_not_many(post, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        post("/v2/enqueue", pagerduty("first"))
    with django_assert_max_num_queries(6):  # on PostgreSQL one: tests/escalation/incoming/test_at_once.py
        post("/v2/enqueue", pagerduty("first"))


def test_who_sent_it_stands_on_the_timeline_and_the_key_does_not(post):
    post("/v2/enqueue", pagerduty())
    entry = Entry.objects.filter(subject_type="incident").first()
    assert entry.actor_name == "tests (pagerduty)"
    assert not Entry.objects.filter(what__contains=KEY).exists()
    assert TESTS.name not in entry.actor_name
