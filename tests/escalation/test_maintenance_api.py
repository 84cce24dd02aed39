"""Maintenance over HTTP: what a deployment script asks for."""

import pytest
from rest_framework.test import APIClient

from escalation.models import MaintenanceWindow
from people.actions import create_token
from tests.escalation.maintained import planned
from tests.world import TESTS

PATH = "/api/v1/maintenance"
PLANNED = {"services": ["payments-api"], "start": "2026-03-08T02:00", "end": "2026-03-08T04:00"}


def client_of(user, world):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, by=TESTS, now=world.now)}")
    return client


@pytest.fixture
def manager(world, api):
    """Mia's script; `api` stops the clock."""
    return client_of(world.mia, world)


def test_a_manager_plans_one_and_it_is_listed(manager, world):
    zone = {"time_zone": "Europe/Berlin", "repeat": "weekly", "until": "2026-05-01", "reason": "upgrade"}
    answer = manager.post(f"{PATH}/", PLANNED | zone, format="json")
    assert answer.status_code == 201
    (made,) = answer.json()
    assert made == {
        "id": MaintenanceWindow.objects.get().pk,
        "service": "payments-api",
        "state": "planned",
        "running": None,
        "next": {"start": "2026-03-08T01:00:00Z", "end": "2026-03-08T03:00:00Z"},
        "start": "2026-03-08T02:00:00",
        "end": "2026-03-08T04:00:00",
        "time_zone": "Europe/Berlin",
        "repeat": "weekly",
        "until": "2026-05-01",
        "reason": "upgrade",
        "created_by": "mia",
    }
    assert manager.get(PATH).json() == [made]
    assert manager.get(f"{PATH}/{made['id']}").json() == made


def test_a_deployment_starts_one_for_two_hours_and_ends_it(api, world):
    """Bo's script: he carries the schedule that the service pages."""
    (made,) = api.post(PATH, {"services": ["payments-api"], "minutes": 120}, format="json").json()
    assert (made["state"], made["running"]["end"]) == ("now", "2026-03-02T12:00:00Z")
    incident = world.alert()
    assert (incident.parked_reason, incident.quiet_until.hour) == ("maintenance", 12)
    ended = api.post(f"{PATH}/{made['id']}/end/")
    assert (ended.status_code, ended.json()["state"]) == (200, "ended")
    incident.refresh_from_db()
    assert incident.parked_reason == ""
    assert api.get(PATH).json() == []


def test_instants_with_an_offset_are_those_instants(manager, world):
    given = {"services": ["payments-api"], "time_zone": "Europe/Berlin"}
    given |= {"start": "2026-10-25T01:30:00+01:00", "end": "2026-10-25T02:00:00+01:00"}
    (made,) = manager.post(PATH, given, format="json").json()
    assert made["next"] == {"start": "2026-10-25T00:30:00Z", "end": "2026-10-25T01:00:00Z"}


def test_several_services_get_a_window_each_or_none(manager, world):
    answer = manager.post(PATH, PLANNED | {"services": ["payments-api", "payments-api"]}, format="json")
    assert len(answer.json()) == 1
    answer = manager.post(PATH, PLANNED | {"services": ["payments-api", "nothing"]}, format="json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"services": ["payments-api"], "minutes": 481}, 403),
        (PLANNED, 403),
    ],
)
def test_who_is_on_call_starts_no_longer_one_and_plans_none(api, world, given, status):
    answer = api.post(PATH, given, format="json")
    assert answer.status_code == status
    assert "Managers of the team of payments-api" in answer.json()["detail"]


def test_a_stranger_starts_none_and_ends_one(api, world):
    stranger = client_of(world.person("kim", "Kim Noor"), world)
    assert stranger.post(PATH, {"services": ["payments-api"], "minutes": 5}, format="json").status_code == 403
    window = planned(world)
    assert stranger.post(f"{PATH}/{window.pk}/cancel").status_code == 403
    assert stranger.post(f"{PATH}/{window.pk}/end").status_code == 200


def test_a_manager_cancels_one_and_hears_when_it_is_too_late(manager, world):
    window = planned(world, begins=10)
    assert manager.post(f"{PATH}/{window.pk}/end").status_code == 409
    assert manager.post(f"{PATH}/{window.pk}/cancel").json()["state"] == "cancelled"
    assert "was cancelled" in manager.post(f"{PATH}/{window.pk}/cancel").json()["detail"]
    assert manager.post(f"{PATH}/99999/end").status_code == 404


def test_what_runs_is_asked_for(manager, world):
    planned(world, begins=60)
    now = planned(world, lasts=30)
    assert manager.get(PATH).json()[0]["id"] == now.pk
    assert [one["id"] for one in manager.get(f"{PATH}?running=true").json()] == [now.pk]
    assert len(manager.get(f"{PATH}?running=false&service=payments-api").json()) == 1
    assert manager.get(f"{PATH}?service=nothing").status_code == 400


def test_nobody_without_a_token(world, api):
    assert APIClient().get(PATH).status_code == 401


BAD = {
    "nothing": {},
    "no service": PLANNED | {"services": []},
    "services is no list": PLANNED | {"services": "payments-api"},
    "both": PLANNED | {"minutes": 5},
    "half": {"services": ["payments-api"], "start": "2026-03-08T02:00"},
    "no time": PLANNED | {"start": "soon"},
    "ends before it starts": PLANNED | {"end": "2026-03-08T01:00"},
    "no time at all": PLANNED | {"end": "2026-03-08T02:00"},
    "over": {"services": ["payments-api"], "start": "2026-03-01T02:00", "end": "2026-03-01T03:00"},
    "too long": PLANNED | {"end": "2026-04-08T02:00"},
    "reaches itself": PLANNED | {"end": "2026-03-09T02:00", "repeat": "daily"},
    "no such repeat": PLANNED | {"repeat": "yearly"},
    "no such zone": PLANNED | {"time_zone": "Mars/Olympus"},
    "a zone with a NUL": PLANNED | {"time_zone": "UTC\x00"},
    "a path for a zone": PLANNED | {"time_zone": "../../etc/passwd"},
    "until without repeat": PLANNED | {"until": "2026-05-01"},
    "until too early": PLANNED | {"repeat": "daily", "until": "2026-03-01"},
    "until is no day": PLANNED | {"repeat": "daily", "until": "2026-02-30"},
    "minutes that repeat": {"services": ["payments-api"], "minutes": 5, "repeat": "daily"},
    "no minutes": {"services": ["payments-api"], "minutes": 0},
    "many minutes": {"services": ["payments-api"], "minutes": 10**12},
    "a long reason": PLANNED | {"reason": "x" * 201},
    "a far year": PLANNED | {"start": "9998-12-31T02:00", "end": "9998-12-31T03:00"},
    "text": "payments-api",
    "a list": [PLANNED],
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_400_with_a_sentence_and_nothing_is_written(manager, world, name):
    answer = manager.post(PATH, BAD[name], format="json")
    assert answer.status_code == 400, answer.content
    assert answer.json()
    assert not MaintenanceWindow.objects.exists()


def test_e11_an_incident_in_maintenance_is_not_escalated_reassigned_or_given_responders(api, world):
    """Case E11, as a script sees it."""
    planned(world)
    incident = world.alert()
    for action, body in (
        ("escalate", {}),
        ("reassign", {"users": ["ana"]}),
        ("responders", {"users": ["ana"]}),
    ):
        answer = api.post(f"/api/v1/incidents/{incident.pk}/{action}", body, format="json")
        assert answer.status_code == 409
        assert "is in maintenance until 2026-03-02 11:00 UTC" in answer.json()["detail"]
    assert api.post(f"/api/v1/incidents/{incident.pk}/acknowledge").status_code == 200


@pytest.mark.parametrize("running", ["", "null", "x"])
def test_a_running_that_says_nothing_is_no_error_of_ours(api, world, running):
    assert api.get(f"/api/v1/maintenance?running={running}").status_code in {200, 400}
