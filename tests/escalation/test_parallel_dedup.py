"""One alert for each dedup key, whoever comes first."""

from functools import partial

import pytest
from django.test import Client

from escalation.models import Alert, Incident
from tests.racing import at_once
from tests.world import World, pagerduty

THREADS, POSTS = 10, 50


@pytest.fixture
def posted(transactional_db):
    """Send bodies from ten connections that start together; the statuses come back."""
    World()

    def send(bodies):
        posts = (Client().post("/v2/enqueue", body, content_type="application/json") for body in bodies)
        return [answer.status_code for answer in posts]

    def run(bodies):
        shares = at_once(*(partial(send, bodies[n::THREADS]) for n in range(THREADS)))
        return [status for statuses in shares for status in statuses]

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
