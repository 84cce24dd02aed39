"""A rule that is ended while alerts that it means come in: nothing stays quiet for a rule that is over."""

from functools import partial

import pytest
from django.db import connection, transaction

from escalation import intake
from escalation.actions import respond, rules
from escalation.intake import reacting
from escalation.models import AlertRule, Incident
from escalation.sources.event import Action, Event
from tests.escalation.rules.conftest import DISK, Ruled
from tests.racing import POLL, Race, at_once, outcomes_at_once, waiting
from tests.world import KEY, TESTS


@pytest.fixture
def world(transactional_db):
    return Ruled()


def fires(world, name):
    event = Event(
        action=Action.TRIGGER, dedup_key=name, summary=f"{name} is full", severity="SEV-2", labels=DISK
    )
    return intake.receive(key=KEY, events=[event], source="tests", now=world.now)


def start_up_to_the_lock(race):
    """On SQLite, where the transaction is the lock, nobody can see who waits."""
    race.start()
    while connection.vendor == "postgresql" and race.threads[0].is_alive() and not waiting():
        race.threads[0].join(POLL)


def ends(rule, world):
    return rules.end_rule(rule=rule, by=TESTS, now=world.now)


def test_an_end_finds_what_an_intake_that_began_before_it_has_opened(world, monkeypatch):
    """The intake has read the rules when the end begins; the end waits for it, and lets its incident page."""
    rule = world.rule()
    race = Race([partial(ends, rule, world)])
    written = reacting.write_matches

    def write(*args, **kwargs):
        start_up_to_the_lock(race)
        written(*args, **kwargs)

    monkeypatch.setattr(reacting, "write_matches", write)
    fires(world, "disk")
    assert race.ended() == [True]
    assert Incident.objects.get().parked_reason == ""


def test_an_intake_behind_an_end_does_not_see_the_rule(world):
    rule = world.rule()
    race = Race([partial(fires, world, "disk")])
    with transaction.atomic():
        ends(rule, world)
        start_up_to_the_lock(race)
    assert race.ended() == [1]
    assert Incident.objects.get().parked_reason == ""


def test_ends_and_intakes_at_once_leave_nothing_quiet(world):
    for turn in range(3):
        rule = world.rule()
        at_once(*(partial(fires, world, f"{turn}.{n}") for n in range(4)), partial(ends, rule, world))
    assert not Incident.objects.exclude(parked_reason="").exists()
    assert Incident.objects.count() == 12


def test_of_two_who_make_the_same_rule_at_once_one_is_told_of_the_other(world):
    outcomes = outcomes_at_once(world.rule, world.rule)
    assert sorted(type(one).__name__ for one in outcomes) == ["AlertRule", "ConfigError"]
    assert AlertRule.objects.get().service.has_rules


def test_a_rule_made_while_the_last_one_is_ended_is_in_force(world):
    """Whoever comes second knows of the first: the service does not forget that it has rules."""
    rule = world.rule(match={"alertname": "Old"})
    race = Race([partial(world.rule, match={"alertname": "New"})])
    with transaction.atomic():
        ends(rule, world)
        start_up_to_the_lock(race)
    (made,) = race.ended()
    assert made.ended_at is None
    world.service.refresh_from_db()
    assert world.service.has_rules


def test_a_rule_that_quiets_what_is_open_beside_resolves_waits_for_nobody_in_a_circle(world):
    incidents = [world.fires(f"disk{n}") for n in range(6)]
    resolves = [partial(respond.resolve, incident_id=one.pk, by=TESTS, now=world.now) for one in incidents]
    at_once(partial(world.rule, quiet_open=True), *resolves)
    assert set(Incident.objects.values_list("status", flat=True)) == {"resolved"}
