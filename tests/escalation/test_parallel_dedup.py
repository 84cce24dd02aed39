"""One alert for each dedup key, whoever comes first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from escalation.models import Alert, Incident
from tests.world import World, pagerduty

THREADS, POSTS = 10, 50


@pytest.fixture
def posted(transactional_db):
    """Send bodies from ten connections that start together; the statuses come back."""
    World()

    def run(bodies):
        start = Barrier(THREADS)

        def send(mine):
            start.wait(timeout=10)
            try:
                return [
                    Client().post("/v2/enqueue", body, content_type="application/json").status_code
                    for body in mine
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
