"""Whoever ends an incident says with one tap whether there was anything to do."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from escalation.actions import labelling, respond
from escalation.models import Incident
from escalation.sources.event import Action
from paging.core.replies import Act, Reply, parse
from paging.links import page_url
from paging.models import Page
from people.ledger.record import Actor


@pytest.fixture
def incident(world):
    incident = world.alert()
    world.tick()
    return incident


@pytest.fixture
def bo(world):
    return Actor.person(world.bo)


def label_of(incident):
    incident.refresh_from_db()
    return incident.label


def test_the_last_word_counts_and_the_timeline_keeps_the_ones_before(world, incident, bo):
    labelling.label(incident_id=incident.pk, label="noise", by=bo, now=world.now)
    labelling.label(incident_id=incident.pk, label="noise", by=bo, now=world.now)
    labelling.label(incident_id=incident.pk, label="acted", by=bo, now=world.now)
    row = Incident.objects.get()
    assert (row.label, row.labelled_by, row.labelled_at) == ("acted", world.bo, world.now)
    said = [line for line in world.timeline(incident) if "labelled" in line]
    assert said == ["Bo Lind: labelled it: noise", "Bo Lind: labelled it: somebody had to act"]


@pytest.mark.parametrize("word", ["", "NOISE", "nonsense", "\x00", "noise "])
def test_a_word_that_is_no_label_is_refused_and_nothing_is_resolved(world, incident, bo, word):
    with pytest.raises(respond.Refused, match="write one of acted, noise, duplicate, unclear"):
        labelling.label(incident_id=incident.pk, label=word, by=bo, now=world.now)
    if word:
        with pytest.raises(respond.Refused):
            labelling.resolve_and_label(incident_id=incident.pk, label=word, by=bo, now=world.now)
    assert (Incident.objects.get().status, label_of(incident)) == ("triggered", "")


def test_by_the_api_at_the_end_or_later(api, incident):
    url = f"/api/v1/incidents/{incident.pk}"
    assert api.post(f"{url}/resolve", {"label": "noise"}, format="json").json()["label"] == "noise"
    assert api.post(f"{url}/label", {"label": "acted"}, format="json").json()["label"] == "acted"
    assert api.post(f"{url}/label", {"label": "louder"}, format="json").status_code == 400
    assert api.post(f"{url}/label", {}, format="json").status_code == 400
    assert api.get("/api/v1/incidents?label=acted").json()["results"][0]["id"] == incident.pk
    assert not api.get("/api/v1/incidents?label=noise").json()["results"]


def test_a_resolve_without_a_label_says_nothing(api, incident):
    assert api.post(f"/api/v1/incidents/{incident.pk}/resolve").json()["label"] == ""


def test_on_the_page_once_it_is_over_and_not_before(world, incident):
    client = Client()
    client.force_login(world.bo)
    page = f"/incidents/{incident.pk}"
    assert b"Was there anything to do?" not in client.get(page).content
    client.post(f"{page}/resolve")
    assert b"Was there anything to do?" in client.get(page).content
    client.post(f"{page}/label", {"label": "duplicate"})
    assert label_of(incident) == "duplicate"
    assert b'value="duplicate" aria-pressed="true"' in client.get(page).content
    client.post(f"{page}/label", {"label": "\x00"})
    assert label_of(incident) == "duplicate"


def test_by_the_link_of_the_message_with_one_thumb(world, incident, client):
    link = urlsplit(page_url(Page.objects.get().pk)).path
    assert b"Was there anything to do?" not in client.get(link).content
    assert b"Was there anything to do?" in client.post(link, {"action": "resolve"}).content
    assert client.post(link, {"action": "label", "label": "noise"}).status_code == 200
    row = Incident.objects.get()
    assert (row.label, row.labelled_by) == ("noise", world.ana)
    assert client.post(link, {"action": "label", "label": "x"}).status_code == 200
    assert label_of(incident) == "noise"


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("1r noise", Reply(Act.RESOLVE, 1, label="noise")),
        ("resolve 1 dup", Reply(Act.RESOLVE, 1, label="duplicate")),
        ("R acted", Reply(Act.RESOLVE, label="acted")),
        ("1a noise", None),
        ("noise", None),
        ("1r nonsense", None),
        ("1r", Reply(Act.RESOLVE, 1)),
    ],
)
def test_how_it_is_written_in_a_message(said, reply):
    assert parse(said) == reply


def test_what_its_source_resolved_is_labelled_all_the_same(world, incident, bo):
    world.alert(action=Action.RESOLVE)
    labelling.label(incident_id=incident.pk, label="noise", by=bo, now=world.now)
    assert label_of(incident) == "noise"
