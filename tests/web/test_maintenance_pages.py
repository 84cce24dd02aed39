"""Maintenance on the pages for people: a silent pager is never a surprise, and can be ended in one tap."""

import pytest
from django.test import Client

from escalation.models import Incident, MaintenanceWindow
from people import actions as people
from tests.escalation.maintained import planned
from tests.world import TESTS


def browser(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client, path="/maintenance"):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def start(client, **fields):
    given = {"service": "payments-api", "minutes": "120", "reason": "<i>upgrade</i>"} | fields
    return client.post("/maintenance/start", given, follow=True).content.decode()


@pytest.fixture
def stranger(world):
    return browser(world.person("kim", "Kim Noor"))


def test_who_is_on_call_starts_one_now_and_ends_it(ana, world):
    assert "pages nobody for 2 hours" in start(ana)
    row = MaintenanceWindow.objects.get()
    assert (row.start, row.end, row.time_zone) == ("2026-03-02T10:00:00", "2026-03-02T12:00:00", "UTC")
    assert row.created_by == world.ana
    incident = world.alert()
    said = page(ana)
    assert "pages nobody until" in said
    assert "&lt;i&gt;upgrade" in said
    assert "what is open is paged now" in ana.post(f"/maintenance/{row.pk}/end", follow=True).content.decode()
    incident.refresh_from_db()
    assert incident.parked_reason == ""
    assert "No service is in maintenance" in page(ana)


@pytest.mark.parametrize("path", ["/", "/incidents", "/incidents/"])
def test_lists_say_plainly_which_service_pages_nobody(ana, world, path):
    planned(world)
    said = page(ana, path)
    assert "payments-api is in" in said
    assert "Mon 2 Mar 11:00" in said
    assert "database upgrade" in said


def test_an_incident_says_until_when_and_offers_no_escalation(ana, world):
    incident = world.alert()
    path = f"/incidents/{incident.pk}"
    offered = ("Escalate now", "Reassign", "Page somebody else as well")
    assert all(words in page(ana, path) for words in offered)
    assert "Start maintenance of payments-api" in page(ana, path)
    planned(world)
    said = page(ana, path)
    assert "Mon 2 Mar 11:00" in said
    assert "nobody is paged before" in said
    assert not any(words in said for words in offered)
    answer = ana.post(f"{path}/escalate", follow=True).content.decode()
    assert "is in maintenance until 2026-03-02 11:00 UTC" in answer


def test_an_incident_opened_by_hand_in_maintenance_says_that_nobody_is_paged(ana, world):
    planned(world)
    given = {"service": "payments-api", "title": "odd", "severity": "SEV-1", "detail": ""}
    said = ana.post("/incidents/new", given, follow=True).content.decode()
    assert "pages nobody before 2026-03-02 11:00 UTC" in said


def test_what_is_planned_is_shown_and_managers_cancel_it(ana, world):
    window = planned(world, begins=600)
    assert "Mon 2 Mar 20:00" in page(ana)
    said = ana.post(f"/maintenance/{window.pk}/cancel", follow=True).content.decode()
    assert "Only managers" in said
    window.refresh_from_db()
    assert window.cancelled_at is None
    assert (
        "is cancelled"
        in browser(world.mia).post(f"/maintenance/{window.pk}/cancel", follow=True).content.decode()
    )
    assert "Planned</h2>\n<p" in page(ana)


def test_a_stranger_may_end_one_and_start_none(stranger, world):
    assert "There is no service that you answer for" in page(stranger)
    assert "Choose a service of a team of yours" in start(stranger)
    assert not MaintenanceWindow.objects.exists()
    window = planned(world)
    stranger.post(f"/maintenance/{window.pk}/end")
    window.refresh_from_db()
    assert window.ended_at == world.now


def test_an_observer_starts_none(world):
    kim = world.person("kim", "Kim Noor")
    people.set_members(
        team=world.team,
        members={world.ana: "responder", world.bo: "responder", world.mia: "manager", kim: "observer"},
        by=TESTS,
        now=world.now,
    )
    assert "Choose a service of a team of yours" in start(browser(kim))


def test_who_carries_its_schedule_from_another_team_starts_one(world):
    people.set_members(team=world.team, members={world.mia: "manager"}, by=TESTS, now=world.now)
    assert "pages nobody for 2 hours" in start(browser(world.ana))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"service": "nothing"}, "Choose a service of a team of yours"),
        ({"service": ""}, "Choose a service of a team of yours"),
        ({"minutes": "481"}, "Choose how long it lasts"),
        ({"minutes": "-5"}, "Choose how long it lasts"),
        ({"minutes": "abc"}, "Choose how long it lasts"),
        ({"reason": "x" * 201}, "longer than 200 characters"),
    ],
)
def test_bad_input_gets_a_sentence(ana, world, given, says):
    assert says in start(ana, **given)
    assert not MaintenanceWindow.objects.exists()


def test_twice_at_once_is_one(ana, world):
    start(ana)
    assert "at these times already" in start(ana)
    assert MaintenanceWindow.objects.count() == 1


def test_what_does_not_run_is_not_ended_and_what_is_not_there_is_not_found(ana, world):
    window = planned(world, begins=10)
    assert "does not run now" in ana.post(f"/maintenance/{window.pk}/end", follow=True).content.decode()
    assert ana.post("/maintenance/999999/end").status_code == 404
    assert ana.get(f"/maintenance/{window.pk}/end").status_code == 405
    assert Client().get("/maintenance").status_code == 302


def test_an_incident_of_a_service_in_maintenance_is_still_acknowledged(ana, world):
    planned(world)
    incident = world.alert()
    ana.post(f"/incidents/{incident.pk}/acknowledge")
    assert Incident.objects.get().acknowledged_by == world.ana
