from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.sources import opsgenie
from escalation.sources.event import Action, Malformed
from escalation.sources.opsgenie_ids import Asked

PAYLOADS = Path(__file__).parents[2] / "payloads" / "opsgenie"


def create(**fields):
    return orjson.dumps({"message": "disk full"} | fields)


def test_what_alertmanager_sends_is_read_whole():
    event = opsgenie.parse((PAYLOADS / "alertmanager_create.json").read_bytes()).event
    assert event.action is Action.TRIGGER
    assert event.dedup_key.startswith("2d9e1795")
    assert (event.summary, event.severity) == ("[FIRING:1] DiskFull eu1 (critical)", "SEV-1")
    assert event.labels["cluster"] == "eu1"
    assert event.labels["tags"] == "eu,disk"
    assert event.links == (("source", "http://vm:19093/#/alerts?receiver=opsgenie"),)
    assert event.payload["responders"] == [{"name": "Payments", "type": "team"}]


def test_a_name_of_a_monitor_is_an_alias_as_it_is():
    event = opsgenie.parse((PAYLOADS / "uptime_kuma_down.json").read_bytes()).event
    assert (event.dedup_key, event.severity) == ("shop / checkout", "SEV-3")


@pytest.mark.parametrize(
    ("priority", "severity"),
    [("P1", "SEV-1"), ("P2", "SEV-2"), ("P3", "SEV-3"), ("P4", "SEV-4"), ("P5", "SEV-4"), (None, "SEV-2"),
     ("purple", "SEV-2")],
)  # fmt: skip
def test_a_priority_that_is_missing_or_unknown_wakes_somebody(priority, severity):
    assert opsgenie.parse(create(priority=priority)).event.severity == severity


def test_an_alert_without_an_alias_gets_one_of_its_own():
    first, second = (opsgenie.parse(create()).event for _ in range(2))
    assert first.dedup_key == first.payload["alias"]
    assert first.dedup_key != second.dedup_key


def test_two_long_aliases_stay_two():
    one, other = (opsgenie.parse(create(alias="a" * 500 + end)).event for end in "xy")
    assert one.dedup_key != other.dedup_key
    assert len(one.dedup_key) == len(other.dedup_key) == 255
    assert opsgenie.alias_of(one.dedup_key, one.payload) == "a" * 500 + "x"


def test_links_among_the_details_reach_the_event():
    details = {
        "runbook_url": "https://wiki.example/disk",
        "dashboard": "javascript:alert(1)",
        "n": 3,
        "x": None,
    }
    event = opsgenie.parse(create(details=details, entity="db1")).event
    assert event.links == (("runbook", "https://wiki.example/disk"),)
    assert (event.labels["n"], event.labels["entity"]) == ("3", "db1")
    assert "x" not in event.labels


def test_the_first_note_says_whose_it_is():
    assert opsgenie.parse(create(note="look at db1", user="Ana")).note == "Ana: look at db1"
    assert opsgenie.parse(create(user="Ana")).note == ""


def test_a_long_message_is_cut_and_pages():
    assert len(opsgenie.parse(create(message="m" * 5000)).event.summary) == 1024


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b'{"message": "\\ud800"}', "not JSON"),
        (orjson.dumps({}), "'message' is missing"),
        (create(message=""), "'message'"),
        (create(message="  "), "'message': it is empty"),
        (create(message=7), "'message'"),
        (create(message="a\x00b"), "NUL"),
        (create(alias="a" * 513), "'alias'"),
        (create(details=[1]), "'details'"),
        (create(tags="a,b"), "'tags'"),
        (create(priority=1), "'priority'"),
        (b'{"message":' + b"[" * 200 + b"]" * 200 + b"}", "nested deeper"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_a_sentence(body, says):
    with pytest.raises(Malformed, match=says):
        opsgenie.parse(body)


def test_what_needs_no_words_needs_no_body():
    assert opsgenie.parse_said(Asked.CLOSE, b"") == opsgenie.Said()
    assert opsgenie.parse_said(Asked.ACKNOWLEDGE, b'{"user": "Ana", "note": "on it"}').words == "Ana: on it"


def test_a_snooze_says_until_when():
    said = opsgenie.parse_said(Asked.SNOOZE, b'{"endTime": "2026-03-02T18:00:00+02:00"}')
    assert said.until == datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "body", "says"),
    [
        (Asked.NOTE, b"{}", "'note' is missing"),
        (Asked.NOTE, b'{"note": "  "}', "'note' is missing"),
        (Asked.SNOOZE, b"{}", "'endTime' is missing"),
        (Asked.SNOOZE, b'{"endTime": "tomorrow"}', "'endTime': it is no time"),
        (Asked.SNOOZE, b'{"endTime": "9999-12-31T23:59:59Z"}', "'endTime': it is no time"),
        (Asked.ASSIGN, b"{}", "'owner' is missing"),
        (Asked.ASSIGN, b'{"owner": {"name": "x"}}', "'owner' is missing"),
        (Asked.ASSIGN, b'{"owner": "ana"}', "'owner'"),
        (Asked.MESSAGE, b"{}", "'message' is missing"),
        (Asked.PRIORITY, b"{}", "'priority' is missing"),
        (Asked.CLOSE, b"nope", "not JSON"),
        (Asked.CLOSE, b'{"user": 7}', "'user'"),
    ],
)
def test_what_is_said_of_an_alert_is_refused_with_a_sentence(asked, body, says):
    with pytest.raises(Malformed, match=says):
        opsgenie.parse_said(asked, body)


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
    ["message", "alias", "description", "tags", "details", "entity", "source", "priority", "user", "note",
     "endTime", "owner", "escalation", "responders"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60) | st.dictionaries(names, json_values, max_size=8).map(orjson.dumps),
    st.sampled_from(Asked),
)
def test_no_body_whatever_does_anything_but_parse_or_be_refused(body, asked):
    for read in (opsgenie.parse, lambda body: opsgenie.parse_said(asked, body)):
        try:
            assert read(body) is not None
        except Malformed as refusal:
            assert refusal.errors
