from pathlib import Path

import orjson
import pytest

from escalation.sources import pagerduty_v1
from escalation.sources.event import Action, Malformed

KEY = "0123456789abcdef0123456789abcdef"
PAYLOADS = Path(__file__).parents[2] / "payloads" / "pagerduty_v1"


def sent(event_type="trigger", **changes):
    body = {"service_key": KEY, "event_type": event_type, "description": "disk full", "incident_key": "disk"}
    return orjson.dumps({name: value for name, value in (body | changes).items() if value is not None})


def test_what_healthchecks_sends_is_read_whole():
    found = pagerduty_v1.parse((PAYLOADS / "healthchecks_trigger.json").read_bytes())
    assert found.routing_key == KEY
    assert found.event.action is Action.TRIGGER
    assert (found.event.dedup_key, found.event.summary) == ("7e5b1c2a9d", "nightly-backup is DOWN")
    assert found.event.source == "Healthchecks"
    assert found.event.labels["Total pings"] == "42"
    assert found.event.links == (("Healthchecks", "https://hc.example/checks/7e5b1c2a9d/details/"),)


def test_what_the_agent_for_nagios_sends_is_read_and_what_is_unknown_is_kept():
    event = pagerduty_v1.parse((PAYLOADS / "nagios_agent_trigger.json").read_bytes()).event
    assert event.dedup_key == "event_source=service;host_name=db1;service_desc=Disk"
    assert event.payload["agent"]["queued_by"] == "pd-nagios"
    assert event.severity == "SEV-2"


def test_the_service_key_is_not_kept_with_the_payload():
    assert "service_key" not in pagerduty_v1.parse(sent()).event.payload


@pytest.mark.parametrize("word", ["acknowledge", "resolve"])
def test_the_other_events_speak_of_an_incident_key(word):
    event = pagerduty_v1.parse(sent(word, description=None)).event
    assert (event.action, event.dedup_key) == (Action(word), "disk")


def test_a_trigger_without_an_incident_key_gets_one_of_its_own():
    first, second = (pagerduty_v1.parse(sent(incident_key=None)).event.dedup_key for _ in range(2))
    assert first
    assert first != second


def test_a_severity_among_the_details_counts():
    event = pagerduty_v1.parse(sent(details={"severity": "warning"})).event
    assert (event.severity, event.word) == ("SEV-3", "warning")


def test_contexts_become_links():
    contexts = [
        {"type": "link", "href": "https://wiki.example/disk", "text": "what to do"},
        {"type": "image", "src": "https://graph.example/disk.png"},
        {"type": "link", "href": "javascript:alert(1)"},
    ]
    assert pagerduty_v1.parse(sent(contexts=contexts)).event.links == (
        ("what to do", "https://wiki.example/disk"),
        ("image", "https://graph.example/disk.png"),
    )


def test_a_long_description_is_cut_and_pages():
    assert len(pagerduty_v1.parse(sent(description="d" * 5000)).event.summary) == 1024


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (sent(service_key="short"), "Length of 'service_key' is incorrect"),
        (sent(service_key=None), "'service_key' is missing"),
        (sent("shout"), "'event_type'"),
        (sent(description=None), "'description' is missing"),
        (sent(description="  "), "'description' is missing"),
        (sent("resolve", incident_key=None), "'incident_key' is missing"),
        (sent(incident_key="k" * 256), "'incident_key'"),
        (sent(contexts="x"), "'contexts'"),
        (sent(description="a\x00b"), "NUL"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(body, says):
    with pytest.raises(Malformed, match=says):
        pagerduty_v1.parse(body)
