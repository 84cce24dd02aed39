"""A follow-up that is done is a mark in the team's trend, with the pages of its alert before it and after."""

from datetime import timedelta

import pytest

from people.ledger.record import Actor
from tests.reports.made import DAY, HOUR, Team
from watchbill.reports.actions.follow_ups import finish_follow_up, open_follow_up
from watchbill.reports.gathering import Scope
from watchbill.reports.reporting import report_of


@pytest.fixture
def world(db):
    return Team()


def made(world):
    return report_of(world.team, Scope(since=world.now - 7 * DAY, until=world.now, now=world.now, whole=True))


def test_it_counts_the_pages_of_its_alert_and_of_no_other(world):
    mia = Actor.person(world.mia)
    key = made(world).keys[0]
    row = open_follow_up(
        team=world.team, service=key.service, key=key.key, what="Mend it", owner=world.ana,
        due=(world.now + DAY).date(), by=mia, now=world.now,
    )  # fmt: skip
    assert not made(world).trend.markers, "it is not done yet"
    done_at = world.now + HOUR
    finish_follow_up(follow_up=row, outcome="It waits longer", by=mia, now=done_at)
    world.now = done_at + 2 * DAY + timedelta(minutes=1)
    (mark,) = made(world).trend.markers
    assert mark.at == done_at
    assert mark.what == f"{key.key} of {key.service} followed up: It waits longer"
    assert (mark.before, mark.after, mark.days_after) == (key.pages, 0, 2)
    assert key.pages < made(world).totals.pages, "the other alert is not counted"
