"""What several threads ask at the same moment is asked once, and each is told its own."""

from functools import partial
from threading import Event

import pytest
from structlog.testing import capture_logs

from people import together as module
from people.together import Together
from tests.racing import POLL, Race, outcomes_at_once


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Until a test has all of them together, also on a slow machine."""
    monkeypatch.setattr(module, "WAITS", 60)


class Asked:
    """Answers twice as much, once it is let; remembers what was asked together."""

    def __init__(self):
        self.calls, self.begun, self.let = [], Event(), Event()

    def __call__(self, numbers):
        self.calls.append(list(numbers))
        self.begun.set()
        assert self.let.wait(60)
        if -1 in numbers:
            raise ValueError("minus one")
        return [2 * number for number in numbers]


def asked_while_one_is(asked, numbers, *, most=16):
    """What is said to each of `numbers`, all of which come while the first one is asked for."""
    together = Together(asked, most=most)
    first = Race([partial(together.ask, 0)])
    first.start()
    assert asked.begun.wait(60)
    others = [Race([partial(together.ask, number)]) for number in numbers]
    for waiting, race in enumerate(others, start=1):
        race.start()
        while len(together._waiting) < waiting:
            race.threads[0].join(POLL)
    asked.let.set()
    assert first.ended() == [0]
    return [race.ended()[0] for race in others]


def test_who_finds_nobody_asking_asks_at_once():
    asked = Asked()
    asked.let.set()
    together = Together(asked, most=16)
    assert [together.ask(number) for number in (1, 2)] == [2, 4]
    assert asked.calls == [[1], [2]]


def test_who_comes_meanwhile_is_asked_for_with_all_who_wait():
    asked = Asked()
    assert asked_while_one_is(asked, [1, 2, 3]) == [2, 4, 6]
    assert asked.calls == [[0], [1, 2, 3]]


def test_it_is_asked_for_no_more_than_so_many_and_in_their_order():
    asked = Asked()
    assert asked_while_one_is(asked, [1, 2, 3, 4, 5], most=2) == [2, 4, 6, 8, 10]
    assert asked.calls == [[0], [1, 2], [3, 4], [5]]


def test_what_is_wrong_with_one_is_no_matter_of_the_others():
    asked = Asked()
    with capture_logs() as logs:
        one, bad, three = asked_while_one_is(asked, [1, -1, 3])
    assert [(line["fault"], line["of"]) for line in logs] == [("ValueError", 3)]
    assert (one, three) == (2, 6)
    assert isinstance(bad, ValueError)
    assert asked.calls[:2] == [[0], [1, -1, 3]]
    assert sorted(asked.calls[2:]) == [[-1], [1], [3]]


def test_nor_of_those_who_came_meanwhile():
    asked = Asked()
    outcomes = asked_while_one_is(asked, [1, -1, 3, 4], most=2)
    assert (outcomes[0], outcomes[2], outcomes[3]) == (2, 6, 8)
    assert asked.calls[:2] == [[0], [1, -1]]
    assert sorted(asked.calls[2:]) == [[-1], [1], [3], [4]]


def test_for_a_while_after_that_each_asks_for_itself(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    together = Together(lambda numbers: [2 * number for number in numbers], most=16)
    together._alone_until = 100.5
    together._somebody_asks = True  # and would be waited for, in vain
    assert together.ask(1) == 2
    assert together._alone_until == 100.5
    now[0], together._somebody_asks = 101.0, False
    assert together.ask(1) == 2


def test_who_asks_for_long_holds_up_no_other(monkeypatch):
    monkeypatch.setattr(module, "WAITS", 0.05)
    asked = Asked()
    slow = Together(lambda numbers: asked(numbers) if 0 in numbers else [2 * n for n in numbers], most=16)
    first = Race([partial(slow.ask, 0)])
    first.start()
    assert asked.begun.wait(60)
    assert slow.ask(1) == 2
    assert not slow._waiting
    assert slow._alone_until > 0.0
    asked.let.set()
    assert first.ended() == [0]
    assert not slow._somebody_asks


def test_who_is_asked_for_waits_for_its_answer_however_long_that_takes(monkeypatch):
    """It may be written already, and would be written twice."""
    monkeypatch.setattr(module, "WAITS", 0.05)
    asked = Asked()
    together = Together(asked, most=16)
    together._somebody_asks = True
    race = Race([partial(together.ask, 1)])
    race.start()
    while not together._waiting:
        race.threads[0].join(POLL)
    (turn,) = together._others()
    race.threads[0].join(3 * module.WAITS)
    assert race.threads[0].is_alive()
    turn.told.append(2)
    turn.end()
    assert race.ended() == [2]
    assert asked.calls == []


def test_who_fails_alone_hears_why_and_the_next_one_is_asked_for():
    asked = Asked()
    asked.let.set()
    together = Together(asked, most=16)
    with pytest.raises(ValueError, match="minus one"):
        together.ask(-1)
    assert together.ask(4) == 8
    assert together._alone_until == 0.0


def test_an_answer_too_few_is_a_fault():
    together = Together(lambda numbers: [], most=16)
    with pytest.raises(ValueError, match="zip"):
        together.ask(1)


def test_many_threads_each_hear_their_own():
    together = Together(lambda numbers: [2 * number for number in numbers], most=3)

    def some(first):
        return [together.ask(number) for number in range(first, first + 200)]

    outcomes = outcomes_at_once(*(partial(some, 1000 * thread) for thread in range(8)))
    assert outcomes == [
        [2 * number for number in range(1000 * thread, 1000 * thread + 200)] for thread in range(8)
    ]
