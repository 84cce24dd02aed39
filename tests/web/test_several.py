"""On the pages: one of two has acknowledged, somebody is added, somebody is handed it."""

from urllib.parse import urlsplit

import pytest

from escalation.models import EscalationPolicy
from paging.links import page_url
from paging.models import Attempt, ContactMethod, Page
from people.actions import deactivate_user
from tests.world import TESTS

MISSING = "1 of 2: one more is needed"


def text(answer):
    return answer.content.decode()


@pytest.fixture
def incident(world):
    EscalationPolicy.objects.update(acknowledgements=2)
    incident = world.alert()
    world.tick()
    return incident


def test_the_incident_page_says_who_has_acknowledged_and_offers_it_no_more(ana, incident):
    page = text(ana.post(f"/incidents/{incident.pk}/acknowledge", follow=True))
    assert f"You acknowledged #{incident.pk}, and are paged no more. {MISSING}." in page
    assert f"Acknowledged by {MISSING}" in page
    assert f"/incidents/{incident.pk}/acknowledge" not in page
    assert f"/incidents/{incident.pk}/resolve" in page
    home = text(ana.get("/"))
    assert f"Acknowledged by {MISSING}" in home
    assert f"/incidents/{incident.pk}/acknowledge" not in home


def test_when_all_have_it_says_so(ana, world, incident):
    world.acknowledge(incident, world.ana)
    world.acknowledge(incident, world.bo)
    assert "Bo Lind and 1 more are on it" in text(ana.get(f"/incidents/{incident.pk}"))


def test_the_link_of_a_message_says_so(client, world, incident):
    link = urlsplit(page_url(Page.objects.get(user=world.ana).pk)).path
    page = text(client.post(link, {"action": "acknowledge"}))
    assert f"You acknowledged #{incident.pk}, and are paged no more. {MISSING}." in page
    assert 'value="acknowledge"' not in page
    assert 'value="resolve"' in page
    world.acknowledge(incident, world.bo)
    assert "Paging has stopped." in text(client.get(link))


def test_the_link_of_many_says_so(client, world):
    EscalationPolicy.objects.update(acknowledgements=2)
    ContactMethod.objects.filter(user=world.ana).update(kind="sms", address="+14155550101")
    incidents = [world.alert(key) for key in ("disk", "cpu", "ram", "net")]
    world.tick()
    link = urlsplit(Attempt.objects.get().body.splitlines()[-1]).path
    page = text(client.post(link, {"action": "acknowledge"}))
    assert "You acknowledged 4 incidents. You are paged no more; others are needed, too" in page
    assert 'value="acknowledge"' not in page
    assert "You have acknowledged them all." in text(client.get(link))
    for incident in incidents:
        incident.refresh_from_db()
    assert {incident.status for incident in incidents} == {"triggered"}


def test_somebody_is_added_by_two_taps(ana, world, incident):
    page = text(ana.get(f"/incidents/{incident.pk}"))
    assert '<option value="mia">Mia Falk</option>' in page
    page = text(ana.post(f"/incidents/{incident.pk}/responder", {"user": "mia"}, follow=True))
    assert f"Mia Falk is paged about #{incident.pk} now." in page
    world.tick()
    assert ("mia", "email") in [(who, via) for _, who, via in world.sent()]
    assert "Ana Ruiz (web): added responders (Mia Falk)" in world.timeline(incident)


def test_somebody_is_handed_it(ana, world, incident):
    page = text(ana.post(f"/incidents/{incident.pk}/reassign", {"user": "mia"}, follow=True))
    assert f"#{incident.pk} is Mia Falk&#x27;s: they are paged now" in page
    incident.refresh_from_db()
    assert [target["user"] for target in incident.policy["steps"][0]["targets"]] == [world.mia.pk]


@pytest.mark.parametrize("action", ["responder", "reassign"])
@pytest.mark.parametrize(
    ("user", "said"),
    [("", "Choose a person."), ("nobody\x00", "Choose a person."), ("bo", "Bo Lind has left")],
)
def test_nobody_who_is_not_there(ana, world, incident, action, user, said):
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    page = text(ana.post(f"/incidents/{incident.pk}/{action}", {"user": user}, follow=True))
    assert said in page
    assert '<option value="bo">' not in page
