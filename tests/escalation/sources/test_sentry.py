import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from escalation.sources import sentry
from escalation.sources.event import Action, Malformed, NotGenuine
from escalation.sources.request import Sent
from tests.escalation.sources.payloads import loaded, only, parse, payload

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
SECRET = "5b1f0e1d2c3b4a59687786950a1b2c3d"
ALERT, RESOLVED, METRIC = (
    f"sentry/{name}.json" for name in ("event_alert", "issue_resolved", "metric_alert_critical")
)


def test_an_issue_alert_is_resolved_by_its_issue():
    alert = only("sentry", payload(ALERT), sentry_hook_resource="event_alert")
    resolved = only("sentry", payload(RESOLVED), sentry_hook_resource="issue")
    assert (alert.action, resolved.action) == (Action.TRIGGER, Action.RESOLVE)
    assert alert.dedup_key == resolved.dedup_key == "sentry:issue:1117540176"
    assert (alert.summary, alert.severity) == ("ReferenceError: heck is not defined", "SEV-2")
    assert alert.labels["rule"] == "Very Important Alert Rule!"
    assert alert.labels["browser"] == "Chrome 141.0"
    assert alert.links[0][0] == "Sentry"


@pytest.mark.parametrize(
    ("action", "does", "severity"),
    [("critical", Action.TRIGGER, "SEV-1"), ("warning", Action.TRIGGER, "SEV-3"),
     ("resolved", Action.RESOLVE, None)],
)  # fmt: skip
def test_a_metric_alert_has_an_end_of_its_own(action, does, severity):
    event = only("sentry", loaded(METRIC, action=action), sentry_hook_resource="metric_alert")
    assert event.action is does
    assert event.dedup_key == "sentry:metric_alert:4"
    assert severity in (None, event.severity)


def test_without_the_header_the_body_says_what_it_is_about():
    assert only("sentry", payload(METRIC)).dedup_key == "sentry:metric_alert:4"


@pytest.mark.parametrize("resource", ["installation", "comment", "error"])
def test_what_is_no_alert_pages_nobody(resource):
    assert parse("sentry", payload(ALERT), sentry_hook_resource=resource) == []


def test_an_issue_that_is_assigned_pages_nobody():
    assert parse("sentry", loaded(RESOLVED, action="assigned"), sentry_hook_resource="issue") == []


def test_the_test_button_sends_a_sample_and_pages_nobody():
    sample = loaded(ALERT)
    sample["data"]["event"]["tags"].append(["sample_event", "yes"])
    assert parse("sentry", sample, sentry_hook_resource="event_alert") == []


@pytest.mark.parametrize(
    ("body", "resource", "says"),
    [({}, "", "Sentry-Hook-Resource"), ({"data": {}}, "event_alert", "issue_id"),
     ({"data": 3}, "issue", "'data' must be an object"), ({}, "issue", "'data.issue.id'"),
     ({"data": {"metric_alert": {"id": 4}}}, "metric_alert", "'action' is ''")],
)  # fmt: skip
def test_what_is_missing_is_said(body, resource, says):
    with pytest.raises(Malformed, match=says):
        parse("sentry", body, sentry_hook_resource=resource)


def prove(body, signature, **more):
    headers = {"sentry-hook-signature": signature} | more
    return sentry.prove(Sent(body=body, headers=headers), SECRET, NOW)


def sign(body):
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_a_signature_is_the_mark_by_which_a_copy_is_known():
    body = payload(ALERT)
    fresh = {"sentry-hook-timestamp": str(int(NOW.timestamp()))}
    assert prove(body, sign(body), **fresh) == prove(body, sign(body)) == sign(body)


def test_another_signature_or_an_old_one_is_refused():
    body = payload(ALERT)
    for signature in ("", "é", sign(body + b" ")):
        with pytest.raises(NotGenuine, match="client secret"):
            prove(body, signature)
    old = str(int((NOW - timedelta(minutes=6)).timestamp()))
    with pytest.raises(NotGenuine, match="5 minutes"):
        prove(body, sign(body), **{"sentry-hook-timestamp": old})
