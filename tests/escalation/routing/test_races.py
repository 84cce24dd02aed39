"""Rules made, moved and taken out while alerts come in; posts that name the same services at once."""

from functools import partial

import pytest
from django.db import connection

from escalation.actions import config
from escalation.actions.routing import move_routing_rule, remove_routing_rule
from escalation.intake import reacting
from escalation.models import Alert, RoutingRule
from tests.escalation.routing.conftest import DB_KEY, Routing, said
from tests.racing import POLL, Race, at_once, outcomes_at_once, waiting
from tests.world import TESTS


@pytest.fixture
def world(transactional_db):
    return Routing()


def removes(rule, world):
    return remove_routing_rule(rule=rule, by=TESTS, now=world.now)


def test_what_is_being_sent_on_while_its_rule_is_taken_out_still_ends(world, monkeypatch):
    """The intake has asked the rule when the taking out begins, which waits for it and finds its alert."""
    rule = world.route(to=world.database)
    race = Race([partial(removes, rule, world)])
    linked = reacting.link

    def link(*args):
        race.start()
        while connection.vendor == "postgresql" and race.threads[0].is_alive() and not waiting():
            race.threads[0].join(POLL)
        linked(*args)

    monkeypatch.setattr(reacting, "link", link)
    alert = world.fires()
    assert race.ended() == [True]
    assert alert.service == world.database
    world.ends()
    assert not Alert.objects.filter(status="open").exists()


def test_two_services_that_send_to_each_other_never_wait_in_a_circle(world):
    world.route(to=world.database)
    world.route(service=world.database, to=world.service)

    def posts(key, word):
        events = [
            said(f"{word}{n}", labels={"alertname": name}) for n, name in enumerate(["DiskA", "Cpu"] * 10)
        ]
        for _ in range(3):
            world.posts(*events, key=key)

    keys = [(world.key.key, "a"), (DB_KEY, "b")]
    at_once(*(partial(posts, key, word) for key, word in keys for _ in range(2)))
    assert Alert.objects.count() == 40
    assert set(Alert.objects.values_list("event_count", flat=True)) == {6}


def test_moves_at_once_leave_every_rule_a_place_of_its_own(world):
    rules = [world.route({"a": f"b{n}"}, severity="SEV-3") for n in range(4)]
    moves = [partial(move_routing_rule, rule=rule, to=1, by=TESTS, now=world.now) for rule in rules]
    at_once(*moves)
    assert sorted(RoutingRule.objects.values_list("position", flat=True)) == [1, 2, 3, 4]


def test_no_rule_is_led_to_a_service_that_is_just_being_retired(world):
    retire = partial(config.retire_service, service=world.database, by=TESTS, now=world.now)
    outcomes = outcomes_at_once(retire, partial(world.route, to=world.database))
    assert sum(isinstance(one, config.ConfigError) for one in outcomes) == 1
    world.database.refresh_from_db()
    assert RoutingRule.objects.exists() == (world.database.retired_at is None)
