"""Heartbeats over HTTP, as a script of somebody who is not their manager sees them."""

from datetime import timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from escalation.intake import call_in
from escalation.models import Heartbeat
from people.actions import create_token
from people.ledger.models import Entry
from tests.escalation.heartbeats.conftest import HOUR, KEY
from tests.world import TESTS


@pytest.fixture
def rows(source, world):
    source.is_(every=2 * HOUR, name="other", key="1" * 32)
    call_in(key=KEY, now=world.now - 3 * HOUR)
    return source.row


def test_they_are_listed_with_how_they_are_and_without_their_keys(api, rows, world):
    shown = api.get("/api/v1/heartbeats").json()["results"]
    assert [(one["name"], one["state"], one["every"], one["grace"]) for one in shown] == [
        ("nightly-backup", "late", 3600, 300),
        ("other", "never called", 7200, 300),
    ]
    assert shown[0]["due_at"] == "2026-03-02T08:05:00Z"
    assert KEY not in api.get("/api/v1/heartbeats").content.decode()


def test_they_are_filtered(api, rows, source):
    source.looked_for(seconds=0)
    silent = api.get("/api/v1/heartbeats?silent=true").json()["results"]
    assert [one["name"] for one in silent] == ["nightly-backup"]
    assert api.get("/api/v1/heartbeats?service=other").json()["results"] == []
    assert api.get(f"/api/v1/heartbeats/{silent[0]['id']}").json()["state"] == "silent"


def test_without_a_token_nothing_is_shown_or_done(rows):
    for method, path in (("get", ""), ("get", f"/{rows.pk}"), ("post", f"/{rows.pk}/mute")):
        assert getattr(APIClient(), method)(f"/api/v1/heartbeats{path}").status_code == 401


@pytest.mark.parametrize("slash", ["", "/"])
def test_one_is_muted_and_unmuted_under_the_callers_name(api, rows, world, slash):
    path = f"/api/v1/heartbeats/{Heartbeat.objects.get(name='other').pk}"
    answer = api.post(f"{path}/mute{slash}", {"minutes": 60, "reason": "moving"}, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["muted_by"]) == (200, "muted", "bo")
    assert answer.json()["muted_until"] == "2026-03-02T11:00:00Z"
    said = Entry.objects.get(verb="heartbeat.muted")
    assert (said.actor_name, said.why) == ("Bo Lind (API)", "moving")
    assert api.post(f"{path}/unmute{slash}").json()["state"] == "never called"
    again = api.post(f"{path}/unmute{slash}")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "Heartbeat other of payments-api is not muted.",
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("999999/mute", {"minutes": 5}, 404),
        ("99999999999999999999/mute", {"minutes": 5}, 404),
        ("x/mute", {"minutes": 5}, 404),
        ("{pk}/mute", {}, 400),
        ("{pk}/mute", [], 400),
        ("{pk}/mute", {"minutes": 0}, 400),
        ("{pk}/mute", {"minutes": 90 * 24 * 60 + 1}, 400),
        ("{pk}/mute", {"minutes": 5, "until": "2030-01-01T00:00:00Z"}, 400),
        ("{pk}/mute", {"until": "tomorrow"}, 400),
        ("{pk}/mute", {"until": "2020-01-01T00:00:00Z"}, 409),
        ("{pk}/mute", {"until": "9999-12-31T23:59:59Z"}, 409),
        ("{pk}/mute", {"minutes": 5, "reason": "x" * 1001}, 400),
        ("{pk}/mute", {"minutes": 5, "reason": "a\x00b"}, 400),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(api, rows, path, body, status):
    answer = api.post(f"/api/v1/heartbeats/{path.format(pk=rows.pk)}", body, format="json")
    assert answer.status_code == status
    assert not Heartbeat.objects.exclude(muted_until=None).exists()


def test_the_number_of_queries_of_a_list_does_not_grow(api, source, django_assert_max_num_queries):
    for n in range(12):
        source.is_(every=HOUR, name=f"job {n}", key=f"{n:032x}")
    with django_assert_max_num_queries(3):
        assert len(api.get("/api/v1/heartbeats").json()["results"]) == 13


def test_an_incident_says_when_it_may_end_by_itself(api, world):
    world.service.auto_resolve_after = timedelta(hours=4)
    world.service.save()
    incident = world.alert(severity="SEV-4")
    shown = api.get(f"/api/v1/incidents/{incident.pk}").json()
    assert shown["resolve_at"] == "2026-03-02T14:00:00Z"


@pytest.mark.parametrize(("minutes", "status"), [(24 * 60, 200), (24 * 60 + 1, 403)])
def test_for_longer_than_a_day_only_who_may_silence_its_service_mutes_one(world, rows, minutes, status):
    client, path = APIClient(), f"/api/v1/heartbeats/{rows.pk}/mute"
    for user, wanted in ((world.person("kim", "Kim Noor"), status), (world.mia, 200)):
        token = create_token(user=user, by=TESTS, now=world.now)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        with time_machine.travel(world.now, tick=False):
            assert client.post(path, {"minutes": minutes}, format="json").status_code == wanted
