"""Two take the same swap at the same moment: exactly one carries it, the other hears who was quicker."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from oncall import actions
from oncall.models import Override
from people.ledger.record import Actor
from tests.oncall.noon import Noon

RACES = 5


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_exactly_one_does():
    noon = Noon()
    takers = [noon.bo, noon.cy]
    for day in range(1, RACES + 1):
        swap, line, refusals = noon.ask(12, 15, day=day), Barrier(len(takers)), []

        def race(taker, *, swap=swap, line=line, refusals=refusals) -> None:
            try:
                line.wait(timeout=10)
                actions.take_swap(swap=swap, taker=taker, by=Actor.person(taker), now=noon.now)
            except actions.Refused as refusal:
                refusals.append((taker, str(refusal)))
            finally:
                connection.close()

        threads = [Thread(target=race, args=(taker,)) for taker in takers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        swap.refresh_from_db()
        ((loser, said),) = refusals
        assert swap.taker in takers
        assert swap.taker != loser
        assert f"{swap.taker} was quicker" in said
        assert list(Override.objects.filter(swap=swap).values_list("user", flat=True)) == [swap.taker_id]
        assert noon.on(day=day) == [f"{swap.taker.username} 12-15"]
