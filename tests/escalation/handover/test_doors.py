"""The pages and the API of handoffs: everyone reads, who goes off writes, who comes on confirms."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from oncall.models import Handoff
from people.actions import create_token
from tests.escalation.handover.monday import HANDOFF
from tests.world import TESTS

HOUR = timedelta(hours=1)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def happened(world):
    """An hour after the handoff, with one open incident in its note; the clock stands still."""
    world.keep(HANDOFF - HOUR).alert()
    world.hand_over()
    world.now = HANDOFF + HOUR
    with time_machine.travel(world.now, tick=False):
        yield world.handoff(HANDOFF)


def browser(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def api(world, user) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {create_token(user=user, by=TESTS, now=world.now)}")
    return client


def page(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_has_not_logged_in_sees_nothing(client, happened):
    assert client.get(f"/handoffs/{happened.pk}").status_code == 302
    assert client.get(f"/api/v1/handoffs/{happened.pk}").status_code in {401, 403}


def test_everyone_reads_and_only_those_it_is_about_act(world, happened):
    eve = world.person("eve", "Eve Sun")
    shown = page(browser(eve).get(f"/handoffs/{happened.pk}/"))
    assert "disk is full" in shown
    assert "<button>Confirm" not in shown
    assert "Write the note" not in shown
    assert "<script" not in shown
    assert "style=" not in shown
    for action in ("note", "confirm"):
        assert browser(eve).post(f"/handoffs/{happened.pk}/{action}", {"all": "1"}).status_code == 403
        assert api(world, eve).post(f"/api/v1/handoffs/{happened.pk}/{action}").status_code == 403
    happened.refresh_from_db()
    assert (happened.noted_at, happened.confirmed_at) == (None, None)


def test_each_side_does_its_own_part(world, happened):
    goes, comes = browser(world.ana), browser(world.bo)
    assert "Write the note" in page(goes.get(f"/handoffs/{happened.pk}"))
    assert "Confirm all" not in page(goes.get(f"/handoffs/{happened.pk}"))
    assert goes.post(f"/handoffs/{happened.pk}/confirm", {"all": "1"}).status_code == 403
    assert comes.post(f"/handoffs/{happened.pk}/note", {"watch": "x"}).status_code == 403
    goes.post(f"/handoffs/{happened.pk}/note", {"watch": "<b>db1</b>", "mood": "quiet"})
    shown = page(comes.get(f"/handoffs/{happened.pk}"))
    assert "&lt;b&gt;db1&lt;/b&gt;" in shown
    assert "note by Ana Ruiz" in shown


def test_what_is_ticked_is_confirmed_and_then_all_that_was_shown(world, happened):
    comes, path = browser(world.bo), f"/handoffs/{happened.pk}"
    assert "To be confirmed" in page(comes.get("/handoffs"))
    assert "Confirm the handoff" in page(comes.get("/"))
    first = happened.items.get(section="incidents")
    assert "Tick what you have read" in page(comes.post(f"{path}/confirm", follow=True))
    shown = page(comes.post(f"{path}/confirm", {"item": [first.pk, "\x00", "9" * 30]}, follow=True))
    assert "What you ticked is confirmed." in shown
    assert "✓ Bo Lind" in shown
    rest = list(happened.items.exclude(pk=first.pk).values_list("pk", flat=True))
    shown = page(comes.post(f"{path}/confirm", {"all": "1", "shown": rest}, follow=True))
    assert "The handoff is confirmed." in shown
    assert "Confirmed by Bo Lind" in shown
    assert "To be confirmed" not in page(comes.get("/handoffs/"))
    assert "Confirm the handoff" not in page(comes.get("/"))


def test_a_manager_of_the_team_may_do_both(world, happened):
    shown = page(browser(world.mia).get(f"/handoffs/{happened.pk}"))
    assert "Write the note" in shown
    assert "Confirm all" in shown


def test_who_was_asked_for_a_note_sees_it_at_home_until_it_is_written(world):
    world.keep(HANDOFF - HOUR)
    with time_machine.travel(world.now, tick=False):
        goes, handoff = browser(world.ana), world.handoff(HANDOFF)
        assert "Write the note</a>" in page(goes.get("/"))
        assert "To be noted" in page(goes.get("/handoffs"))
        assert "A live draft" in page(goes.get(f"/handoffs/{handoff.pk}"))
        shown = page(goes.post(f"/handoffs/{handoff.pk}/note", {"watch": "kept", "mood": "x" * 301}))
        assert "300 are the most" in shown
        assert "kept</textarea>" in shown
        goes.post(f"/handoffs/{handoff.pk}/note", {"watch": "", "mood": "quiet"})
        assert f'/handoffs/{handoff.pk}">Write the note' not in page(goes.get("/"))


def test_the_api_reads_writes_and_confirms(world, happened):
    path = f"/api/v1/handoffs/{happened.pk}"
    noted = api(world, world.ana).post(f"{path}/note/", {"watch": "db1", "mood": "calm"}, format="json")
    assert noted.status_code == 200
    comes = api(world, world.bo)
    found = comes.get(path).json()
    assert (found["state"], found["outgoing"], found["incoming"]) == ("open", ["ana"], ["bo"])
    (first, *_), *_ = (section["items"] for section in found["sections"])
    assert first["incident"]
    found = comes.post(f"{path}/confirm", {"items": [first["id"]]}, format="json").json()
    assert found["sections"][0]["items"][0]["confirmed_by"] == "bo"
    assert comes.post(f"{path}/confirm/", {"all": True}, format="json").json()["state"] == "confirmed"
    refused = api(world, world.ana).post(f"{path}/note", {"watch": "more"}, format="json")
    assert refused.status_code == 409
    assert "confirmed by Bo Lind" in refused.json()["detail"]


def test_the_api_lists_by_schedule_and_state(world, happened):
    comes = api(world, world.bo)

    def listed(**query):
        answer = comes.get("/api/v1/handoffs", query)
        assert answer.status_code == 200
        return [(one["at"], one["role"]) for one in answer.json()["results"]]

    opened = Handoff.objects.filter(recorded_at__isnull=False).count()
    assert len(listed(state="open")) == opened == 2
    assert {at for at, _ in listed(state="planned", schedule="Payments")} == {"2026-03-16T09:00:00Z"}
    assert listed(state="confirmed") == []
    assert listed()[-2:] == [("2026-03-09T09:00:00Z", "secondary"), ("2026-03-09T09:00:00Z", "primary")]
    assert comes.get("/api/v1/handoffs", {"state": "nonsense"}).status_code == 400
    assert "did you mean “Payments”" in str(comes.get("/api/v1/handoffs", {"schedule": "Paymets"}).json())


@pytest.mark.parametrize(
    "body", [{}, {"items": [1], "all": True}, {"items": []}, {"items": ["x"]}, {"items": 5}]
)
def test_a_confirmation_of_nothing_or_of_both_is_refused(world, happened, body):
    answer = api(world, world.bo).post(f"/api/v1/handoffs/{happened.pk}/confirm", body, format="json")
    assert answer.status_code == 400


def test_an_unknown_handoff_is_not_found(world, happened):
    for number in ("999999", "9" * 18, "9" * 40):
        assert browser(world.bo).get(f"/handoffs/{number}").status_code == 404
        assert api(world, world.bo).get(f"/api/v1/handoffs/{number}").status_code == 404
