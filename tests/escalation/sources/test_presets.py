"""Each mapping to start from, against what its sender really posts."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from escalation.sources.event import Action
from escalation.sources.generic import payload_of
from escalation.sources.mapping import KeyMapping, faults_of, tidied
from escalation.sources.presets import AZURE, EVENTBRIDGE, GITHUB, GITLAB, GOOGLE, PRESETS
from escalation.sources.reading import read
from escalation.sources.request import Sent
from tests.escalation.sources.payloads import payload

TEN = datetime(2026, 11, 20, 10, tzinfo=UTC)
CASES = {
    GITHUB: ("github_workflow_run.json", b'"conclusion":"failure"', b'"conclusion":"success"'),
    GITLAB: ("gitlab_pipeline.json", b'"status":"failed","detailed', b'"status":"success","detailed'),
    EVENTBRIDGE: ("eventbridge_alarm.json", b'"value":"ALARM"', b'"value":"OK"'),
    AZURE: ("azure_monitor.json", b'"Fired"', b'"Resolved"'),
    GOOGLE: ("google_cloud.json", b'"state":"open"', b'"state":"closed"'),
}


def reading(preset, body):
    return read(payload_of(Sent(body=body)), KeyMapping.from_json(preset.mapping), called="k")


def event(preset, **changes):
    body = payload(f"generic/{CASES[preset][0]}")
    for before, after in changes.values():
        assert before in body
        body = body.replace(before, after)
    [one] = reading(preset, body).events
    return one


def test_each_preset_is_tried():
    assert set(CASES) == set(PRESETS)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_what_begins_and_what_ends_have_one_key_and_nothing_is_at_fault(preset):
    name, before, after = CASES[preset]
    assert faults_of(preset.mapping) == {}
    assert tidied(preset.mapping) == preset.mapping
    body = payload(f"generic/{name}")
    assert before in body
    begins, ends = reading(preset, body), reading(preset, body.replace(before, after))
    assert begins.faults == begins.notes == ends.faults == ends.notes == []
    [first], [last] = begins.events, ends.events
    assert (first.action, last.action) == (Action.TRIGGER, Action.RESOLVE)
    assert first.dedup_key == last.dedup_key
    assert first.source
    assert abs(first.began_at - TEN) < timedelta(minutes=3)


def test_github():
    run = event(GITHUB)
    assert (run.dedup_key, run.severity) == ("github/acme/shop/deploy/main", "SEV-2")
    assert run.summary == "deploy failed on main of acme/shop"
    assert run.links == (("run", "https://github.com/acme/shop/actions/runs/9876543210"),)
    for what in (b'"conclusion":"cancelled"', b'"conclusion":null'):
        assert (
            reading(
                GITHUB, payload("generic/github_workflow_run.json").replace(CASES[GITHUB][1], what)
            ).events
            == []
        )
    assert reading(GITHUB, b'{"zen":"Design for failure.","hook_id":1}').events == []


def test_gitlab():
    pipeline = event(GITLAB)
    assert (pipeline.dedup_key, pipeline.summary) == (
        "gitlab/acme/shop/main",
        "Pipeline failed on main of acme/shop",
    )
    assert pipeline.labels == {"project": "acme/shop", "ref": "main", "by": "ana"}
    running = payload("generic/gitlab_pipeline.json").replace(
        CASES[GITLAB][1], b'"status":"running","detailed'
    )
    assert reading(GITLAB, running).events == []
    assert reading(GITLAB, b'{"object_kind":"push"}').events == []


def test_eventbridge():
    alarm = event(EVENTBRIDGE)
    assert alarm.dedup_key == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh"
    assert alarm.summary.startswith(
        "ServerCpuTooHigh: Threshold Crossed: 1 out of the last 1 datapoints [99.5]"
    )
    assert (alarm.labels["region"], alarm.source) == ("us-east-1", "aws.cloudwatch")
    assert event(EVENTBRIDGE, x=(b'"value":"ALARM"', b'"value":"INSUFFICIENT_DATA"')).action is Action.TRIGGER


def test_azure():
    assert event(AZURE).severity == "SEV-4"
    assert event(AZURE).summary == "WCUS-R2-Gen2"
    words = {b"Sev0": "SEV-1", b"Sev1": "SEV-2", b"Sev2": "SEV-3", b"Sev4": "SEV-4", b"x": "SEV-2"}
    for word, severity in words.items():
        assert event(AZURE, x=(b'"Sev3"', b'"' + word + b'"')).severity == severity
    described = event(AZURE, x=(b'"description":""', b'"description":"Too busy"'))
    assert described.summary == "WCUS-R2-Gen2: Too busy"


def test_google():
    incident = event(GOOGLE)
    assert (incident.dedup_key, incident.severity) == ("0.opqiw61fsv7p", "SEV-1")
    assert incident.summary.startswith("Monitor-Project-Cluster: CPU utilization for internal-project")
    assert (incident.labels["zone"], incident.labels["policy"]) == (
        "us-central1-c",
        "Monitor-Project-Cluster",
    )
    bare = orjson.loads(payload("generic/google_cloud.json"))
    del bare["incident"]["resource"]
    assert reading(GOOGLE, orjson.dumps(bare)).faults == []
