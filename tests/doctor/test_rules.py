"""Rules that end soon, and rules that silence nothing, are named by the doctor."""

from datetime import timedelta

import pytest

from people.actions import deactivate_user
from tests.escalation.rules.conftest import Ruled
from tests.world import TESTS
from watchbill.doctor.rules import rules


@pytest.fixture
def world(db):
    return Ruled()


def said(world, **later):
    return [one.what for one in rules(world.now + timedelta(**later))]


def test_what_ends_within_a_day_is_named_with_its_owner(world):
    rule = world.rule(ends_at=world.later(days=30))
    world.now = world.later(days=29)
    world.fires()
    assert said(world, seconds=-1) == []
    (found,) = said(world)
    assert found == (
        f"Suppress rule #{rule.pk} of Ana Ruiz on service “payments-api” (alertname=DiskFull) ends "
        "2026-04-01 10:00 UTC: these alerts page from then on."
    )
    assert said(world, days=1) == []


def test_a_trial_is_not_named_while_its_week_has_just_begun(world):
    world.trial()
    assert said(world) == said(world, days=6, seconds=-1) == []
    assert len(said(world, days=6)) == 1


def test_what_has_meant_no_alert_for_a_month_is_named(world):
    world.rule(ends_at=world.later(days=80))
    assert said(world, days=30, seconds=-1) == []
    (found,) = said(world, days=30)
    assert found.endswith("has kept no alert quiet for 30 days.")
    world.now = world.later(days=20)
    world.fires()
    assert said(world, days=29) == []
    assert len(said(world, days=30)) == 1


def test_one_of_somebody_who_has_left_is_named(world):
    world.rule(owner=world.bo, ends_at=world.later(days=30))
    deactivate_user(user=world.bo, by=TESTS, now=world.now)
    (found,) = said(world)
    assert found.endswith("is of somebody who has left, and silences nothing.")
