import json

import pytest
import time_machine

from escalation import intake
from escalation.intake import asking
from escalation.models import LastPost
from tests.world import KEY

UNKNOWN = "f" * 32
JSON = "application/json"


@pytest.fixture(autouse=True)
def clock(world):
    with time_machine.travel(world.now, tick=False) as traveller:
        world.traveller = traveller
        yield


@pytest.fixture
def at(world):
    """Moves the clock of the doors and that of the world."""

    def moved(now):
        world.now = now
        world.traveller.move_to(now)

    return moved


@pytest.fixture
def over(monkeypatch, world):
    """From now on the key is over its limit."""

    def limited(limit=120, retry_after=7):
        def refuse(**_):
            raise intake.OverLimit(world.key.pk, limit=limit, retry_after=retry_after)

        monkeypatch.setattr(intake, "receive", refuse)
        monkeypatch.setattr(asking, "receive", refuse)

    return limited


def trigger(key=KEY, **more):
    payload = {"summary": "disk", "source": "db1", "severity": "critical"}
    return {"routing_key": key, "event_action": "trigger", "dedup_key": "disk", "payload": payload, **more}


@pytest.fixture
def send(client):
    """Each door, by its name."""

    def sent(door, body=None, *, key=KEY, **headers):
        body = body if isinstance(body, bytes) else json.dumps(BODIES[door](key) if body is None else body)
        address = {
            "v2": "/v2/enqueue",
            "v1": "/generic/2010-04-15/create_event.json",
            "opsgenie": "/v2/alerts",
        }
        if door == "opsgenie":
            headers["Authorization"] = f"GenieKey {key}"
        path = address.get(door, f"/integrations/{door}/{key}")
        return client.post(path, body, content_type=JSON, headers=headers)

    return sent


BODIES = {
    "v2": trigger,
    "v1": lambda key: {"service_key": key, "event_type": "trigger", "description": "disk"},
    "opsgenie": lambda key: {"message": "disk"},
    "goalert": lambda key: {"summary": "disk"},
    "grafana": lambda key: {"version": "1", "alerts": [], "groupKey": "x", "status": "firing"},
    "alertmanager": lambda key: {"version": "4", "alerts": [], "groupKey": "x", "status": "firing"},
}


def refused(key):
    return LastPost.objects.get(key=key, outcome="refused")
