"""A person opens an incident: by the API, by SMS, and it pages as any other."""

import pytest
from rest_framework.test import APIClient

from escalation.actions import config
from escalation.models import Incident
from tests.world import KEY, TESTS

PATH = "/api/v1/incidents"
WANTED = {"service": "payments-api", "title": "Checkout is slow", "severity": "SEV-1"}


def test_it_pages_by_the_policy_of_its_service_and_says_who_opened_it(api, world):
    answer = api.post(PATH, WANTED | {"detail": "Since the deploy of 10:02"}, format="json")
    assert answer.status_code == 201
    said = answer.json()
    assert (said["title"], said["severity"], said["status"]) == ("Checkout is slow", "SEV-1", "triggered")
    assert world.tick().sent() == [(0, "ana", "email")]
    told = world.timeline(Incident.objects.get(pk=said["id"]))
    assert "Bo Lind (API): triggered the incident as SEV-1" in told
    assert "Bo Lind (API): noted: Since the deploy of 10:02" in told


def test_two_without_a_key_are_two_and_with_the_same_key_one(api):
    assert (
        api.post(PATH, WANTED, format="json").json()["id"]
        != api.post(PATH, WANTED, format="json").json()["id"]
    )
    first = api.post(PATH, WANTED | {"dedup_key": "slow"}, format="json")
    again = api.post(PATH, WANTED | {"dedup_key": "slow"}, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_of_low_urgency_it_wakes_nobody(api, world):
    answer = api.post(PATH, WANTED | {"severity": "SEV-4"}, format="json").json()
    assert answer["parked_reason"] == "low urgency"
    assert world.tick().sent() == []


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"service": "nothing"}, "service"),
        ({"service": None}, "service"),
        ({"service": ["payments-api"]}, "service"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 1025}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"severity": "SEV-5"}, "severity"),
        ({"severity": 1}, "severity"),
        ({"dedup_key": "x" * 256}, "dedup_key"),
        ({"detail": "x" * 10_001}, "detail"),
    ],
)
def test_what_cannot_be_opened_is_said_at_its_place(api, wrong, where):
    answer = api.post(PATH, WANTED | wrong, format="json")
    assert answer.status_code == 400
    assert list(answer.json()) == [where]
    assert not Incident.objects.exists()


def test_of_a_retired_service_none_is_opened(api, world):
    config.retire_service(service=world.service, by=TESTS, now=world.now)
    assert api.post(PATH, WANTED, format="json").status_code == 400


def test_who_has_no_token_opens_none(world):
    assert APIClient().post(PATH, WANTED, format="json").status_code == 401
    assert not Incident.objects.exists()


def test_a_source_that_resolves_the_same_key_ends_it(api, world):
    opened = api.post(PATH, WANTED | {"dedup_key": "disk"}, format="json").json()
    assert world.alert("disk", key=KEY).pk == opened["id"]
