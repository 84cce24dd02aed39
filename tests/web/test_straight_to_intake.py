"""Alert sources go straight to their views, and hear what they heard before."""

from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.test import Client

from escalation.models import Alert
from tests.world import KEY, World, pagerduty

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    World()


def post(path="/v2/enqueue", body=None, **given):
    return Client(raise_request_exception=False).post(
        path, pagerduty("disk") if body is None else body, content_type="application/json", **given
    )


def test_no_session_is_made_or_asked_for():
    with patch(
        "django.contrib.sessions.middleware.SessionMiddleware.process_request", side_effect=AssertionError
    ):
        answer = post()
    assert answer.status_code == 202
    assert not answer.cookies
    assert int(answer["Content-Length"]) == len(answer.content)
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_source_may_call_this_site_by_any_name(settings):
    settings.ALLOWED_HOSTS = ["pager.example"]
    assert post(headers={"host": "10.0.0.7:8000"}).status_code == 202
    assert Client().get("/login/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/v2/enqueue/", "/v2/enqueue"])
def test_nothing_redirects(path, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert post(path).status_code == 202


@pytest.mark.parametrize("path", ["/v2/enqueue", f"/integrations/alertmanager/{KEY}", f"/heartbeats/{KEY}"])
def test_an_outage_is_a_503_with_a_time_to_try_again(path):
    gone = OperationalError("server closed the connection")
    body = b'{"alerts": [{"status": "firing", "labels": {"alertname": "a"}}], "groupKey": "g"}'
    with (
        patch("escalation.intake.receiving.service_key", side_effect=gone),
        patch("escalation.intake.call_in", side_effect=gone),
    ):
        answer = post(path, body if "alertmanager" in path else None)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert not Alert.objects.exists()


def test_a_fault_of_ours_is_a_500():
    with patch("escalation.intake.receiving.service_key", side_effect=ZeroDivisionError):
        assert post().status_code == 500


def test_all_other_addresses_go_the_usual_way():
    assert Client().get("/integrations/NO/such").status_code == 404
    assert Client().get("/login/")["X-Frame-Options"] == "DENY"


def test_head_has_no_body():
    answer = Client().head(f"/heartbeats/{KEY}")
    assert (answer.status_code, answer.content) == (404, b"")
    assert int(answer["Content-Length"]) > 0
