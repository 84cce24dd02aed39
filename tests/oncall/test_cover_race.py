"""Two requests that race for the same hours: one cover is made, the other hears whose it is."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from oncall import actions
from oncall.core.definition import Definition
from oncall.models import Override
from people.actions import create_user
from people.ledger.record import Actor

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
BY = Actor("the tests")
RACERS = 4


@pytest.mark.django_db(transaction=True)
def test_of_covers_that_race_exactly_one_is_made():
    people = [create_user(username=f"racer{n}", by=BY, now=NOW) for n in range(RACERS)]
    schedule = actions.create_schedule(
        name="Raced",
        team=None,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": {"primary": {"layers": []}}}),
        by=BY,
        now=NOW,
    )
    start, line, refusals = NOW + timedelta(hours=1), Barrier(RACERS), []

    def race(n: int) -> None:
        try:
            line.wait(timeout=10)
            actions.add_override(
                schedule=schedule,
                role="primary",
                start=start + timedelta(minutes=n),
                end=start + timedelta(hours=2),
                user=people[n],
                by=BY,
                now=NOW,
            )
        except actions.Refused as refusal:
            refusals.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=race, args=(n,)) for n in range(RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    winner = Override.objects.get()
    assert len(refusals) == RACERS - 1
    assert all(str(winner.user) in refusal for refusal in refusals)
