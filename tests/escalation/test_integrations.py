"""`/integrations/<source>/<routing key>`, as each source sees it."""

import hashlib
import hmac
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings

from escalation.actions import config
from escalation.intake import forget_posts
from escalation.models import Alert, ChangeEvent, Incident, SeenPost
from people.ledger.models import Entry
from tests.escalation.sources.payloads import payload
from tests.escalation.sources.test_every_parser import bent, queries
from tests.world import KEY, MINUTE, TESTS

UNKNOWN = "f" * 32
SECRET = "correct-horse-battery"
FORM = "application/x-www-form-urlencoded"
SENTRY = payload("sentry/event_alert.json")
PAIRS = {
    "grafana": ("grafana/firing_12.json", b'"status":"firing"', b'"status":"resolved"'),
    "victorops": ("victorops/rest_critical.json", b'"CRITICAL"', b'"RECOVERY"'),
    "datadog": ("datadog/triggered.json", b'"transition":"Triggered"', b'"transition":"Recovered"'),
    "zabbix": ("zabbix/problem.json", b'"event_value":"1"', b'"event_value":"0"'),
    "nagios": ("nagios/service_problem.form", b"=PROBLEM", b"=RECOVERY"),
    "uptime-kuma": ("uptime-kuma/down.json", b'"status":0', b'"status":1'),
    "healthchecks": ("healthchecks/down.json", b'"status":"down"', b'"status":"up"'),
    "apprise": ("apprise/failure.json", b'"failure"', b'"success"'),
    "goalert": ("goalert/create.form", b"summary=", b"action=close&summary="),
    "sentry": ("sentry/metric_alert_critical.json", b'"critical"', b'"resolved"'),
}


@pytest.fixture(autouse=True)
def clock(world):
    with time_machine.travel(world.now, tick=False):
        yield


@pytest.fixture
def post(client, world):
    def posted(source, body, key=KEY, content_type="application/json", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(f"/integrations/{source}/{key}", body, content_type=content_type, headers=named)

    return posted


def sign(body, secret=SECRET):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def secret_on(world, secret=SECRET):
    config.set_signing_secret(key=world.key, secret=secret, by=TESTS, now=world.now)


@pytest.mark.parametrize("source", PAIRS)
def test_what_a_source_opens_it_repeats_and_ends(post, world, source):
    name, before, after = PAIRS[source]
    body = payload(name)
    status = 202 if source == "zabbix" else 200
    opened = post(source, body, content_type=FORM if name.endswith("form") else "application/json")
    assert (opened.status_code, opened.json()["incidents_opened"]) == (status, 1)
    assert len(world.tick().sent()) == 1
    assert post(source, body).json()["incidents_opened"] == 0
    assert post(source, body.replace(before, after)).status_code == status
    assert set(Alert.objects.values_list("status", flat=True)) == {"resolved"}
    assert set(Incident.objects.values_list("status", flat=True)) == {"resolved"}


@pytest.mark.parametrize("source", ["grafana", "zabbix", "uptime-kuma", "healthchecks"])
def test_a_test_button_is_answered_well_and_pages_nobody(post, world, source):
    answer = post(source, payload(f"{source}/test_button.json"))
    assert answer.status_code in {200, 202}
    assert answer.json()["events"] == 0
    assert world.tick().sent() == []
    assert post(source, payload(f"{source}/test_button.json"), key=UNKNOWN).status_code == 404


@pytest.mark.parametrize(
    ("source", "query"),
    [("uptime-kuma", "msg=x&heartbeat=%7B%22status%22%3A0%7D&monitor=%7B%22id%22%3A7%7D"),
     ("healthchecks", "code=1f2e&status=down&name=backup"), ("goalert", "summary=Queue+is+stuck")],
)  # fmt: skip
def test_some_sources_say_it_in_the_address(client, world, source, query):
    assert client.get(f"/integrations/{source}/{KEY}?{query}").json()["incidents_opened"] == 1


def test_a_get_where_it_is_not_meant_does_nothing(client, world):
    answer = client.get(f"/integrations/grafana/{KEY}")
    assert (answer.status_code, answer["Allow"]) == (405, "POST, PUT")
    assert client.get(f"/integrations/carrier-pigeon/{KEY}").status_code == 405


def test_a_link_to_the_runbook_is_on_the_alert(post):
    post("grafana", payload("grafana/firing_12.json"))
    assert ["runbook", "https://wiki.example/runbooks/memory"] in Alert.objects.get().links


class TestSplunkOnCall:
    BODY = payload("victorops/alertmanager_0_25_firing.json")

    @pytest.mark.parametrize("path", [f"any-api-key/{KEY}", f"{KEY}/database", f"{KEY}/database/"])
    def test_either_part_of_its_own_address_may_be_the_key(self, client, world, path):
        answer = client.post(
            f"/integrations/generic/20131114/alert/{path}", self.BODY, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["result"]) == (200, "success")
        assert Alert.objects.get().labels.get("routing_key") == (None if "any" in path else "database")
        assert KEY not in str(Alert.objects.values().get())

    @pytest.mark.parametrize("key", [KEY, UNKNOWN])
    def test_a_word_that_cannot_be_stored_is_refused(self, client, world, key):
        path = f"/integrations/generic/20131114/alert/{key}/a%00b"
        assert client.post(path, self.BODY, content_type="application/json").status_code == 400

    def test_an_address_without_a_key_is_not_found(self, client, world):
        path = f"/integrations/generic/20131114/alert/{UNKNOWN}/{UNKNOWN}"
        assert client.post(path, self.BODY, content_type="application/json").status_code == 404


class TestSigned:
    def test_a_key_with_a_secret_takes_what_is_signed_with_it(self, post, world):
        secret_on(world)
        body = payload("grafana/firing_12.json")
        assert post("grafana", body, x_grafana_alerting_signature=sign(body)).status_code == 200
        assert post("grafana", body, x_grafana_alerting_signature=sign(body)).status_code == 200

    @pytest.mark.parametrize("signature", [None, "", "0" * 64, sign(SENTRY, "another-secret")])
    def test_what_is_not_is_answered_like_an_unknown_key(self, post, world, signature):
        unknown = post("sentry", SENTRY, key=UNKNOWN)
        secret_on(world)
        headers = {} if signature is None else {"sentry_hook_signature": signature}
        answer = post("sentry", SENTRY, **headers)
        assert (answer.status_code, answer.content) == (404, unknown.content)
        assert not Alert.objects.exists()

    @pytest.mark.parametrize("source", ["datadog", "goalert"])
    def test_a_key_with_a_secret_takes_nothing_of_who_cannot_sign(self, post, world, source):
        secret_on(world)
        assert post(source, payload(PAIRS[source][0])).status_code == 404

    def test_nor_does_it_by_another_door(self, client, world):
        secret_on(world)
        answer = client.post(
            "/v2/enqueue",
            {
                "routing_key": KEY,
                "event_action": "trigger",
                "payload": {"summary": "s", "source": "s", "severity": "info"},
            },
            content_type="application/json",
        )
        assert answer.status_code == 400
        assert not Alert.objects.exists()

    def test_nor_a_change_event(self, client, world):
        secret_on(world)
        body = {"routing_key": KEY, "payload": {"summary": "deploy 42"}}
        answer = client.post("/v2/change/enqueue", body, content_type="application/json")
        assert answer.status_code == 400
        assert not ChangeEvent.objects.exists()

    def test_a_copy_of_a_signed_post_is_refused_also_when_the_incident_is_over(self, post, world):
        secret_on(world)
        assert post("sentry", SENTRY, sentry_hook_signature=sign(SENTRY)).status_code == 200
        Alert.objects.update(status="resolved", resolved_at=world.now)
        answer = post("sentry", SENTRY, sentry_hook_signature=sign(SENTRY).upper())
        assert (answer.status_code, answer.json()["status"]) == (409, "replayed")
        assert Alert.objects.get().status == "resolved"

    def test_a_copy_from_grafana_is_refused_where_the_time_is_signed(self, post, world):
        secret_on(world)
        body, stamp = payload("grafana/firing_12.json"), str(int(world.now.timestamp()))
        headers = {
            "x_grafana_alerting_signature": sign(f"{stamp}:".encode() + body),
            "x_grafana_alerting_timestamp": stamp,
        }
        assert [post("grafana", body, **headers).status_code for _ in range(2)] == [200, 409]

    def test_one_that_failed_may_be_sent_again(self, post, world):
        secret_on(world)
        headers = {"sentry_hook_signature": sign(SENTRY)}
        with (
            patch("escalation.intake.receiving._take_in", side_effect=ArithmeticError),
            pytest.raises(ArithmeticError),
        ):
            post("sentry", SENTRY, **headers)
        assert post("sentry", SENTRY, **headers).status_code == 200

    def test_what_was_seen_is_forgotten_after_a_month(self, post, world):
        secret_on(world)
        post("sentry", SENTRY, sentry_hook_signature=sign(SENTRY))
        assert forget_posts(now=world.now + 29 * 24 * 60 * MINUTE) == 0
        assert forget_posts(now=world.now + 31 * 24 * 60 * MINUTE) == 1
        assert not SeenPost.objects.exists()

    def test_the_secret_goes_with_a_new_value_of_the_key_and_is_not_in_the_ledger(self, world):
        secret_on(world)
        new = config.ensure_routing_key(
            service=world.service, name="tests", key="e" * 32, by=TESTS, now=world.now
        )
        assert new.signing_secret == SECRET
        assert SECRET not in str(list(Entry.objects.values_list("what", "why", "data")))
        assert Entry.objects.filter(what__contains="takes only what is signed").count() == 1

    @pytest.mark.parametrize("secret", ["short", "with a space", "ümlauts-ümlauts", "x" * 201])
    def test_a_secret_that_cannot_be_one_is_refused(self, world, secret):
        with pytest.raises(config.ConfigError, match="8 to 200"):
            secret_on(world, secret)


def test_as_much_is_reckoned_for_an_unknown_key_as_for_a_wrong_signature(post, world):
    secret_on(world)
    with patch("escalation.sources.sentry.hmac_of", side_effect=sign) as reckoned:
        reckoned.side_effect = lambda secret, text: sign(text, secret)
        post("sentry", SENTRY, key=UNKNOWN)
        post("sentry", SENTRY)
    assert reckoned.call_count == 2


@pytest.mark.parametrize("source", PAIRS)
def test_unknown_revoked_and_no_such_source_are_one_answer(post, world, source):
    body = payload(PAIRS[source][0])
    answers = [post(source, body, key=UNKNOWN), post("carrier-pigeon", body)]
    world.key.revoked_at = world.now
    world.key.save()
    answers.append(post(source, body))
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


@pytest.mark.parametrize("source", [*PAIRS, "alertmanager", "sns"])
@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"a":"\\u0000"}', b'{"a":' * 3000])
def test_what_cannot_be_read_is_refused_alike_whatever_the_key(post, source, body):
    answers = [post(source, body, key=key) for key in (KEY, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert not Alert.objects.exists()


@pytest.mark.parametrize("source", [*PAIRS, "alertmanager", "sns", "carrier-pigeon"])
def test_what_is_too_large_is_not_read(post, source):
    assert post(source, b"x" * (512 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("query", ["a=%00", "&".join(f"a{number}=1" for number in range(300))])
def test_an_odd_query_is_refused(client, world, query):
    answer = client.post(f"/integrations/goalert/{KEY}?{query}", b"summary=x", content_type=FORM)
    assert answer.status_code == 400


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=bent().filter(lambda sent: sent[0] != "sns"), query=queries)
def test_no_post_whatever_is_a_fault_of_ours_and_what_is_refused_leaves_nothing(client, world, sent, query):
    source, body = sent
    before = Entry.objects.count()
    path = f"/integrations/{source}/{KEY}?{urlencode(query)}"
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code in {200, 202, 400}
    if answer.status_code == 400:
        assert Entry.objects.count() == before
