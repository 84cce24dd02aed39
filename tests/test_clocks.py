"""This machine's clock is held against the database's, and a difference is said before pages come late."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from tests.web.test_health import samples
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
