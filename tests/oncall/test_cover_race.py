"""Two requests that race for the same hours: one cover is made, the other hears whose it is."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from oncall import actions
from oncall.core.definition import Definition
from oncall.models import Override
from people.actions import create_user
from people.ledger.record import Actor
from tests.racing import outcomes_at_once

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
    start = NOW + timedelta(hours=1)

    def race(n: int) -> Override:
        return actions.add_override(
            schedule=schedule,
            role="primary",
            start=start + timedelta(minutes=n),
            end=start + timedelta(hours=2),
            user=people[n],
            by=BY,
            now=NOW,
        )

    outcomes = outcomes_at_once(*(partial(race, n) for n in range(RACERS)))
    winner = Override.objects.get()
    refusals = [str(one) for one in outcomes if isinstance(one, actions.Refused)]
    assert len(refusals) == RACERS - 1
    assert all(str(winner.user) in refusal for refusal in refusals)
