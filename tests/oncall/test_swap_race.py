"""Two take the same swap at the same moment: exactly one carries it, the other hears who was quicker."""

from functools import partial

import pytest

from oncall import actions
from oncall.models import Override
from people.ledger.record import Actor
from tests.oncall.noon import Noon
from tests.racing import outcomes_at_once

RACES = 5


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_exactly_one_does():
    noon = Noon()
    takers = [noon.bo, noon.cy]
    for day in range(1, RACES + 1):
        swap = noon.ask(12, 15, day=day)

        def take(taker, *, swap=swap) -> None:
            actions.take_swap(swap=swap, taker=taker, by=Actor.person(taker), now=noon.now)

        outcomes = outcomes_at_once(*(partial(take, taker) for taker in takers))
        swap.refresh_from_db()
        refusals = zip(takers, outcomes, strict=True)
        ((loser, said),) = [(who, str(one)) for who, one in refusals if isinstance(one, actions.Refused)]
        assert swap.taker in takers
        assert swap.taker != loser
        assert f"{swap.taker} was quicker" in said
        assert list(Override.objects.filter(swap=swap).values_list("user", flat=True)) == [swap.taker_id]
        assert noon.on(day=day) == [f"{swap.taker.username} 12-15"]
