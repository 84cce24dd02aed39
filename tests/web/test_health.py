"""/healthz, /readyz and /metrics: what a balancer, an orchestrator and Prometheus are told."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from people import metrics as counters
from tests.world import MONDAY, World
from watchbill.watch import broker, overdue, pulse
from watchbill.watch.models import Look
from watchbill.web import health

HOUR = timedelta(hours=1)
START = MONDAY + HOUR


def samples(response):
    families = text_string_to_metric_families(response.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


@pytest.fixture
def no_database(db):
    def refuse(*_, **__):
        raise OperationalError("connection to server failed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "ensure_connection", refuse)
        patch.setattr(connection, "cursor", refuse)
        yield


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_get_and_head_are_answered_and_never_cached(client, path, method):
    answer = getattr(client, method)(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_nothing_is_posted_here(client, path):
    assert client.post(path).status_code == 405


def test_alive_does_not_ask_the_database(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_ready_says_what_it_looked_at(client):
    said = client.get("/readyz").json()
    assert abs(said.pop("clock_difference_seconds")) < 2
    assert said == {
        "status": "ready",
        "database": "ok",
        "migrations": "applied",
        "broker": "embedded",
        "oldest_overdue_seconds": 0.0,
        "refusing_providers": [],
        "reasons": [],
        "warnings": [],
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (60, 200), (60.001, 503), (61, 503)])
def test_incident_that_nobody_decides_makes_paging_unready_after_a_minute(client, seconds, status):
    World(now=START).alert()
    with time_machine.travel(START + timedelta(seconds=seconds), tick=False):
        answer = client.get("/readyz?for=paging")
    assert answer.status_code == status
    assert answer.json()["oldest_overdue_seconds"] == seconds
    if status == 503:
        assert "is a worker running?" in answer.json()["reasons"][0]


@pytest.mark.django_db
def test_paging_is_unready_when_nothing_has_looked_for_a_minute(client):
    pulse.looked(now=timezone.now() - timedelta(seconds=50))
    assert client.get("/readyz?for=paging").status_code == 200
    Look.objects.update(at=timezone.now() - timedelta(seconds=90))
    answer = client.get("/readyz?for=paging")
    assert answer.status_code == 503
    assert answer.json()["reasons"][0].startswith("Nothing has looked for due rows for 9")
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/readyz", "/readyz?for=intake"])
def test_lateness_takes_no_web_away_from_those_who_send_alerts_and_is_said(client, path):
    World(now=START).alert()
    with time_machine.travel(START + timedelta(hours=3), tick=False):
        answer = client.get(path)
    assert (answer.status_code, answer.json()["status"], answer.json()["reasons"]) == (200, "ready", [])
    assert answer.json()["warnings"][0] == "A row has been due for 10800 s; is a worker running?"
    assert answer.json()["oldest_overdue_seconds"] == 10800


def test_readiness_for_what_does_not_exist_is_refused(client):
    answer = client.get("/readyz?for=lunch")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "“for” is “lunch”; write intake or paging, or leave it out."


@pytest.mark.django_db
def test_message_that_nobody_sends_makes_it_unready(client, monkeypatch):
    world = World(now=START)
    monkeypatch.setattr("tests.world.dispatch.send_due", lambda **_: 0)
    world.alert()
    world.tick()
    with time_machine.travel(START + timedelta(seconds=90), tick=False):
        answer = client.get("/readyz?for=paging")
    assert (answer.status_code, answer.json()["oldest_overdue_seconds"]) == (503, 90.0)


@pytest.mark.django_db
def test_incident_whose_time_has_not_come_is_not_overdue(client):
    world = World(now=START)
    world.alert()
    world.tick()
    assert overdue.oldest_overdue(now=START + timedelta(minutes=4)) == timedelta(0)
    assert overdue.oldest_overdue(now=START + timedelta(minutes=6)) == timedelta(minutes=1)


def test_database_that_does_not_answer_makes_it_unready(client, no_database):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert (answer.json()["database"], answer.json()["reasons"]) == (
        "unavailable",
        ["The database does not answer."],
    )


@pytest.mark.django_db
def test_missing_migration_makes_it_unready(client, monkeypatch):
    monkeypatch.setattr(health, "_known_migrations", lambda: frozenset({("people", "9999_next")}))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["1 migrations are missing; run manage.py migrate."]


@pytest.mark.django_db
def test_a_database_that_is_newer_than_the_code_takes_no_web_away_and_is_said(client, monkeypatch):
    known = health._known_migrations()
    monkeypatch.setattr(health, "_known_migrations", lambda: known - {("people", "0001_initial")})
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (200, "applied")
    (said,) = answer.json()["warnings"]
    assert "1 migrations that this version does not know" in said


@pytest.mark.django_db
def test_broker_that_is_down_is_reported_and_no_reason_to_be_unready(client, settings):
    settings.EMBEDDED, settings.CELERY_BROKER_URL = False, "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (200, "unreachable")
    assert "The broker does not answer: pages leave up to half a second later." in answer.json()["warnings"]


@pytest.mark.django_db
def test_a_probe_that_gives_up_after_a_second_hears_of_a_broker_that_hangs(client, settings, monkeypatch):
    given = {}

    def connect(_, *, transport_options):
        given.update(transport_options)
        raise OSError

    settings.EMBEDDED = False
    monkeypatch.setattr(broker.app, "connection_for_write", connect)
    assert client.get("/readyz").json()["broker"] == "unreachable"
    assert 2 * given["socket_timeout"] < 1  # it is asked twice
    assert 2 * given["socket_connect_timeout"] < 1


@pytest.mark.django_db
def test_metrics_count_rows_at_the_scrape(client):
    before = counters.PAGES.labels(urgency="high")._value.get()
    world = World(now=START)
    world.alert("disk")
    world.acknowledge(world.alert("memory"), world.ana)
    with time_machine.travel(START + timedelta(seconds=7), tick=False):
        overdue_now = samples(client.get("/metrics"))
    assert overdue_now["watchbill_open_incidents", "triggered"] == 1
    assert overdue_now["watchbill_open_incidents", "acknowledged"] == 1
    assert overdue_now["watchbill_oldest_overdue_seconds",] == 7
    world.tick()
    with time_machine.travel(START + timedelta(seconds=8), tick=False):
        then = samples(client.get("/metrics"))
    assert then["watchbill_oldest_overdue_seconds",] == 0
    assert then["watchbill_notifications_day", "sent"] >= 1
    assert then["watchbill_pages_total", "high"] > before
    assert then["watchbill_database_up",] == 1
    with time_machine.travel(START + timedelta(days=2), tick=False):
        assert samples(client.get("/metrics"))["watchbill_notifications_day", "sent"] == 0


@pytest.mark.django_db
def test_metrics_name_no_person(client):
    world = World(now=START)
    world.alert()
    world.tick()
    said = client.get("/metrics").content.decode().lower()
    for person in (world.ana, world.bo, world.mia):
        assert person.name.lower() not in said
        assert person.email not in said


def test_metrics_without_a_database_still_count_this_process(client, no_database):
    found = samples(client.get("/metrics"))
    assert found["watchbill_database_up",] == 0
    assert ("watchbill_tick_faults_total",) in found
    assert ("watchbill_oldest_overdue_seconds",) not in found


@pytest.mark.django_db
def test_metrics_add_up_what_several_processes_counted(client, settings, tmp_path):
    count = "from people import metrics; metrics.TICK_FAULTS.inc(2)"
    for name in ("web", "worker"):
        (tmp_path / name).mkdir()
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / name)}
        subprocess.run([sys.executable, "-c", count], env=environment, check=True)
    settings.METRICS_DIR = str(tmp_path / "web")
    assert samples(client.get("/metrics"))["watchbill_tick_faults_total",] == 4


def test_database_that_goes_away_is_503_and_asks_to_send_again(client, no_database):
    answer = client.get(
        "/admin/login/?next=/admin/", HTTP_COOKIE="sessionid=abcdefghijklmnopqrstuvwxyz012345"
    )
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/login/"])
def test_an_answer_to_head_has_no_body_and_says_how_long_it_would_be(client, db, path):
    answer = client.head(path)
    assert answer.content == b""
    assert int(answer["Content-Length"]) > 0


def test_below_api_what_is_not_there_is_said_in_json(client, db):
    answer = client.get("/api/v1/pigeons")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
