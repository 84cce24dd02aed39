"""Many incidents are decided at once, exactly as each of them would be alone."""

from datetime import timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from escalation import engine
from escalation.actions import config
from escalation.loading import STATE_COLUMNS
from escalation.models import Incident
from paging.models import Notification, Page
from people.actions import deactivate_user
from people.ledger.models import Entry
from tests.world import TESTS, World

SEVERITIES = ["SEV-1", "SEV-2", "SEV-3", "SEV-4"]


@pytest.fixture
def world(db):
    return World()


def outcome():
    """All that deciding wrote, without the ids of what it wrote."""
    pages = Page.objects.order_by("cause", "run", "user").values_list(
        "cause", "run", "user", "urgency", "facts"
    )
    messages = Notification.objects.order_by("page__cause", "page__run", "page__user", "method", "due_at")
    lines: dict[tuple, list] = {}
    for entry in Entry.objects.order_by("pk"):
        said = (entry.at, entry.verb, entry.actor_name, entry.what, entry.why)
        lines.setdefault((entry.subject_type, entry.subject_id), []).append(said)
    return {
        "states": list(Incident.objects.order_by("pk").values_list("pk", *STATE_COLUMNS)),
        "pages": list(pages),
        "messages": list(messages.values_list("page__cause", "page__run", "method", "due_at", "state")),
        "lines": lines,
    }


def decided(now, limit):
    """What comes of deciding all that is due, `limit` at once; and then undone."""
    with transaction.atomic():
        while engine.run_due(clock=lambda: now, limit=limit):
            pass
        found = outcome()
        transaction.set_rollback(True)
    return found


def several_services(world, random):
    """Services with steps that reach somebody, nobody, somebody who left, and steps outside the sequence."""
    gone = world.person("gone", "Gone Away")
    silent = world.person("silent", "Silent Sam", kinds=())
    choices = [
        config.TargetSpec(schedule=world.schedule, role="primary"),
        config.TargetSpec(schedule=world.schedule, role="secondary"),
        config.TargetSpec(team=world.team, role="manager"),
        config.TargetSpec(user=world.mia),
        config.TargetSpec(user=gone),
        config.TargetSpec(user=silent),
    ]
    for n in range(4):
        steps = [
            world.step(*random.sample(choices, random.randint(1, 3)), minutes=random.choice([1, 5]))
            for _ in range(random.randint(1, 3))
        ]
        if random.random() < 0.5:
            steps.append(config.StepSpec(after=timedelta(minutes=3), targets=(random.choice(choices),)))
        policy = config.create_policy(
            name=f"p{n}", repeat=random.randint(0, 1), steps=steps, by=TESTS, now=world.now
        )
        team = world.team if random.random() < 0.7 else None
        service = config.create_service(name=f"s{n}", policy=policy, team=team, by=TESTS, now=world.now)
        config.ensure_routing_key(service=service, name="tests", key=f"{n}" * 32, by=TESTS, now=world.now)
    deactivate_user(user=gone, by=TESTS, now=world.now)


@pytest.mark.parametrize("seed", range(8))
def test_a_batch_decides_what_each_alone_would(world, seed):
    random = Random(seed)  # noqa: S311 - no secret
    several_services(world, random)
    for n in range(20):
        world.alert(f"k{n}", severity=random.choice(SEVERITIES), key=random.choice("0123") * 32)
    for minutes in (0, 1, 4, 5, 9):
        now = world.now + timedelta(minutes=minutes)
        alone = decided(now, 1)
        assert decided(now, 7) == alone
        assert decided(now, 50) == alone
        while engine.run_due(clock=lambda at=now: at):
            pass


def test_what_it_asks_the_database_does_not_grow_with_the_batch(world):
    def asked(count, name):
        for n in range(count):
            world.alert(f"{name}{n}")
        with CaptureQueriesContext(connection) as queries:
            assert engine.run_due(clock=lambda: world.now) == count
        return len(queries)

    asked(1, "warm")
    assert asked(40, "many") <= asked(3, "few") + 2  # SQLite takes so many values in one statement


def test_the_first_of_a_service_is_decided_before_the_rest_of_a_storm(world):
    other = config.create_service(
        name="search-api", policy=world.policy, team=world.team, by=TESTS, now=world.now
    )
    config.ensure_routing_key(service=other, name="tests", key="f" * 32, by=TESTS, now=world.now)
    storm = [world.alert(f"k{n}") for n in range(5)]
    world.now += timedelta(seconds=1)
    critical = world.alert("down", key="f" * 32)
    engine.run_due(clock=lambda: world.now, limit=2)
    decided = Incident.objects.filter(step=1).values_list("pk", flat=True)
    assert set(decided) == {storm[0].pk, critical.pk}


def test_a_service_is_first_again_when_it_was_quiet_for_a_while(world):
    turns = []
    for minutes in (0, 14, 1, 16):
        world.now += timedelta(minutes=minutes)
        turns.append(world.alert(f"k{len(turns)}").turn)
    assert turns == [0, 1, 1, 0]
