"""The page on which engineers see the sources that must call in."""

from datetime import timedelta

import pytest
import time_machine

from escalation.actions.heartbeats import HeartbeatSpec, ensure_heartbeat
from escalation.intake import call_in, raise_silent
from escalation.models import Heartbeat
from people.ledger.models import Entry
from tests.world import TESTS

HOUR = timedelta(hours=1)
KEYS = {"a-late": "a" * 32, "b-silent": "b" * 32, "c-fine": "c" * 32, "d-never": "d" * 32}


@pytest.fixture
def beating(world):
    """At ten: one is on time, one in its grace, one silent, one has never called."""
    for name, key in KEYS.items():
        spec = HeartbeatSpec(name=name, every=HOUR, key=key)
        ensure_heartbeat(service=world.service, spec=spec, by=TESTS, now=world.now - 9 * HOUR)
    for name, ago in (("b-silent", 5 * HOUR), ("a-late", HOUR), ("c-fine", HOUR / 2)):
        call_in(key=KEYS[name], now=world.now - ago)
    raise_silent(heard_until=world.now, clock=lambda: world.now)
    return world


def shown(ana):
    return " ".join(ana.get("/heartbeats").content.decode().split())


def test_those_come_first_that_somebody_may_have_to_look_at(ana, beating):
    said = shown(ana)
    places = [said.index(f"<h3>{name} ") for name in ("b-silent", "a-late", "d-never", "c-fine")]
    assert places == sorted(places)
    for words in (
        "Silent</strong> since",
        "an incident at",
        "waits for its first call",
        "last called 30 min ago",
    ):
        assert words in said
    assert not any(key in said for key in KEYS.values())


def test_one_is_muted_with_a_reason_and_an_end(ana, beating):
    pk = Heartbeat.objects.get(name="a-late").pk
    answer = ana.post(f"/heartbeats/{pk}/mute", {"minutes": "480", "why": "moving it"}, follow=True)
    said = " ".join(answer.content.decode().split())
    assert "a-late is muted for 8 hours. Then its silence counts again." in said
    assert "Muted</strong> until" in said
    assert "by Ana Ruiz" in said
    assert Entry.objects.get(verb="heartbeat.muted").why == "moving it"
    answer = ana.post(f"/heartbeats/{pk}/unmute", follow=True)
    assert "The silence of a-late counts again." in answer.content.decode()
    assert "is not muted" in ana.post(f"/heartbeats/{pk}/unmute", follow=True).content.decode()


@pytest.mark.parametrize("minutes", ["", "7", "-60", "60.5", "9" * 30, "\x00"])
def test_only_the_times_that_are_offered_are_taken(ana, beating, minutes):
    pk = Heartbeat.objects.get(name="a-late").pk
    answer = ana.post(f"/heartbeats/{pk}/mute", {"minutes": minutes}, follow=True)
    assert "Choose how long to mute it." in answer.content.decode()
    assert not Heartbeat.objects.exclude(muted_until=None).exists()


def test_a_reason_of_any_length_and_any_characters_is_kept_as_far_as_it_can_be(ana, beating):
    pk = Heartbeat.objects.get(name="a-late").pk
    ana.post(f"/heartbeats/{pk}/mute", {"minutes": "60", "why": "\x00<b>" * 300})
    assert Entry.objects.get(verb="heartbeat.muted").why == ("<b>" * 300)[: len("<b>" * 50)]


def test_what_is_not_there_is_said(ana, beating):
    answer = ana.post("/heartbeats/999999/mute", {"minutes": "60"}, follow=True)
    assert "There is no such heartbeat any more." in answer.content.decode()


def test_strangers_see_nothing_and_the_page_is_no_call(client, beating):
    assert client.get("/heartbeats").status_code == 302
    assert client.get("/heartbeats/")["Location"].startswith("/login/")
    pk = Heartbeat.objects.get(name="a-late").pk
    assert client.post(f"/heartbeats/{pk}/mute", {"minutes": "60"}).status_code == 302
    assert not Heartbeat.objects.exclude(muted_until=None).exists()


def test_a_site_without_any_says_where_one_is_set_up(ana, world):
    assert "No source has to call in yet." in shown(ana)


def test_the_incidents_lead_to_it(ana, world):
    assert 'href="/heartbeats"' in ana.get("/incidents").content.decode()


def test_the_number_of_queries_does_not_grow(ana, beating, django_assert_max_num_queries):
    for n in range(20):
        spec = HeartbeatSpec(name=f"job {n}", every=HOUR)
        ensure_heartbeat(service=beating.service, spec=spec, by=TESTS, now=beating.now)
    with django_assert_max_num_queries(8):
        ana.get("/heartbeats")


def test_the_page_of_an_incident_says_when_it_ends_by_itself(ana, world):
    world.service.auto_resolve_after = 4 * HOUR
    world.service.save()
    incident = world.alert(severity="SEV-4")
    said = ana.get(f"/incidents/{incident.pk}").content.decode()
    assert "Resolves itself at" in said
    assert "Mon 2 Mar 14:00" in said
    with time_machine.travel(world.now + HOUR, tick=False):
        ana.post(f"/incidents/{incident.pk}/note", {"text": "mine"})
    assert "Mon 2 Mar 15:00" in ana.get(f"/incidents/{incident.pk}").content.decode()


@pytest.mark.parametrize(("minutes", "muted"), [("1440", True), ("10080", False)])
def test_a_stranger_to_its_team_mutes_one_for_a_day_and_not_for_longer(client, beating, minutes, muted):
    stranger = beating.person("kim", "Kim Noor")
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    pk = Heartbeat.objects.get(name="a-late").pk
    said = client.post(f"/heartbeats/{pk}/mute", {"minutes": minutes}, follow=True).content.decode()
    assert ("Mute it for a day at most" in said) is not muted
    assert Heartbeat.objects.exclude(muted_until=None).exists() is muted


def test_a_responder_of_its_team_mutes_one_for_a_week(ana, beating):
    pk = Heartbeat.objects.get(name="a-late").pk
    assert (
        "is muted for 1 week"
        in ana.post(f"/heartbeats/{pk}/mute", {"minutes": "10080"}, follow=True).content.decode()
    )
