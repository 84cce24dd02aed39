"""A web worker that has many connections leaves the next one to a worker that has few."""

from watchbill.processes.balance import BELIEVED, MORE, SLOTS, Board


def test_whoever_has_more_leaves_the_next_one():
    board = Board()
    board.say(1, 5, now=100.0)
    board.say(2, 5 + MORE, now=100.0)
    assert board.has_too_many(2, 5 + MORE, now=100.5)
    assert not board.has_too_many(1, 5, now=100.5)
    assert not board.has_too_many(2, 5 + MORE - 1, now=100.5)


def test_nobody_waits_for_one_that_is_silent_or_is_alone():
    board = Board()
    assert not board.has_too_many(1, 1000, now=100.0)
    board.say(1, 1000, now=100.0)
    assert not board.has_too_many(1, 1000, now=100.0)
    board.say(2, 0, now=100.0)
    assert board.has_too_many(1, 1000, now=100.0)
    assert not board.has_too_many(1, 1000, now=100.0 + BELIEVED)


def test_a_worker_that_is_started_anew_has_a_slot():
    board = Board()
    board.say(SLOTS + 1, 3, now=100.0)
    assert not board.has_too_many(SLOTS + 1, 3, now=100.0)
    assert board.has_too_many(2, 3 + MORE, now=100.0)
