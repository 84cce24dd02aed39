"""What only somebody who means harm, or a broken client, would send."""

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from people.actions import create_team, create_token, create_user, set_members
from tests.world import TESTS


@pytest.fixture
def api(world):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=world.bo, by=TESTS, now=world.now)}")
    return client


@pytest.mark.parametrize("action", ["note", "acknowledge", "snooze", "reassign", "resolve", "escalate"])
def test_json_nested_too_deeply_is_400(api, world, action):
    incident = world.alert()
    answer = api.post(
        f"/api/v1/incidents/{incident.pk}/{action}", "[" * 100_000, content_type="application/json"
    )
    assert answer.status_code == 400


def test_a_body_too_large_for_the_api_is_413_in_json(api, world):
    incident = world.alert()
    answer = api.post(
        f"/api/v1/incidents/{incident.pk}/note", '"' + "x" * 3_000_000 + '"', content_type="application/json"
    )
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/json")


@pytest.mark.parametrize(
    "position",
    ["p=garbage", "p=", "p=%00", "p=0001-01-01T00:00:00+14:00", "p=9999-12-31T23:59:59-14:00"],
)
@pytest.mark.parametrize("path", ["incidents", "overrides", "schedules", "feeds", "handoffs"])
def test_a_cursor_written_by_hand_is_no_error_of_ours(api, path, position):
    cursor = base64.b64encode(position.encode()).decode()
    assert api.get(f"/api/v1/{path}", {"cursor": cursor}).status_code in {200, 404}


def test_nothing_that_is_uploaded_is_kept(client, world, settings):
    upload = SimpleUploadedFile("x.bin", b"x" * 100_000)
    answer = client.post("/login/", {"username": "demo", "password": "demo", "file": upload})
    assert answer.status_code == 200
    assert not answer.wsgi_request.FILES


@pytest.mark.parametrize(
    "address",
    [
        "/admin/escalation/incident/?triggered_at__year=9999",
        "/admin/ledger/entry/?at__gte=9999-12-31T23:59:59-14:00",
    ],
)
def test_a_filter_that_no_database_answers_is_passed_over(client, world, address):
    world.mia.is_superuser = world.mia.is_staff = True
    world.mia.save()
    client.force_login(world.mia)
    assert client.get(address).status_code in {200, 302}


def test_taking_somebody_into_one_s_team_gives_no_power_over_them(client, world):
    mallory = create_user(username="mallory", name="Mallory", by=TESTS, now=world.now)
    team = create_team(name="Other", by=TESTS, now=world.now)
    set_members(team=team, members={mallory: "manager", world.ana: "responder"}, by=TESTS, now=world.now)
    mallory.refresh_from_db()
    client.force_login(mallory)
    client.post(f"/admin/people/user/{world.ana.pk}/act/deactivate/")
    world.ana.refresh_from_db()
    assert world.ana.is_active


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/ical/nothing.ics"])
def test_a_post_to_what_is_only_read_hears_of_its_method(world, path):
    assert APIClient(enforce_csrf_checks=True).post(path).status_code == 405
