"""Alert sources go straight to their views, and hear what they heard before."""

from unittest.mock import Mock, patch

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory

from escalation.models import Alert
from tests.world import KEY, World, pagerduty
from watchbill.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world():
    World()


def by_middleware(path, body, **given):
    return Client(raise_request_exception=False).post(path, body, content_type="application/json", **given)


def by_server(path, body, *, given_back=None, **given):
    """As a web server asks. The connection, which is the test's, stays with it, as with Django's client."""
    environ = RequestFactory().post(path, body, content_type="application/json", **given).environ
    environ["PATH_INFO"] = environ["PATH_INFO"].encode().decode("latin-1")  # as a server says it
    heard = []
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        with patch("watchbill.web.straight.close_old_connections", given_back or Mock()):
            sent = application(environ, lambda status, headers: heard.extend((status, headers)))
            content = b"".join(sent)
            getattr(sent, "close", Mock())()
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)
    status, headers = heard
    return HttpResponse(content, status=int(status.split()[0]), headers=dict(headers))


@pytest.fixture(params=[by_middleware, by_server])
def post(request):
    """The two ways to the view of an alert source."""

    def posted(path="/v2/enqueue", body=None, **given):
        return request.param(path, pagerduty("disk") if body is None else body, **given)

    return posted


def test_no_session_is_made_or_asked_for(post):
    with patch(
        "django.contrib.sessions.middleware.SessionMiddleware.process_request", side_effect=AssertionError
    ):
        answer = post()
    assert answer.status_code == 202
    assert not answer.cookies
    assert int(answer["Content-Length"]) == len(answer.content)
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_source_may_call_this_site_by_any_name(post, settings):
    settings.ALLOWED_HOSTS = ["pager.example"]
    assert post(headers={"host": "10.0.0.7:8000"}).status_code == 202
    assert Client().get("/login/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.parametrize("path", ["/v2/enqueue/", "/v2/enqueue"])
def test_nothing_redirects(post, path, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert post(path).status_code == 202


@pytest.mark.parametrize("path", ["/v2/enqueue", f"/integrations/alertmanager/{KEY}", f"/heartbeats/{KEY}"])
def test_an_outage_is_a_503_with_a_time_to_try_again(post, path):
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


def test_a_fault_of_ours_is_a_500(post):
    with patch("escalation.intake.receiving.service_key", side_effect=ZeroDivisionError):
        assert post().status_code == 500


def test_a_fault_of_ours_is_logged_with_its_cause(caplog):
    with patch("escalation.intake.receiving.service_key", side_effect=ZeroDivisionError):
        assert by_server("/v2/enqueue", pagerduty("disk")).status_code == 500
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_the_connection_is_given_back():
    given_back = Mock()
    assert by_server("/v2/enqueue", pagerduty("disk"), given_back=given_back).status_code == 202
    with patch("escalation.intake.receiving.service_key", side_effect=ZeroDivisionError):
        assert by_server("/v2/enqueue", pagerduty("disk"), given_back=given_back).status_code == 500
    assert given_back.call_count == 2


def test_the_rest_of_the_site_is_served_as_ever():
    assert by_server("/login/", b"").status_code == 403  # as Django says of a form without its token
    assert by_server("/no/such", b"").status_code == 404


@pytest.mark.parametrize("path", ["/tëams/", "/チーム/", "/no/such/%ff/"])
def test_an_address_in_any_script_is_read_once(path, caplog):
    """What was read of it on the way to finding that no alert source posts there is not read again."""
    assert by_server(path, b"").status_code == by_middleware(path, b"").status_code == 404
    said = {record.getMessage() for record in caplog.records}
    assert len(said) == 1, said


@pytest.mark.parametrize("path", ["/v2/alerts/gröβe/close", "/v2/alerts/%E9/close"])
def test_an_alert_source_s_own_name_of_an_alert_comes_as_it_was_sent(post, path):
    assert post(path, b"{}", headers={"Authorization": f"GenieKey {KEY}"}).status_code == 202


@pytest.mark.parametrize(
    "path", [f"/integrations/alertmanager/{KEY[::-1]}", "/integrations/no-such/some-key"]
)
def test_what_is_refused_is_logged_with_its_address(post, path, caplog):
    status = post(path, b"{}").status_code
    assert [(record.levelname, record.status_code) for record in caplog.records] == [("WARNING", status)]
    assert path in caplog.records[0].getMessage()


def test_all_other_addresses_go_the_usual_way():
    assert Client().get("/integrations/NO/such").status_code == 404
    assert Client().get("/login/")["X-Frame-Options"] == "DENY"


def test_head_has_no_body():
    answer = Client().head(f"/heartbeats/{KEY}")
    assert (answer.status_code, answer.content) == (404, b"")
    assert int(answer["Content-Length"]) > 0
