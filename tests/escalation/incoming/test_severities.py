"""A service says what its sources' words mean; whom an alert wakes follows from that."""

import json
from io import StringIO

import orjson
import pytest
from django.core.management import CommandError, call_command

from escalation.actions import config
from escalation.models import Alert, Incident
from tests.world import KEY, TESTS, pagerduty

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(world):
    """Its “critical” wakes nobody, its P3 does; a full disk is SEV-3 whoever says so."""
    return config.change_service(
        service=world.service,
        severities={"Critical": "SEV-4", "P3": "SEV-1"},
        severity_rules=[{"match": {"alertname": "DiskFull"}, "severity": "SEV-3"}],
        by=TESTS,
        now=world.now,
    )


def alertmanager(severity, **labels):
    labels = {"alertname": "Slow", "severity": severity} | labels
    alert = {"status": "firing", "labels": labels, "fingerprint": "f" * 16}
    return orjson.dumps({"version": "4", "status": "firing", "alerts": [alert]})


def post(client, path, body):
    assert client.post(path, body, content_type="application/json").status_code in (200, 202)
    return Incident.objects.latest("pk")


@pytest.mark.parametrize(
    ("word", "severity"),
    [("critical", "SEV-4"), ("CRITICAL", "SEV-4"), ("P3", "SEV-1"), ("warning", "SEV-3"), ("odd", "SEV-2")],
)
def test_a_word_means_what_the_service_says_at_both_doors(client, world, service, word, severity):
    assert post(client, "/v2/enqueue", pagerduty(severity=word)).severity == severity
    assert post(client, f"/integrations/alertmanager/{KEY}", alertmanager(word)).severity == severity
    assert {alert.severity for alert in Alert.objects.all()} == {severity}


def test_a_rule_by_labels_counts_over_the_word(client, world, service):
    body = pagerduty(severity="P3", custom_details={"alertname": "DiskFull"})
    assert post(client, "/v2/enqueue", body).severity == "SEV-3"


def test_what_the_service_lowers_wakes_nobody_and_the_timeline_says_why(client, world, service):
    incident = post(client, "/v2/enqueue", pagerduty(severity="critical"))
    assert world.wait(hours=1).sent() == []
    assert "“critical” is SEV-4 here, by the service's own rule" in world.timeline(incident)[0]


def test_the_same_alert_with_a_worse_word_is_raised_by_the_service_s_table(client, world, service):
    post(client, "/v2/enqueue", pagerduty(severity="critical"))
    assert post(client, "/v2/enqueue", pagerduty(severity="p3")).severity == "SEV-1"
    assert world.tick().sent() == [(0, "ana", "email")]


def test_a_service_that_says_nothing_grades_as_ever(client, world):
    assert post(client, "/v2/enqueue", pagerduty(severity="P3")).severity == "SEV-3"


def test_what_a_person_says_by_hand_is_graded_by_nobody(api, world, service):
    asked = {"service": "payments-api", "title": "DiskFull", "severity": "SEV-1"}
    assert api.post("/api/v1/incidents", asked, format="json").json()["severity"] == "SEV-1"


def test_simulate_takes_a_source_s_word(world, service):
    def said(word):
        out = StringIO()
        call_command("simulate", "payments-api", severity=word, format="json", stdout=out)
        return json.loads(out.getvalue())

    assert said("critical") == said("SEV-4") == []
    assert [one["user"] for one in said("p3")] == [one["user"] for one in said("sev-1")] != []
    with pytest.raises(CommandError, match="--severity oops is no word that payments-api knows"):
        said("oops")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"severities": {"critical": "SEV-5"}}, "“SEV-5” cannot be what “critical” means; write SEV-1"),
        ({"severities": {"a": "SEV-1", "A ": "SEV-2"}}, "“A ” and “a” are one word"),
        ({"severities": {" ": "SEV-1"}}, "is no word of a source"),
        ({"severities": {"x" * 101: "SEV-1"}}, "is no word of a source"),
        ({"severities": {str(n): "SEV-1" for n in range(101)}}, "at most 100 words"),
        ({"severity_rules": [{"match": {}, "severity": "SEV-1"}]}, "Severity rule 1 names no label"),
        ({"severity_rules": [{"match": {"a": "b"}, "severity": "high"}]}, "“high” cannot be the severity of"),
        ({"severity_rules": [{"match": {"": "b"}, "severity": "SEV-1"}]}, "is no label"),
        ({"severity_rules": [{"match": {"a": "b" * 1001}, "severity": "SEV-1"}]}, "is no label"),
        ({"severity_rules": [{"match": {"a": "b"}, "severity": "SEV-1"}] * 101}, "at most 100 severity"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_sentence(world, given, said):
    with pytest.raises(config.ConfigError, match=said):
        config.change_service(service=world.service, by=TESTS, now=world.now, **given)
    world.service.refresh_from_db()
    assert (world.service.severities, world.service.severity_rules) == ({}, [])


def test_services_are_read_over_the_api(api, world, service):
    shown = api.get("/api/v1/services/payments-api").json()
    assert shown == api.get("/api/v1/services").json()["results"][0]
    assert shown["severities"] == {"Critical": "SEV-4", "P3": "SEV-1"}
    assert shown["severity_rules"] == [{"match": {"alertname": "DiskFull"}, "severity": "SEV-3"}]
    assert shown["grouping"] is None
    assert KEY not in str(shown)
    for nothing in ("nothing", "a%00b", "%2F", "x" * 3000):
        assert api.get(f"/api/v1/services/{nothing}").status_code == 404
