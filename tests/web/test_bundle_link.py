"""The signed link of a message that says many pages: it names them all, and one button answers them all."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine

from paging.links import (
    MAX_AGE,
    BadLink,
    bundle_url,
    page_url,
    read_bundle_token,
    read_page_token,
    without_tokens,
)
from paging.models import Attempt, ContactMethod, Notification

ACKNOWLEDGE = {"action": "acknowledge"}


@pytest.fixture
def incidents(world):
    """Four on one phone before the first was sent."""
    ContactMethod.objects.filter(user=world.ana).update(kind="sms", address="+14155550101")
    incidents = [world.alert(key) for key in ("disk", "cpu", "ram", "net")]
    world.tick()
    return incidents


@pytest.fixture
def link(incidents):
    body = Attempt.objects.get().body
    assert body.startswith("payments-api: 4 unacked alerts\n")
    return urlsplit(body.splitlines()[-1]).path


def statuses(incidents):
    for incident in incidents:
        incident.refresh_from_db()
    return [incident.status for incident in incidents]


def test_opening_it_names_all_and_acknowledges_none(client, incidents, link):
    for method in (client.get, client.head, client.get):
        answer = method(link)
        assert answer.status_code == 200
    text = answer.content.decode()
    assert all(f"#{incident.pk} {incident.title}" in text for incident in incidents)
    assert text.count("<button") == 1
    assert "Acknowledge all 4" in text
    assert statuses(incidents) == ["triggered"] * 4


def test_one_tap_acknowledges_all_as_the_person_the_message_was_to(client, incidents, link, world):
    answer = client.post(link, ACKNOWLEDGE)
    assert "You acknowledged 4 incidents" in answer.content.decode()
    assert "<button" not in answer.content.decode()
    assert statuses(incidents) == ["acknowledged"] * 4
    assert {incident.acknowledged_by for incident in incidents} == {world.ana}
    world.wait(minutes=20)
    assert len(world.sent()) == 1


def test_what_another_is_on_or_has_resolved_stays_theirs(client, incidents, link, world):
    world.acknowledge(incidents[0], world.bo)
    client.post(link, ACKNOWLEDGE)
    assert statuses(incidents) == ["acknowledged"] * 4
    assert [one.acknowledged_by for one in incidents] == [world.bo, world.ana, world.ana, world.ana]
    again = client.post(link, ACKNOWLEDGE)
    assert "There is nothing left to do" in again.content.decode()


def test_an_unknown_answer_changes_nothing(client, incidents, link):
    answer = client.post(link, {"action": "resolve"})
    assert answer.status_code == 400
    assert statuses(incidents) == ["triggered"] * 4


@pytest.mark.parametrize("forge", ["{0}A", "b{0}", "b1"])
def test_a_forged_link_is_refused(client, incidents, link, forge):
    forged = "/p/" + forge.format(link.removeprefix("/p/"))
    assert client.post(forged, ACKNOWLEDGE).status_code == 403
    assert statuses(incidents) == ["triggered"] * 4


def test_a_link_of_one_kind_opens_nothing_of_the_other(incidents):
    page, bundle = (url(1).rpartition("/p/")[2] for url in (page_url, bundle_url))
    for read, token in (
        (read_page_token, bundle),
        (read_bundle_token, page),
        (read_bundle_token, f"b{page}"),
    ):
        with pytest.raises(BadLink):
            read(token)


@pytest.mark.parametrize(("after", "status"), [(0, 200), (1, 410)])
def test_it_acts_for_three_days(client, incidents, link, world, after, status):
    with time_machine.travel(world.now + MAX_AGE + timedelta(seconds=after), tick=False):
        assert client.post(link, ACKNOWLEDGE).status_code == status


def test_it_acts_no_more_for_who_has_left(client, incidents, link, world):
    world.ana.is_active = False
    world.ana.save()
    assert client.post(link, ACKNOWLEDGE).status_code == 410


def test_the_address_leaks_nowhere(client, link):
    for answer in (client.get(link), client.post(link, ACKNOWLEDGE)):
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_what_is_kept_of_the_message_opens_nothing_where_a_provider_has_it(incidents):
    url = bundle_url(Notification.objects.first().pk)
    assert without_tokens(url).endswith("…")
    assert url not in without_tokens(url)
