"""Refusals of one key in many processes at the same instant."""

from functools import partial

import pytest

from escalation import intake
from escalation.intake.refusals import Notebook, Refusal
from escalation.models import Alert, Incident, LastPost
from tests.racing import at_once
from tests.world import MINUTE

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES, POSTS = 6, 100


def notebook(world, monkeypatch):
    """Of one process, full of refusals."""
    made = Notebook()
    monkeypatch.setattr(made, "wake", lambda: None)
    over = intake.OverLimit(world.key.pk, limit=1, retry_after=1)
    for _ in range(POSTS):
        said = {"source": "pagerduty", "status": 429, "why": "too much", "at": world.now}
        made.note(Refusal(keys=(), over=over, **said))
    return made


def test_thousands_at_once_are_one_incident_and_all_are_counted(world, monkeypatch):
    at_once(*(notebook(world, monkeypatch).write for _ in range(PROCESSES)))
    assert Incident.objects.count() == 1
    assert Alert.objects.filter(status="open").count() == 1
    assert sum(world.key.minutes.values_list("refused", flat=True)) == PROCESSES * POSTS
    assert LastPost.objects.count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_a_refusal_while_the_last_alert_ends_leaves_one_open(world, monkeypatch, turn):
    notebook(world, monkeypatch).write()
    world.now += 10 * MINUTE
    end = partial(intake.end_over_limit, clock=lambda: world.now)
    at_once(end, notebook(world, monkeypatch).write, end)
    assert Alert.objects.filter(status="open").count() == 1
    assert Incident.objects.exclude(status="resolved").count() == 1
