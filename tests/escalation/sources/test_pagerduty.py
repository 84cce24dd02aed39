from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.sources import pagerduty, pagerduty_v1
from escalation.sources.event import Action, Malformed, read_time, severity_of

KEY = "0123456789abcdef0123456789abcdef"
PAYLOADS = Path(__file__).parents[2] / "payloads" / "pagerduty"


def trigger(**changes):
    payload = {"summary": "disk full", "source": "db1", "severity": "critical"} | changes.pop("payload", {})
    return orjson.dumps({"routing_key": KEY, "event_action": "trigger", "payload": payload} | changes)


def test_what_alertmanager_sends_to_pagerduty_is_read_whole():
    sent = pagerduty.parse((PAYLOADS / "alertmanager_0_25_trigger.json").read_bytes())
    assert sent.routing_key == KEY
    assert sent.event.action is Action.TRIGGER
    assert sent.event.dedup_key.startswith("2d9e1795")
    assert (sent.event.summary, sent.event.severity) == ("[FIRING:2] DiskFull eu1 ", "SEV-2")
    assert sent.event.labels["num_firing"] == "2"
    assert sent.event.links == (("Alertmanager", "http://vm:19093/#/alerts?receiver=all"),)


def test_the_routing_key_is_not_kept_with_the_payload():
    assert "routing_key" not in pagerduty.parse(trigger()).event.payload


def test_pictures_are_links_and_a_broken_one_refuses_nothing():
    images = [
        {"src": "https://graph.example/a.png", "href": "https://graph.example/a", "alt": "load"},
        {"src": "https://graph.example/b.png"},
        {"src": None},
        "nonsense",
    ]
    assert pagerduty.parse(trigger(images=images)).event.links == (
        ("load", "https://graph.example/a"),
        ("image", "https://graph.example/b.png"),
    )
    assert pagerduty.parse(trigger(images=7)).event.links == ()


def test_unknown_fields_are_kept():
    assert pagerduty.parse(trigger(colour="blue")).event.payload["colour"] == "blue"


def test_a_trigger_without_a_dedup_key_gets_one_of_its_own():
    first, second = (pagerduty.parse(trigger()).event.dedup_key for _ in range(2))
    assert first
    assert first != second


def test_a_resolve_may_carry_a_payload():
    body = trigger(event_action="resolve", dedup_key="k")
    assert pagerduty.parse(body).event.action is Action.RESOLVE


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"routing_key": "\\ud800"}', "not JSON"),
        (trigger(routing_key="short"), "should be 32 characters"),
        (trigger(routing_key=7), "'routing_key'"),
        (trigger(event_action="shout"), "'event_action'"),
        (trigger(event_action="resolve"), "'dedup_key' is missing"),
        (trigger(dedup_key="k" * 256), "'dedup_key'"),
        (trigger(payload={"summary": "s" * 1025}), "'payload.summary'"),
        (trigger(payload={"summary": ""}), "'payload.summary'"),
        (trigger(payload={"summary": 3}), "'payload.summary'"),
        (trigger(payload={"summary": "a\x00b"}), "NUL"),
        (trigger(payload={"custom_details": {"a\x00": 1}}), "NUL"),
        (trigger(payload={"source": None}), "'payload.source'"),
        (trigger(links="x"), "'links'"),
        (orjson.dumps({"routing_key": KEY, "event_action": "trigger"}), "'payload' is missing"),
        (
            orjson.dumps({"routing_key": KEY, "event_action": "trigger", "payload": {}}),
            "'payload.summary' is missing",
        ),
        (b'{"a":' + b"[" * 200 + b"]" * 200 + b"}", "nested deeper"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(body, says):
    with pytest.raises(Malformed, match=says):
        pagerduty.parse(body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-07-17T08:42:58.315+0000", datetime(2015, 7, 17, 8, 42, 58, 315000, tzinfo=UTC)),
        ("2026-11-21T06:17:13.174758993Z", datetime(2026, 11, 21, 6, 17, 13, 174758, tzinfo=UTC)),
        ("2026-11-21T06:17:13", datetime(2026, 11, 21, 6, 17, 13, tzinfo=UTC)),
        ("2026-11-21 06:17:13+02:00", datetime(2026, 11, 21, 4, 17, 13, tzinfo=UTC)),
        ("2026-11-21T06:17:13.5+00:00Z", datetime(2026, 11, 21, 6, 17, 13, 500000, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("2026-02-30T00:00:00Z", None),
        ("tomorrow", None),
        (12, None),
        (None, None),
    ],
)
def test_times_as_senders_write_them(text, expected):
    assert read_time(text) == expected


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", "SEV-1"), ("error", "SEV-2"), ("warning", "SEV-3"), ("info", "SEV-4"), ("P1", "SEV-1"),
     ("P5", "SEV-4"), (" Critical ", "SEV-1"), ("", "SEV-2"), ("purple", "SEV-2"), (None, "SEV-2")],
)  # fmt: skip
def test_an_unknown_severity_is_one_that_wakes_somebody(word, severity):
    assert severity_of(word) == severity


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        *("routing_key", "event_action", "dedup_key", "payload", "links", "images"),
        *("service_key", "event_type", "incident_key", "description", "details", "contexts"),
        *("alerts", "status", "labels", "groupKey"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.dictionaries(names, json_values, max_size=6).map(orjson.dumps))
def test_no_body_whatever_does_anything_but_parse_or_be_refused(body):
    for parse in (pagerduty.parse, pagerduty.parse_change, pagerduty_v1.parse):
        try:
            parsed = parse(body)
        except Malformed as refusal:
            assert refusal.errors
        else:
            assert parsed
