"""The REST API of incidents, as a script sees it."""

import pytest
from rest_framework.test import APIClient

from escalation.models import Incident
from people.actions import deactivate_user
from tests.world import TESTS


@pytest.fixture
def incident(world):
    made = world.alert()
    world.tick()
    return made


def test_without_a_token_nothing_is_shown(incident):
    for path in ("/api/v1/incidents", f"/api/v1/incidents/{incident.pk}"):
        assert APIClient().get(path).status_code == 401


def test_a_wrong_or_a_deactivated_person_s_token_is_refused(api, world, incident):
    stranger = APIClient()
    stranger.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert stranger.get("/api/v1/incidents").status_code == 401
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    assert api.get("/api/v1/incidents").status_code == 401


def test_incidents_are_listed_by_status(api, world, incident):
    world.alert("other")
    api.post(f"/api/v1/incidents/{incident.pk}/resolve")
    listed = api.get("/api/v1/incidents?status=triggered").json()["results"]
    assert [one["title"] for one in listed] == ["other is full"]
    both = api.get("/api/v1/incidents?status=triggered&status=resolved").json()["results"]
    assert len(both) == 2


def test_an_incident_is_shown_with_its_alerts_and_timeline(api, incident):
    shown = api.get(f"/api/v1/incidents/{incident.pk}").json()
    assert shown["alerts"][0]["dedup_key"] == "disk"
    assert {"at", "verb", "who", "what", "why"} == set(shown["timeline"][0])


def test_acknowledge_stops_paging_under_the_caller_s_name(api, world, incident):
    answer = api.post(f"/api/v1/incidents/{incident.pk}/acknowledge", {"reason": "looking"}, format="json")
    assert (answer.status_code, answer.json()["status"], answer.json()["acknowledged_by"]) == (
        200,
        "acknowledged",
        "bo",
    )
    world.wait(minutes=29)
    assert world.sent() == [(0, "ana", "email")]
    assert any(
        line.startswith("Bo Lind (API): acknowledged") and "looking" in line
        for line in world.timeline(incident)
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_post_works_with_and_without_a_trailing_slash(api, incident, slash):
    assert api.post(f"/api/v1/incidents/{incident.pk}/acknowledge{slash}").status_code == 200


def test_escalate_pages_the_next_step_at_once(api, world, incident):
    api.post(f"/api/v1/incidents/{incident.pk}/acknowledge")
    assert api.post(f"/api/v1/incidents/{incident.pk}/escalate").json()["status"] == "triggered"


def test_snooze_is_quiet_until_then_and_no_longer(api, incident):
    assert (
        api.post(f"/api/v1/incidents/{incident.pk}/snooze", {"minutes": 60}, format="json").status_code == 200
    )
    incident.refresh_from_db()
    assert incident.status == "acknowledged"
    assert incident.wake_at is not None


def test_reassign_pages_the_new_one_and_tells_the_managers_if_they_do_not_answer(api, world, incident):
    answer = api.post(f"/api/v1/incidents/{incident.pk}/reassign", {"users": ["mia"]}, format="json")
    assert answer.status_code == 200
    incident.refresh_from_db()
    assert incident.policy["steps"][0]["targets"][0]["user"] == world.mia.pk


def test_a_note_stands_on_the_timeline(api, world, incident):
    api.post(f"/api/v1/incidents/{incident.pk}/note", {"text": "rolled back"}, format="json")
    assert world.timeline(incident)[-1] == "Bo Lind (API): noted: rolled back"


def test_what_is_over_is_over(api, incident):
    api.post(f"/api/v1/incidents/{incident.pk}/resolve")
    answer = api.post(f"/api/v1/incidents/{incident.pk}/acknowledge")
    assert answer.status_code == 409
    assert "already resolved by Bo Lind" in answer.json()["detail"]
    assert (
        api.post(f"/api/v1/incidents/{incident.pk}/note", {"text": "after"}, format="json").status_code == 200
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("999999/acknowledge", {}, 404),
        ("99999999999999999999/acknowledge", {}, 404),
        ("x/acknowledge", {}, 404),
        ("{pk}/snooze", {}, 400),
        ("{pk}/snooze", {"minutes": 0}, 400),
        ("{pk}/snooze", {"minutes": 5, "until": "2030-01-01T00:00:00Z"}, 400),
        ("{pk}/snooze", {"until": "yesterday"}, 400),
        ("{pk}/snooze", {"until": "2020-01-01T00:00:00Z"}, 409),
        ("{pk}/snooze", {"until": "9999-12-31T23:59:59Z"}, 409),
        ("{pk}/reassign", {"users": []}, 409),
        ("{pk}/reassign", {"users": ["nobody"]}, 400),
        ("{pk}/reassign", {"users": "ana"}, 400),
        ("{pk}/note", {"text": "  "}, 400),
        ("{pk}/note", {"text": "a\x00b"}, 400),
        ("{pk}/note", [], 400),
        ("{pk}/acknowledge", {"reason": "x" * 1001}, 400),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(api, incident, path, body, status):
    answer = api.post(f"/api/v1/incidents/{path.format(pk=incident.pk)}", body, format="json")
    assert answer.status_code == status
    assert Incident.objects.get().status == "triggered"


def test_unknown_filters_values_are_refused(api, incident):
    assert api.get("/api/v1/incidents?status=sleeping").status_code == 400


def test_the_number_of_queries_of_a_list_does_not_grow(api, world, incident, django_assert_max_num_queries):
    for n in range(12):
        world.alert(f"key{n}")
    with django_assert_max_num_queries(4):
        assert len(api.get("/api/v1/incidents").json()["results"]) == 13
