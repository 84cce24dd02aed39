"""The signed link in a message: opened by scanners, answered by people, at night, on a phone."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client

from paging.links import MAX_AGE, page_url
from paging.models import Notification, Page

ACKNOWLEDGE, RESOLVE = {"action": "acknowledge"}, {"action": "resolve"}


@pytest.fixture
def incident(world):
    incident = world.alert()
    world.tick()
    return incident


@pytest.fixture
def link(incident):
    page = Page.objects.get(cause=f"incident:{incident.pk}")
    return urlsplit(page_url(page.pk)).path


def status_of(incident):
    incident.refresh_from_db()
    return incident.status


def test_opening_the_link_acknowledges_nothing_however_often(client, incident, link, world):
    for method in (client.get, client.head, client.get):
        assert method(link).status_code == 200
    assert status_of(incident) == "triggered"
    assert not [line for line in world.timeline(incident) if "acknowledged" in line]


def test_the_page_shows_what_is_wrong_and_two_buttons(client, link):
    text = client.get(link).content.decode()
    assert "disk is full" in text
    assert "payments-api" in text
    assert text.count("<button") == 2


def test_one_tap_acknowledges_as_the_person_the_message_was_to(client, incident, link, world):
    answer = client.post(link, ACKNOWLEDGE)
    assert answer.status_code == 200
    assert f"You acknowledged #{incident.pk}" in answer.content.decode()
    assert "Paging has stopped." in answer.content.decode()
    assert status_of(incident) == "acknowledged"
    assert incident.acknowledged_by == world.ana
    assert any(line.startswith("Ana Ruiz (link): acknowledged") for line in world.timeline(incident))


def test_after_the_tap_nobody_else_is_paged(client, incident, link, world):
    client.post(link, ACKNOWLEDGE)
    world.wait(minutes=20)
    assert world.sent() == [(0, "ana", "email")]
    assert not Notification.objects.filter(state="pending").exists()


def test_the_second_tap_resolves(client, incident, link):
    assert 'value="resolve"' in client.post(link, ACKNOWLEDGE).content.decode()
    answer = client.post(link, RESOLVE).content.decode()
    assert f"You resolved #{incident.pk}" in answer
    assert answer.count("<button") == answer.count('name="label"') == 4, (
        "nothing is left but to say what it was"
    )
    assert status_of(incident) == "resolved"


def test_no_cookie_and_no_csrf_token_is_needed(link, incident):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link, ACKNOWLEDGE).status_code == 200
    assert status_of(incident) == "acknowledged"


def test_who_comes_too_late_reads_who_resolved_it(client, incident, link, world):
    other = Client()
    other.force_login(world.bo, backend="django.contrib.auth.backends.ModelBackend")
    other.post(f"/incidents/{incident.pk}/resolve")
    answer = client.post(link, ACKNOWLEDGE)
    assert answer.status_code == 200
    assert "already resolved" in answer.content.decode()
    assert "Resolved by Bo Lind" in answer.content.decode()
    assert status_of(incident) == "resolved"


@pytest.mark.parametrize("action", ["", "dance", "acknowledge\x00"])
def test_an_unknown_answer_changes_nothing_and_says_what_to_do(client, incident, link, action):
    answer = client.post(link, {"action": action})
    assert answer.status_code == 400
    assert "Choose one of the buttons" in answer.content.decode()
    assert status_of(incident) == "triggered"


@pytest.mark.parametrize(("before", "after"), [("", "A"), ("2", ""), ("", "%00"), ("%00", "")])
def test_a_forged_link_is_refused_and_says_so(client, incident, link, before, after):
    forged = f"/p/{before}{link.removeprefix('/p/')}{after}"
    for method in (client.get, client.post):
        answer = method(forged, ACKNOWLEDGE)
        assert answer.status_code == 403
        assert "Nothing was acknowledged" in answer.content.decode()
    assert status_of(incident) == "triggered"


@pytest.mark.parametrize(("after", "status"), [(-1, 200), (0, 200), (1, 410)])
def test_a_link_acts_for_three_days(client, incident, link, world, after, status):
    with time_machine.travel(world.now + MAX_AGE + timedelta(seconds=after), tick=False):
        assert client.get(link).status_code == status
        assert client.post(link, ACKNOWLEDGE).status_code == status
    assert (status_of(incident) == "acknowledged") is (status == 200)


def test_the_link_of_a_person_who_left_acts_no_more(client, incident, link, world):
    world.ana.is_active = False
    world.ana.save()
    assert client.post(link, ACKNOWLEDGE).status_code == 410
    assert status_of(incident) == "triggered"


def test_the_address_leaks_nowhere(client, link):
    for answer in (client.get(link), client.post(link, ACKNOWLEDGE), client.get("/p/forged")):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_only_opening_and_answering_are_understood(client, link):
    assert client.put(link).status_code == 405
    assert client.delete(link).status_code == 405
