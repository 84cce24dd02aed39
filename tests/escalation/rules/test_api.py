"""Suppress rules and trials over HTTP."""

import json
from datetime import timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from escalation.models import AlertRule
from escalation.rulekeeping.reckoning import reckon_due
from people.actions import create_token
from tests.world import TESTS


def client(world, user):
    found = APIClient()
    token = create_token(user=user, by=TESTS, now=world.now)
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return found


@pytest.fixture
def api(world):
    """Bo's, who is in the team."""
    with time_machine.travel(world.now, tick=False):
        yield client(world, world.bo)


def body(world, **changed):
    return {
        "kind": "suppress",
        "service": "payments-api",
        "match": {"alertname": "Disk*"},
        "ends_at": (world.now + timedelta(days=3)).isoformat(),
        "reason": "on order",
        **changed,
    }


def test_a_rule_is_made_read_extended_and_ended(world, api):
    made = api.post("/api/v1/alert-rules/", body(world), format="json")
    assert made.status_code == 201
    pk = made.json()["id"]
    assert made.json() == {
        "id": pk,
        "kind": "suppress",
        "service": "payments-api",
        "match": {"alertname": "Disk*"},
        "severities": ["SEV-2", "SEV-3", "SEV-4"],
        "owner": "bo",
        "reason": "on order",
        "created_at": "2026-03-02T10:00:00Z",
        "ends_at": "2026-03-05T10:00:00Z",
        "ended_at": None,
        "running": True,
        "alerts": 0,
        "last_alert_at": None,
        "would_be": None,
    }
    world.fires()
    (listed,) = api.get("/api/v1/alert-rules?running=true&service=payments-api").json()["results"]
    assert (listed["alerts"], listed["last_alert_at"]) == (1, "2026-03-02T10:00:00Z")
    later = (world.now + timedelta(days=9)).isoformat()
    changed = api.patch(f"/api/v1/alert-rules/{pk}", {"ends_at": later, "owner": "ana"}, format="json")
    assert (changed.json()["ends_at"], changed.json()["owner"]) == ("2026-03-11T10:00:00Z", "ana")
    for _ in range(2):
        ended = api.post(f"/api/v1/alert-rules/{pk}/end/", {"reason": "it came"}, format="json")
        assert (ended.status_code, ended.json()["ended_at"]) == (200, "2026-03-02T10:00:00Z")
    assert api.get("/api/v1/alert-rules?running=true").json()["results"] == []
    assert len(api.get("/api/v1/alert-rules?running=false&kind=suppress&owner=ana").json()["results"]) == 1


def test_a_trial_says_what_it_would_have_done(world, api):
    made = api.post("/api/v1/alert-rules", body(world, kind="trial", ends_at=None), format="json")
    assert made.status_code == 400  # null is no time; left out it is a week
    given = body(world, kind="trial")
    given.pop("ends_at")
    pk = api.post("/api/v1/alert-rules", given, format="json").json()["id"]
    incident = world.fires()
    reckon_due(clock=lambda: world.now, limit=10)
    would_be = api.get(f"/api/v1/alert-rules/{pk}").json()["would_be"]
    assert would_be["pages"] == [
        {
            "at": "2026-03-02T10:00:00Z",
            "user": "ana",
            "schedule": "Payments",
            "role": "primary",
            "asleep": False,
            "incident": incident.pk,
        }
    ]
    assert would_be["forecast"] == ["After less than an hour it is too early to say what that comes to."]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"match": {}}, "names no label"),
        ({"match": {"a": "*"}}, "nothing but *"),
        ({"match": {f"l{n}": "1" for n in range(100)}}, "names 100 labels"),
        ({"match": {"a": "x" * 10_000}}, "longer than 500"),
        ({"match": {"a": "x\u0000"}}, "ull characters"),
        ({"match": {"a\ud800": "x"}}, "no text has"),
        ({"match": "alertname"}, "dictionary"),
        ({"ends_at": "2026-03-02T09:59:59Z"}, "lies in the past"),
        ({"ends_at": "2027-03-02T09:59:59Z"}, "lasts 90 days at most"),
        ({"ends_at": "soon"}, "Datetime has wrong format"),
        ({"owner": "nobody"}, "does not exist"),
        ({"service": "nothing"}, "does not exist"),
        ({"severities": ["SEV-9"]}, "not a valid choice"),
        ({"severities": []}, "may not be empty"),
        ({"kind": "mute"}, "not a valid choice"),
        ({"reason": "x" * 201}, "no more than 200"),
    ],
)
def test_what_makes_no_rule_is_a_400_that_says_why(world, api, changed, said):
    sent = json.dumps(body(world, **changed))  # half a pair of UTF-16 can be sent as \\ud800 only
    answer = api.post("/api/v1/alert-rules", sent, content_type="application/json")
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not AlertRule.objects.exists()


def test_who_is_not_in_the_team_reads_and_changes_nothing(world, api):
    rule = world.rule()
    eve = client(world, world.person("eve", "Eve Hall"))
    assert eve.get(f"/api/v1/alert-rules/{rule.pk}").status_code == 200
    assert eve.post("/api/v1/alert-rules", body(world), format="json").status_code == 403
    assert eve.patch(f"/api/v1/alert-rules/{rule.pk}", {"reason": "x"}, format="json").status_code == 403
    assert eve.post(f"/api/v1/alert-rules/{rule.pk}/end", {}, format="json").status_code == 403
    assert APIClient().get("/api/v1/alert-rules").status_code in {401, 403}
    rule.refresh_from_db()
    assert rule.ended_at is None


def test_its_owner_ends_it_whatever_their_team(world, api):
    eve = world.person("eve", "Eve Hall")
    rule = world.rule(owner=eve)
    assert client(world, eve).post(f"/api/v1/alert-rules/{rule.pk}/end").status_code == 200


def test_what_is_over_is_changed_no_more(world, api):
    rule = world.rule()
    api.post(f"/api/v1/alert-rules/{rule.pk}/end")
    answer = api.patch(f"/api/v1/alert-rules/{rule.pk}", {"reason": "again"}, format="json")
    assert answer.status_code == 400
    assert "has been over since" in answer.content.decode()
    assert api.patch("/api/v1/alert-rules/999", {}, format="json").status_code == 404
