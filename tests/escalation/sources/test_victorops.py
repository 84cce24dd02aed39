from datetime import UTC, datetime

import pytest

from escalation.sources.event import Action, Malformed
from escalation.sources.victorops import answer
from tests.escalation.sources.payloads import loaded, only, parse, payload

REST = "victorops/rest_critical.json"


def test_what_alertmanager_sends_to_victorops_is_read_whole():
    event = only("victorops", payload("victorops/alertmanager_0_25_firing.json"))
    assert (event.action, event.severity) == (Action.TRIGGER, "SEV-1")
    assert event.dedup_key.startswith("d2cc811a")
    assert event.summary == "[FIRING:1] VoDisk (eu1)"
    assert event.source == "Alertmanager"


def test_fields_of_ones_own_become_labels_and_links():
    event = only("victorops", payload(REST), query={"routing_key": "database"})
    assert event.labels["hosted_datacenter"] == "us-east-1"
    assert event.labels["routing_key"] == "database"
    assert event.links == (("Runbook", "https://wiki.example/disk"),)
    assert event.began_at == datetime(2025, 11, 20, 9, 12, tzinfo=UTC)
    assert event.payload["vo_annotate.s.Note"] == "Call Bo"


@pytest.mark.parametrize(
    ("kind", "action", "severity"),
    [("CRITICAL", Action.TRIGGER, "SEV-1"), ("warning", Action.TRIGGER, "SEV-3"),
     ("INFO", Action.TRIGGER, "SEV-4"), ("ACKNOWLEDGEMENT", Action.ACKNOWLEDGE, None),
     ("RECOVERY", Action.RESOLVE, None)],
)  # fmt: skip
def test_message_types(kind, action, severity):
    event = only("victorops", loaded(REST, message_type=kind))
    assert event.action is action
    assert severity in (None, event.severity)


def test_the_answer_is_splunk_on_call_s_own():
    assert answer(parse("victorops", payload(REST))) == {
        "result": "success",
        "entity_id": "disk space/db01.mycompany.com",
    }


@pytest.mark.parametrize(
    ("body", "says"),
    [({}, "'message_type' is ''"), ({"message_type": "SHOUT"}, "SHOUT"),
     ({"message_type": "RECOVERY"}, "'entity_id' is missing")],
)  # fmt: skip
def test_what_is_missing_is_said(body, says):
    with pytest.raises(Malformed, match=says):
        parse("victorops", body)
