"""This machine's clock is held against the database's, and a difference is said before pages come late."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from escalation import engine
from escalation.models import Incident
from paging import dispatch
from paging.core.delivery import LEASE
from paging.models import Page
from people import clock
from tests.paging import world
from tests.web.test_health import samples
from tests.world import KEY, World
from watchbill.watch import clocks

pytestmark = pytest.mark.django_db
THERE = settings.ON_POSTGRES
"""SQLite has no clock of its own."""


@pytest.mark.parametrize("seconds", [-30, 30])
def test_difference_is_how_far_the_database_is_ahead_of_us(seconds):
    with time_machine.travel(timezone.now() - timedelta(seconds=seconds)):
        assert abs(clocks.difference() - timedelta(seconds=seconds if THERE else 0)) < clocks.TOO_FAR


def test_the_databases_time_is_the_same_for_a_process_that_is_an_hour_ahead():
    now: datetime = timezone.now()
    with time_machine.travel(now + timedelta(hours=1)):
        seen = clocks.database_now() - now
    assert (seen < timedelta(minutes=30)) == THERE


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (timedelta(seconds=2), None),
        (timedelta(seconds=31.04), "31.0 s behind the database's"),
        (timedelta(seconds=-2.5), "2.5 s ahead of the database's"),
    ],
)
def test_more_than_two_seconds_is_said_where_operators_look(client, monkeypatch, capsys, apart, said):
    monkeypatch.setattr(clocks, "difference", lambda: apart)
    answer = client.get("/readyz")
    call_command("doctor")
    assert answer.status_code == 200
    assert answer.json()["clock_difference_seconds"] == apart.total_seconds()
    assert samples(client.get("/metrics"))["watchbill_clock_difference_seconds",] == apart.total_seconds()
    for place in ("\n".join(answer.json()["warnings"]), capsys.readouterr().out):
        assert place.count("The clock of this machine is ") == (said is not None)
        assert (said or "") in place


def wrong_by(minutes):
    """A process whose clock says another time than that of the machine where the database is."""
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_process_whose_clock_is_wrong_goes_by_the_databases_and_not_by_its_own(minutes):
    before = timezone.now()
    with wrong_by(minutes):
        clocks.agree()
        seen = clock.now() - before
    assert (abs(seen) < timedelta(minutes=1)) == THERE


def test_within_two_seconds_each_goes_by_its_own():
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        clocks.agree()
    clocks.agree()
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
        assert clock.now() == timezone.now()


@pytest.mark.parametrize("minutes", [-2, 0, 2])
def test_a_message_in_another_machines_hands_is_not_sent_again_and_one_of_a_dead_machine_is(minutes):
    world.page(world.person(sms=world.ALICE_SMS), now=timezone.now())
    assert dispatch.claim_next(clock=clock.now)
    with wrong_by(minutes if THERE else 0):  # where the database has no clock, all is one machine
        clocks.agree()
        assert not dispatch.due_kinds(clock=clock.now)
        clock.follow(clock.now() + LEASE + timedelta(seconds=1))
        assert dispatch.due_kinds(clock=clock.now) == {"sms"}


@pytest.mark.parametrize("minutes", [-2, 0, 2])
def test_an_alert_that_a_machine_with_a_wrong_clock_takes_is_paged_about_at_once_by_another(minutes, client):
    at_work = World(now=timezone.now())
    with wrong_by(minutes if THERE else 0):
        clocks.agree()
        assert (
            client.post("/v2/enqueue", event("disk full"), content_type="application/json").status_code == 202
        )
    assert engine.run_due(clock=timezone.now)
    assert Page.objects.filter(user=at_work.ana).exists()
    (step,) = Incident.objects.values_list("wake_at", flat=True)
    assert abs(step - timezone.now() - timedelta(minutes=5)) < timedelta(minutes=1)


def event(summary):
    payload = {"summary": summary, "source": "db1", "severity": "critical"}
    return {"routing_key": KEY, "event_action": "trigger", "payload": payload}
