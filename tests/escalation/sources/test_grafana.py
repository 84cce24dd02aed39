import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from escalation.sources import grafana
from escalation.sources.event import Action, NotGenuine
from escalation.sources.request import Sent
from tests.escalation.sources.payloads import loaded, parse, payload

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECRET = "correct-horse"
BODY = payload("grafana/firing_12.json")


def signed(text, secret=SECRET):
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def prove(headers, body=BODY):
    return grafana.prove(Sent(body=body, headers=headers), SECRET, NOW)


def at(moment):
    return str(int(moment.timestamp()))


def timed(moment, body=BODY):
    stamp = at(moment)
    return {
        "x-grafana-alerting-signature": signed(f"{stamp}:".encode() + body),
        "x-grafana-alerting-signature-timestamp": stamp,
    }


def test_each_alert_has_its_severity_and_its_links():
    first, second = parse("grafana", BODY)
    assert (first.action, first.severity, first.summary) == (
        Action.TRIGGER,
        "SEV-1",
        "web-1 uses 97 % of its memory",
    )
    assert [label for label, _ in first.links] == ["runbook", "graph", "dashboard", "panel", "silence"]
    assert (second.action, second.dedup_key) == (Action.RESOLVE, "ab1e0ff7ac2d91ff")
    assert first.payload["values"] == {"A": 97.1, "C": 1}
    assert first.payload["title"] == "[FIRING:1, RESOLVED:1] blue"


def test_the_test_button_pages_nobody():
    assert parse("grafana", payload("grafana/test_button.json")) == []
    assert parse("grafana", loaded("grafana/test_button.json", status="resolved")) == []


def test_a_group_that_resolved_closes_what_it_does_not_list():
    *_, last = parse("grafana", loaded("grafana/firing_12.json", status="resolved", alerts=[]))
    assert last.whole_group


def test_a_signature_of_the_body_alone_may_come_again_since_the_alerts_still_fire():
    assert prove({"x-grafana-alerting-signature": signed(BODY)}) == ""


def test_a_signature_with_a_time_is_known_again():
    assert prove(timed(NOW)) == timed(NOW)["x-grafana-alerting-signature"]


@pytest.mark.parametrize(
    ("away", "fresh"),
    [(timedelta(seconds=-301), False), (timedelta(seconds=-300), True), (timedelta(seconds=300), True),
     (timedelta(seconds=301), False)],
)  # fmt: skip
def test_a_signed_time_is_believed_for_five_minutes(away, fresh):
    if fresh:
        assert prove(timed(NOW + away))
    else:
        with pytest.raises(NotGenuine, match="5 minutes"):
            prove(timed(NOW + away))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-grafana-alerting-signature": ""},
        {"x-grafana-alerting-signature": "é" * 64},
        {"x-grafana-alerting-signature": signed(BODY, "another-secret")},
        {"x-grafana-alerting-signature": signed(BODY + b" ")},
        {"x-grafana-alerting-signature": timed(NOW)["x-grafana-alerting-signature"]},
        timed(NOW) | {"x-grafana-alerting-signature-timestamp": at(NOW + timedelta(seconds=1))},
        {
            "x-grafana-alerting-signature": signed(b"nan:" + BODY),
            "x-grafana-alerting-signature-timestamp": "nan",
        },
    ],
)
def test_what_is_not_signed_with_the_secret_is_refused(headers):
    with pytest.raises(NotGenuine):
        prove(headers)
