"""The engineers' pages: who is on call, what is open, and what one can do about it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from escalation.actions import respond
from escalation.models import Incident
from oncall import actions as oncall
from people.ledger.record import Actor
from tests.world import TESTS

PASSWORD = "correct horse battery"


def text(answer):
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/", "/incidents", "/incidents/1", "/incidents/1/"])
def test_who_has_not_logged_in_is_asked_to(client, world, address):
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/login/?next={address}"


def test_an_answer_without_a_login_changes_nothing(client, world):
    incident = world.alert()
    assert client.post(f"/incidents/{incident.pk}/acknowledge").status_code == 302
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_an_engineer_logs_in_and_out(client, world):
    world.ana.set_password(PASSWORD)
    world.ana.save()
    assert "do not fit" in text(client.post("/login/", {"username": "ana", "password": "wrong"}))
    assert client.post("/login/", {"username": "ana", "password": PASSWORD}).headers["Location"] == "/"
    assert client.get("/").status_code == 200
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/").status_code == 302


def test_the_first_page_says_who_is_on_call_and_until_when(ana):
    page = text(ana.get("/"))
    assert "You are on call: <strong>primary</strong> of Payments" in page
    assert "<strong>Ana Ruiz</strong>" in page
    assert "<strong>Bo Lind</strong>" in page
    assert "Mon 9 Mar 09:00" in page


def test_times_are_in_the_readers_own_zone(ana, world):
    world.ana.time_zone = "Asia/Tokyo"
    world.ana.save()
    assert "Mon 9 Mar 18:00" in text(ana.get("/"))


def test_an_override_is_seen_at_once(ana, world):
    oncall.add_override(
        schedule=world.schedule,
        role="primary",
        start=world.now,
        end=world.now + timedelta(hours=2),
        user=world.mia,
        by=TESTS,
        now=world.now,
    )
    page = text(ana.get("/"))
    assert "You are not on call now." in page
    assert "<strong>Mia Falk</strong>" in page


def test_unanswered_incidents_come_first(ana, world):
    older = world.alert("older")
    newer = world.alert("newer")
    world.acknowledge(newer, world.bo)
    page = text(ana.get("/"))
    assert page.index(f"#{older.pk} ") < page.index(f"#{newer.pk} ")


def test_acknowledge_on_the_first_page_goes_back_there_and_says_so(ana, world):
    incident = world.alert()
    answer = ana.post(f"/incidents/{incident.pk}/acknowledge", {"back": "home"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert f"You acknowledged #{incident.pk}. Paging has stopped." in text(answer)
    assert "Ana Ruiz (web): acknowledged" in world.timeline(incident)[-1] + world.timeline(incident)[-2]


def test_a_form_without_its_token_is_refused(world):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.ana, backend="django.contrib.auth.backends.ModelBackend")
    incident = world.alert()
    assert strict.post(f"/incidents/{incident.pk}/resolve").status_code == 403
    incident.refresh_from_db()
    assert incident.status == "triggered"


def test_the_incident_page_tells_the_whole_story(ana, world):
    incident = world.alert()
    world.tick()
    by = Actor.person(world.bo, via="sms")
    respond.note(incident_id=incident.pk, text="looking at <db-3>", by=by, now=world.now)
    page = text(ana.get(f"/incidents/{incident.pk}"))
    for words in (
        "disk is full",
        "payments-api",
        "tests",
        "paging Ana Ruiz",
        "Bo Lind (sms)",
        "&lt;db-3&gt;",
    ):
        assert words in page
    assert page.index("triggered the incident") < page.index("looking at")


def test_it_shows_who_is_next_if_nobody_answers(ana, world):
    incident = world.alert()
    world.tick()
    page = text(ana.get(f"/incidents/{incident.pk}"))
    plan = page[page.index("If nobody answers") : page.index("Timeline")]
    assert "10:05:00" in plan
    assert plan.index("Bo Lind") < plan.index("Mia Falk")


@pytest.mark.parametrize(
    ("action", "given", "status", "said"),
    [
        ("acknowledge", {}, "acknowledged", "Paging has stopped."),
        ("resolve", {}, "resolved", "You resolved"),
        ("escalate", {}, "triggered", "the next step is paged now"),
        ("snooze", {"minutes": "60"}, "acknowledged", "quiet for 1 hour"),
        ("snooze", {"minutes": "1\x00"}, "triggered", "Choose how long"),
        ("note", {"text": "restarted\x00 it"}, "triggered", "restarted it"),
        ("note", {"text": " "}, "triggered", "A note needs some text."),
    ],
)
def test_what_a_person_does_is_done_and_said(ana, world, action, given, status, said):
    incident = world.alert()
    answer = ana.post(f"/incidents/{incident.pk}/{action}", given, follow=True)
    assert answer.status_code == 200
    assert said in text(answer)
    incident.refresh_from_db()
    assert incident.status == status


def test_a_resolved_incident_refuses_in_a_sentence(ana, world):
    incident = world.alert()
    ana.post(f"/incidents/{incident.pk}/resolve")
    answer = ana.post(f"/incidents/{incident.pk}/acknowledge", follow=True)
    assert "already resolved by Ana Ruiz" in text(answer)


@pytest.mark.parametrize(
    "address",
    ["/incidents/0", f"/incidents/{10**30}", f"/incidents/{'9' * 5000}", "/incidents/1%00", "/incidents/x"],
)
def test_an_address_of_nothing_is_not_found(ana, address):
    assert ana.get(address).status_code == 404


@pytest.mark.parametrize("number", ["0", "9" * 18])
def test_acting_on_what_is_not_there_says_so(ana, number):
    answer = ana.post(f"/incidents/{number}/resolve", follow=True)
    assert f"There is no incident #{int(number)}." in text(answer)


def test_the_calendar_address_is_made_by_a_button_and_replaced_by_another(ana):
    assert "/ical/" not in text(ana.get("/"))
    first = text(ana.post("/calendar"))
    assert text(ana.post("/calendar")).count("/ical/") == 1
    token = first.partition("/ical/")[2].partition(".ics")[0]
    assert ana.get(f"/ical/{token}.ics").status_code == 200
    assert token not in text(ana.post("/calendar", {"rotate": "1"}))
    assert ana.get(f"/ical/{token}.ics").status_code == 410


@pytest.mark.parametrize("address", ["/", "/incidents", "/login/"])
def test_no_page_can_run_a_script_or_be_framed(ana, address):
    client = Client() if address == "/login/" else ana
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in text(answer)
    assert " style=" not in text(answer)


def test_what_an_alert_says_is_never_markup(ana, world):
    incident = world.alert("<script>alert(1)</script>")
    assert "<script" not in text(ana.get(f"/incidents/{incident.pk}"))
    assert "<script" not in text(ana.get("/"))


def test_only_addresses_of_the_web_become_links(ana, world):
    incident = world.alert()
    links = [
        ["graph", "https://prom.example/g"],
        ["trap", "javascript:alert(1)"],
        ["again", "https://prom.example/g"],
    ]
    incident.alerts.update(links=links)
    page = text(ana.get(f"/incidents/{incident.pk}"))
    assert page.count('href="https://prom.example/g"') == 1
    assert "javascript:" not in page


@pytest.mark.parametrize("address", ["/", "/incidents", "/incidents?status=open"])
def test_more_incidents_ask_no_more_of_the_database(ana, world, address):
    for number in range(2):
        world.alert(f"few-{number}")
    few = queries(ana, address)
    for number in range(12):
        world.acknowledge(world.alert(f"many-{number}"), world.bo)
    assert queries(ana, address) == few


def test_more_schedules_ask_no_more_of_the_database(ana, world):
    few = queries(ana, "/")
    for number in range(5):
        world.rotation(f"Schedule {number}", [[world.bo.pk], [world.ana.pk]])
    assert queries(ana, "/") == few


def test_a_longer_timeline_asks_no_more_of_the_database(ana, world):
    incident = world.alert()
    world.acknowledge(incident, world.bo)
    few = queries(ana, f"/incidents/{incident.pk}")
    for number in range(10):
        respond.note(incident_id=incident.pk, text=f"line {number}", by=TESTS, now=world.now)
    assert queries(ana, f"/incidents/{incident.pk}") == few


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_an_engineer_opens_an_incident_and_sees_who_is_paged(ana, world):
    assert 'href="/incidents/new"' in text(ana.get("/incidents"))
    form = text(ana.get("/incidents/new?service=payments-api"))
    assert "<option selected>payments-api</option>" in form
    wanted = {
        "service": "payments-api",
        "title": "Checkout <b>is slow",
        "severity": "SEV-1",
        "detail": "Look",
    }
    answer = ana.post("/incidents/new", wanted, follow=True)
    assert "You opened #" in text(answer)
    assert "Checkout &lt;b&gt;is slow" in text(answer)
    assert "Ana Ruiz (web): noted: Look" in world.timeline(Incident.objects.get())
    assert world.tick().sent() == [(0, "ana", "email")]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"service": "nothing"}, "Choose the service that it is about."),
        ({"title": " "}, "Say in a few words what is wrong."),
        ({"title": "x" * 1025}, "longer than 1024 characters"),
        ({"severity": "worst"}, "“worst” is no severity"),
    ],
)
def test_what_cannot_be_opened_is_said_and_what_was_written_stays(ana, world, wrong, said):
    wanted = {"service": "payments-api", "title": "Slow", "severity": "SEV-1", "detail": "since <10:02>"}
    page = text(ana.post("/incidents/new", wanted | wrong))
    assert said in page
    assert "since &lt;10:02&gt;" in page
    assert not Incident.objects.exists()
