"""What came by a service's keys, for scripts of whoever may edit it."""

import pytest
from rest_framework.test import APIClient

from escalation.actions import config
from escalation.intake import Refusal, note_refusal
from escalation.models import KeyMinute, RoutingKey
from people.actions import create_token
from tests.world import KEY, MINUTE, TESTS

PATH = "/api/v1/services/payments-api"


def script_of(world, user):
    client = APIClient()
    token = create_token(user=user, by=TESTS, now=world.now)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def came(world):
    at = world.now - 3 * MINUTE
    KeyMinute.objects.create(key=world.key, minute=at, shard=0, events=12, last_event_at=at)
    note_refusal(Refusal(keys=(KEY,), source="grafana", status=400, why="no", at=world.now, body=b"{"))


def test_its_manager_sees_the_numbers_and_never_the_key(world, came):
    RoutingKey.objects.update(events_per_minute=120)
    answer = script_of(world, world.mia).get(PATH)
    assert answer.json()["routing_keys"] == [
        {
            "name": "tests",
            "events_per_minute": 120,
            "limit": 120,
            "last_event_at": "2026-03-02T09:57:00Z",
            "events_last_minute": 0,
            "events_last_hour": 12,
            "events_last_day": 12,
            "refused_last_hour": 1,
            "refused_last_day": 1,
            "last_refused": {"at": "2026-03-02T10:00:00Z", "source": "grafana", "status": 400, "why": "no"},
        }
    ]
    assert KEY not in answer.content.decode()


def test_who_may_not_edit_the_service_does_not_see_that_there_is_one(world, came):
    assert script_of(world, world.ana).get(PATH).json()["routing_keys"] is None


def test_many_services_are_as_many_questions_as_one(world, django_assert_max_num_queries):
    mia = script_of(world, world.mia)
    for number in range(9):
        service = config.create_service(
            name=f"more {number}", policy=world.policy, team=world.team, by=TESTS, now=world.now
        )
        config.ensure_routing_key(service=service, name="x", by=TESTS, now=world.now)
    with django_assert_max_num_queries(7):
        shown = mia.get("/api/v1/services").json()["results"]
    assert [len(one["routing_keys"]) for one in shown] == [1] * 10
