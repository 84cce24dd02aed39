"""What a service says of its alerts, in the document: applied, exported, applied again."""

from datetime import timedelta

import pytest

from escalation.models import Service
from tests.provisioning.organisations import ACME, NOW, SMALL, done, put
from watchbill.provisioning.export import export
from watchbill.provisioning.faults import DocumentFaults

pytestmark = pytest.mark.django_db

SAID = """
version: 1
services:
  - name: web
    team: Ops
    escalation_policy: Ops
    severities: {Critical: SEV-2, ticket: SEV-4, 3: SEV-1, NO: SEV-3}
    severity_rules:
      - {match: {alertname: DiskFull, "odd, name": "a=b"}, severity: SEV-3}
      - {match: {team: ""}, severity: SEV-1}
    grouping: {by: [alertname, cluster], window: 15m}
"""


def service():
    return Service.objects.get(name="web")


def test_all_of_it_is_applied_exported_and_applied_again_with_no_change():
    put(SMALL)
    put(SAID)
    found = service()
    assert found.severities == {"Critical": "SEV-2", "ticket": "SEV-4", "3": "SEV-1", "NO": "SEV-3"}
    assert [rule["severity"] for rule in found.severity_rules] == ["SEV-3", "SEV-1"]
    assert found.severity_rules[0]["match"] == {"alertname": "DiskFull", "odd, name": "a=b"}
    assert (found.group_by, found.group_window) == (["alertname", "cluster"], timedelta(minutes=15))
    assert done(put(SAID)) == []
    assert done(put(export(now=NOW))) == []
    assert "grouping: {by: [alertname, cluster], window: 15m}" in export(now=NOW)


def test_what_the_document_no_longer_says_is_as_usual_again():
    put(SMALL)
    put(SAID)
    put("version: 1\nservices: [{name: web, team: Ops, escalation_policy: Ops}]")
    found = service()
    assert (found.severities, found.severity_rules, found.group_by, found.group_window) == ({}, [], [], None)


@pytest.mark.parametrize(
    ("grouping", "by", "window"),
    [
        ("{by: [alertname]}", ["alertname"], timedelta(minutes=10)),
        ("{by: []}", [], timedelta(minutes=10)),
        ("{window: 1d}", [], timedelta(days=1)),
    ],
)
def test_half_of_a_grouping_has_a_usual_other_half_and_is_written_out_whole(grouping, by, window):
    put(SMALL)
    document = (
        f"version: 1\nservices: [{{name: web, team: Ops, escalation_policy: Ops, grouping: {grouping}}}]"
    )
    put(document)
    assert (service().group_by, service().group_window) == (by, window)
    assert done(put(document)) == []
    assert done(put(export(now=NOW))) == []


def test_what_an_earlier_version_only_kept_comes_into_force_when_it_is_applied_again():
    put(ACME)
    row = Service.objects.get(name="checkout-api")
    kept = row.extras | {"grouping": {"by": ["alertname", "cluster"], "window": "10m"}}
    Service.objects.filter(pk=row.pk).update(group_by=[], group_window=None, extras=kept)
    assert "grouping" not in export(now=NOW)  # it is not in force
    assert done(put(ACME)) != []
    row.refresh_from_db()
    assert row.group_window == timedelta(minutes=10)
    assert "grouping" not in row.extras
    assert done(put(ACME)) == []


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("severities: {critical: SEV-5}", "services[0].severities.critical"),
        ("severities: {critical: }", "services[0].severities.critical"),
        ("severities: [critical]", "services[0].severities"),
        ("severities: {a: SEV-1, A: SEV-2}", "has severities of “a” and “A”, one word; keep one."),
        ("severities: {' a': SEV-1}", "begins or ends with a space"),
        ("severity_rules: [{severity: SEV-1}]", "services[0].severity_rules[0].match"),
        ("severity_rules: [{match: {}, severity: SEV-1}]", "services[0].severity_rules[0].match"),
        ("severity_rules: [{match: {a: 1}, severity: SEV-1}]", "services[0].severity_rules[0].match.a"),
        ("severity_rules: [{match: {a: b}, severity: SEV-1, urgency: low}]", "urgency"),
        ("grouping: {}", "says nothing; name the labels that alerts have in common"),
        ("grouping: {by: [a, a]}", "names a label twice; keep one."),
        ("grouping: {by: alertname}", "services[0].grouping.by"),
        ("grouping: {by: [a, b, c, d, e, f, g, h, i, j, k]}", "services[0].grouping.by"),
        ("grouping: {by: [a], window: 2d}", "write a window of at most 1d."),
        ("grouping: {by: [a], window: 0m}", "is no time at all"),
        ("grouping: {by: [a], windows: 5m}", "window"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(part, said):
    put(SMALL)
    with pytest.raises(DocumentFaults) as refused:
        put(f"version: 1\nservices: [{{name: web, team: Ops, escalation_policy: Ops, {part}}}]")
    assert said in "\n".join(str(fault) for fault in refused.value.faults)
