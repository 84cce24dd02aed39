"""One alert for each dedup key, whoever comes first."""

import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from escalation.models import Alert, Incident
from tests.world import KEY, World, pagerduty

THREADS, POSTS = 10, 50


@pytest.fixture
def posted(transactional_db):
    """Send bodies from ten connections that start together; the statuses come back."""
    World()

    def run(bodies, path="/v2/enqueue"):
        start = Barrier(THREADS)

        def send(mine):
            start.wait(timeout=10)
            try:
                return [
                    Client().post(path, body, content_type="application/json").status_code for body in mine
                ]
            finally:
                connection.close()

        with ThreadPoolExecutor(THREADS) as pool:
            shares = [bodies[n::THREADS] for n in range(THREADS)]
            return [status for statuses in pool.map(send, shares) for status in statuses]

    return run


def test_fifty_parallel_posts_of_one_key_make_one_alert_and_one_incident(posted):
    assert set(posted([pagerduty("same")] * POSTS)) == {202}
    assert Alert.objects.get().event_count == POSTS
    assert Incident.objects.count() == 1


def test_triggers_and_resolves_of_one_key_at_once_leave_at_most_one_open(posted):
    bodies = [pagerduty("same", "trigger" if n % 2 else "resolve") for n in range(POSTS)]
    assert set(posted(bodies)) == {202}
    assert Alert.objects.filter(status="open").count() <= 1
    assert Incident.objects.exclude(status="resolved").count() == Alert.objects.filter(status="open").count()


def alertmanager(random):
    """A post about some of twelve alerts, firing and resolved in any mixture and order."""
    alerts = [
        {
            "status": random.choice(["firing", "resolved"]),
            "labels": {"alertname": f"a{number}"},
            "fingerprint": f"{number:016x}",
            "startsAt": "2026-03-02T10:00:00Z",
        }
        for number in random.sample(range(12), 8)
    ]
    return json.dumps(
        {"version": "4", "groupKey": "{}", "status": "firing", "receiver": "w", "alerts": alerts}
    )


def test_posts_that_name_the_same_alerts_never_wait_for_each_other_in_a_circle(posted):
    random = Random(1)  # noqa: S311 - no secret
    bodies = [alertmanager(random) for _ in range(2 * POSTS)]
    assert set(posted(bodies, f"/integrations/alertmanager/{KEY}")) == {200}
    left = Incident.objects.exclude(status="resolved").count()
    assert left == Alert.objects.filter(status="open").count()
