"""Alerts of one group that come at the same instant, to several processes, are one incident."""

import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random

import pytest
from django.db import connection

from escalation import engine, intake
from escalation.actions import config, respond
from escalation.actions.respond import Refused
from escalation.intake import reacting
from escalation.models import Alert, Incident
from escalation.sources.event import Action, Event
from people.ledger.record import Actor
from tests.racing import at_once
from tests.world import KEY, TESTS, World

THREADS, ALERTS = 8, 40
BOB = Actor("Bob")


@pytest.fixture
def world(transactional_db):
    world = World()
    config.change_service(
        service=world.service,
        group_by=["alertname"],
        group_window=timedelta(minutes=10),
        by=TESTS,
        now=world.now,
    )
    return world


def event(key, name="Disk", action=Action.TRIGGER, severity="SEV-1"):
    return Event(action=action, dedup_key=key, summary=key, severity=severity, labels={"alertname": name})


def receive(world, events):
    for one in events:
        intake.receive(key=KEY, events=one, source="tests", now=world.now)


def test_alerts_of_one_group_at_once_make_one_incident(world):
    events = [[event(f"k{n}")] for n in range(ALERTS)]
    at_once(*(partial(receive, world, events[n::THREADS]) for n in range(THREADS)))
    incident = Incident.objects.get()
    assert (incident.alerts.count(), incident.alert_count) == (ALERTS, ALERTS)
    world.tick()
    assert world.sent() == [(0, "ana", "email")]


def test_two_that_both_found_nothing_open_make_one_incident(world, monkeypatch):
    """Each has looked before the other has written: the database decides."""
    both_looked = threading.Barrier(2)
    look = reacting.grouping.open_to
    seen = threading.local()

    def look_together(*args, **kwargs):
        found = look(*args, **kwargs)
        if connection.vendor == "postgresql" and not getattr(seen, "once", False):
            seen.once = True
            both_looked.wait(60)
        return found

    monkeypatch.setattr(reacting.grouping, "open_to", look_together)
    at_once(*(partial(receive, world, [[event(key)]]) for key in "ab"))
    incident = Incident.objects.get()
    assert (incident.alerts.count(), incident.alert_count) == (2, 2)


def test_posts_about_the_same_groups_in_any_order_never_wait_in_a_circle(world):
    random = Random(3)  # noqa: S311 - no secret
    names = [f"n{n}" for n in range(6)]
    posts = [[event(f"k{n}-{name}", name) for name in random.sample(names, 4)] for n in range(THREADS * 6)]
    at_once(*(partial(receive, world, posts[n::THREADS]) for n in range(THREADS)))
    assert Incident.objects.count() == len(names)
    assert {row.alerts.count() for row in Incident.objects.all()} == {
        row.alert_count for row in Incident.objects.all()
    }
    assert sum(Incident.objects.values_list("alert_count", flat=True)) == Alert.objects.count()


def resolve_all(world):
    for pk in Incident.objects.exclude(status="resolved").order_by("pk").values_list("pk", flat=True):
        with suppress(Refused):  # it was over already
            respond.resolve(incident_id=pk, by=BOB, now=world.now)


def test_what_joins_while_somebody_resolves_is_never_left_open_on_what_is_over(world):
    """It ends with it, or has an incident of its own that pages."""
    random = Random(5)  # noqa: S311 - no secret

    def people():
        for _ in range(30):
            resolve_all(world)

    def source(n):
        events = []
        for step in range(30):
            action = random.choice([Action.TRIGGER, Action.TRIGGER, Action.RESOLVE])
            events.append([event(f"k{n}-{step % 5}", action=action)])
        receive(world, events)

    def worker():
        for _ in range(10):
            engine.run_due(clock=lambda: world.now)

    at_once(people, worker, *(partial(source, n) for n in range(4)))
    assert not Alert.objects.filter(status="open", incident__status="resolved").exists()
    assert not Alert.objects.filter(incident=None).exists()
    for row in Incident.objects.exclude(status="resolved"):
        assert row.alerts.filter(status="open").exists()
