"""A merge, and whatever else happens to the same incidents at the same moment."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from random import Random

import pytest
from django.db import transaction

from escalation import engine, intake
from escalation.actions import config, merging, respond
from escalation.actions.respond import Refused
from escalation.models import Alert, Incident
from escalation.sources.event import Action, Event
from people.ledger.record import Actor
from tests.racing import POLL, Race, at_once, outcomes_at_once, waiting
from tests.world import KEY, TESTS, World

BOB = Actor("Bob")


@pytest.fixture
def world(transactional_db):
    return World()


def sound():
    """Nothing open hangs on what is over, and what is open has something open."""
    assert not Alert.objects.filter(status="open", incident__status="resolved").exists()
    for row in Incident.objects.exclude(status="resolved"):
        assert row.alerts.filter(status="open").exists(), row
    for row in Incident.objects.filter(merged_into__isnull=False):
        assert not row.alerts.exists(), row


@pytest.mark.parametrize("verb", [respond.resolve, respond.acknowledge])
@pytest.mark.parametrize("which", ["into", "other"])
def test_one_of_them_is_answered_at_the_same_moment(world, verb, which):
    for n in range(6):
        rows = {"into": world.alert(f"a{n}"), "other": world.alert(f"b{n}")}
        found = outcomes_at_once(
            partial(merging.merge, into=rows["into"].pk, incidents=[rows["other"].pk], by=BOB, now=world.now),
            partial(verb, incident_id=rows[which].pk, by=BOB, now=world.now),
        )
        refused = [one for one in found if isinstance(one, Exception)]
        assert all(isinstance(one, Refused) for one in refused)
        assert len(refused) < 2
        sound()


def test_two_merges_the_other_way_round_leave_one(world):
    for n in range(6):
        a, b = world.alert(f"a{n}"), world.alert(f"b{n}")
        outcomes = outcomes_at_once(
            partial(merging.merge, into=a.pk, incidents=[b.pk], by=BOB, now=world.now),
            partial(merging.merge, into=b.pk, incidents=[a.pk], by=BOB, now=world.now),
        )
        assert [isinstance(one, Refused) for one in outcomes].count(True) == 1
        assert Incident.objects.filter(pk__in=[a.pk, b.pk], status="triggered").count() == 1
        sound()


def test_in_the_middle_of_everything_no_alert_is_lost_and_nothing_deadlocks(world):
    config.change_service(
        service=world.service, group_by=["g"], group_window=timedelta(hours=1), by=TESTS, now=world.now
    )

    def source(n):
        random = Random(n)  # noqa: S311 - no secret
        for _ in range(25):
            events = [
                Event(
                    action=random.choice([Action.TRIGGER, Action.TRIGGER, Action.RESOLVE]),
                    dedup_key=f"k{key}",
                    summary=f"k{key}",
                    severity=random.choice(["SEV-1", "SEV-2"]),
                    labels={"g": str(key % 4)},
                )
                for key in random.sample(range(12), 3)
            ]
            intake.receive(key=KEY, events=events, source="tests", now=world.now)

    def people(n):
        random = Random(100 + n)  # noqa: S311 - no secret
        for _ in range(25):
            open_ = [0, *Incident.objects.exclude(status="resolved").values_list("pk", flat=True)]
            random.shuffle(open_)
            with suppress(Refused, Incident.DoesNotExist):
                merging.merge(into=open_[0], incidents=open_[1:3], by=BOB, now=world.now)
            with suppress(Refused, Incident.DoesNotExist):
                respond.resolve(incident_id=open_[-1], by=BOB, now=world.now)

    def worker():
        for _ in range(15):
            engine.run_due(clock=lambda: world.now)

    at_once(*(partial(source, n) for n in range(3)), *(partial(people, n) for n in range(2)), worker)
    sound()
    assert not Alert.objects.filter(incident=None).exists()


@pytest.mark.postgres("SQLite has one writer")
def test_who_holds_an_alert_that_is_over_never_waits_for_a_merge_in_a_circle(world):
    """Who waited for an alert that was ended meanwhile has its lock, and goes on to the next one."""
    into = world.alert("other")
    config.change_service(
        service=world.service, group_by=[], group_window=timedelta(hours=1), by=TESTS, now=world.now
    )
    row = world.alert("a")
    assert world.alert("b") == row
    intake.receive(
        key=KEY, events=[Event(action=Action.RESOLVE, dedup_key="a")], source="tests", now=world.now
    )
    merge = Race([partial(merging.merge, into=into.pk, incidents=[row.pk], by=BOB, now=world.now)])
    with transaction.atomic():
        Alert.objects.select_for_update().get(incident=row, dedup_key="a")
        merge.start()
        while not waiting() and merge.threads[0].is_alive():
            merge.threads[0].join(POLL)
        Alert.objects.select_for_update(nowait=True).get(incident=row, dedup_key="b")
    assert not isinstance(merge.ended()[0], Exception)
    sound()
