"""A storm gives one incident thousands of alerts: its pages show the newest, and how many more there are."""

from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from escalation.models import Alert
from people.actions import create_token
from tests.world import TESTS

MANY = 1200


@pytest.fixture
def storm(world):
    incident = world.alert("first")
    plain = Alert.objects.filter(incident=incident).values().get()
    del plain["id"]
    Alert.objects.bulk_create(
        Alert(
            **{**plain, "dedup_key": f"key-{n:04}-", "last_event_at": world.now + timedelta(seconds=n)},
        )
        for n in range(1, MANY)
    )
    incident.alert_count = MANY
    incident.save(update_fields=["alert_count"])
    return incident


def test_the_page_shows_the_newest_fifty_and_counts_the_others(ana, storm):
    said = ana.get(f"/incidents/{storm.pk}").content.decode()
    assert said.count("key-") == 50
    assert f"key-{MANY - 1}-" in said
    assert "And 1,150 more" in said
    assert '<span class="count">1,200</span>' in said


def test_a_few_are_shown_whole(ana, world):
    said = ana.get(f"/incidents/{world.alert().pk}").content.decode()
    assert "more, of which less" not in said


def test_the_admin_does_the_same(client, world, storm):
    client.force_login(world.mia, backend="django.contrib.auth.backends.ModelBackend")
    shown = client.get(f"/admin/escalation/incident/{storm.pk}/change/")
    assert len(shown.context["alerts"]) == 50
    assert "And 1,150 more" in shown.content.decode()


def test_the_api_gives_a_hundred_and_the_count(world, storm):
    token = create_token(user=world.bo, by=TESTS, now=world.now)
    shown = APIClient().get(f"/api/v1/incidents/{storm.pk}", HTTP_AUTHORIZATION=f"Bearer {token}").json()
    assert (len(shown["alerts"]), shown["alert_count"]) == (100, MANY)
    assert shown["alerts"][0]["dedup_key"] == f"key-{MANY - 1}-"
