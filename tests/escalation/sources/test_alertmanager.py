from pathlib import Path
from urllib.parse import unquote

import orjson
import pytest

from escalation.sources import alertmanager
from escalation.sources.event import Action, Malformed
from escalation.sources.request import Sent

FIRING = (Path(__file__).parents[2] / "payloads" / "alertmanager" / "firing_0_25.json").read_bytes()


def parse(body):
    return alertmanager.parse(Sent(body=body))


def changed(**changes):
    return orjson.dumps(orjson.loads(FIRING) | changes)


def test_each_fingerprint_is_an_alert_with_its_own_severity_and_title():
    first, second = parse(FIRING)
    assert (first.dedup_key, first.severity, first.summary) == (
        "d9cd7d25bda3be67",
        "SEV-1",
        "Disk of a is full",
    )
    assert (second.severity, second.summary) == ("SEV-3", "DiskFull (cluster=eu1, instance=b)")
    assert first.group_key == second.group_key != ""
    assert ("runbook", "https://wiki.example/disk") in first.links


def test_one_alert_can_resolve_in_a_group_that_fires():
    group = orjson.loads(FIRING)
    group["alerts"][0]["status"] = "resolved"
    assert [event.action for event in parse(orjson.dumps(group))] == [Action.RESOLVE, Action.TRIGGER]


def test_a_group_that_resolved_closes_all_of_it_even_when_truncated():
    group = orjson.loads(FIRING) | {"status": "resolved", "truncatedAlerts": 7}
    group["alerts"] = [group["alerts"][0] | {"status": "resolved"}]
    *_, last = parse(orjson.dumps(group))
    assert last.whole_group
    assert last.group_key == parse(FIRING)[0].group_key


def test_what_stands_beside_the_alerts_is_kept_with_each_of_them():
    first, second = parse(changed(notification_reason="repeat interval elapsed", routeLabels={"a": "b"}))
    for event in (first, second):
        assert event.payload["notification_reason"] == "repeat interval elapsed"
        assert event.payload["routeLabels"] == {"a": "b"}
        assert event.payload["groupLabels"] == {"alertname": "DiskFull", "cluster": "eu1"}


def test_but_not_so_much_of_it_that_thousands_of_alerts_fill_the_database():
    alert = orjson.loads(FIRING)["alerts"][0]
    events = parse(changed(receiver="r" * 300_000, alerts=[alert] * 300))
    assert sum(len(orjson.dumps(dict(event.payload))) for event in events) < 2_000_000


def test_a_link_silences_exactly_this_alert():
    first, _ = parse(FIRING)
    silence = dict(first.links)["silence"]
    assert silence.startswith("http://vm:19093/#/silences/new?filter=%7Balertname%3D%22DiskFull%22%2C")
    assert unquote(silence).endswith('cluster="eu1",instance="a",severity="critical"}')


def test_annotations_name_the_links_and_a_graph_is_the_generators():
    group = orjson.loads(FIRING)
    group["alerts"][0]["annotations"] |= {
        "dashboard_url": "https://grafana.example/d/1",
        "silence_url": "javascript:x",
    }
    links = dict(parse(orjson.dumps(group))[0].links)
    assert links["dashboard"] == "https://grafana.example/d/1"
    assert links["graph"] == "http://prom/g"
    assert links["silence"].startswith("http://vm:19093/")


def test_a_title_that_is_too_long_is_cut_because_the_sender_does_not_retry():
    group = orjson.loads(FIRING)
    group["alerts"][0]["annotations"]["summary"] = "x" * 5000
    assert len(parse(orjson.dumps(group))[0].summary) == 1024


def test_without_a_fingerprint_the_labels_identify_the_alert():
    group = orjson.loads(FIRING)
    for alert in group["alerts"]:
        del alert["fingerprint"]
    first, second = parse(orjson.dumps(group))
    assert first.dedup_key != second.dedup_key
    assert first.dedup_key == parse(orjson.dumps(group))[0].dedup_key


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (changed(alerts=None), "'alerts'"),
        (changed(alerts=[3]), r"alerts\[0\]"),
        (changed(alerts=[{"status": "maybe"}]), "firing or resolved"),
        (changed(alerts=[{"status": "firing", "labels": [1]}]), "labels"),
        (changed(groupKey=5), "'groupKey'"),
    ],
)
def test_a_body_that_is_no_group_is_refused_with_where(body, says):
    with pytest.raises(Malformed, match=says):
        parse(body)
