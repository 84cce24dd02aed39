"""Routing rules on `/rules`, beside suppress rules; and a suppress rule tried out on its form."""

import pytest
import time_machine

from escalation.models import AlertRule
from tests.escalation.routing.conftest import Routing
from tests.web.test_alert_rules import browser, fields, page


@pytest.fixture
def world(db):
    world = Routing()
    world.mia.refresh_from_db()
    with time_machine.travel(world.now, tick=False):
        yield world


def test_everybody_sees_them_in_their_order_and_managers_the_way_to_change_them(world):
    first = world.route({"env": "staging"}, severity="SEV-4")
    world.route(to=world.database)
    seen = page(world.ana, "/rules")
    assert seen.index("1. env=staging") < seen.index("2. alertname=Disk*")
    assert "goes to shop-db" in seen
    assert "/admin/escalation/routingrule/" not in seen
    assert f"/admin/escalation/routingrule/{first.pk}/change/" in page(world.mia, "/rules")


def test_a_suppress_rule_is_tried_on_its_form_and_nothing_is_made(world):
    world.fires()
    world.tick()
    answer = browser(world.mia).post("/rules/new", fields(world, match="alertname=Disk*", **{"try": "1"}))
    said = answer.content.decode()
    assert "It would have matched 1 of the 1 alerts of the last 24 hours" in said
    assert "would have paged nobody: 1 page less" in said
    assert "alertname=Disk*</textarea>" in said
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"match": "a=*"}, "nothing but *"),
        ({"match": "a"}, "is not a label"),
        ({"service": ""}, "Choose the service"),
    ],
)
def test_what_cannot_be_tried_says_why(world, changed, words):
    answer = browser(world.mia).post("/rules/new", fields(world, **changed, **{"try": "1"}))
    assert words in answer.content.decode()


def test_another_team_s_alerts_are_not_tried(world):
    answer = browser(world.zoe).post("/rules/new", fields(world, **{"try": "1"}))
    assert answer.status_code == 403
