"""What time it is for a process whose own clock is wrong. No clock of the machine is touched."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from people import clock

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LITTLE = timedelta(seconds=30)  # what a busy machine may need for a line of a test


def near(one, other):
    return abs(one - other) < LITTLE


def test_as_long_as_nobody_said_otherwise_this_machine_is_right():
    with time_machine.travel(NOON, tick=False):
        assert clock.now() == NOON


@pytest.mark.parametrize("wrong_by", [timedelta(minutes=-2), timedelta(minutes=2), timedelta(days=400)])
def test_a_clock_that_is_wrong_is_not_looked_at_again_also_when_it_is_put_right(wrong_by):
    with time_machine.travel(NOON + wrong_by):
        clock.follow(NOON)
        assert near(clock.now(), NOON)
        before = clock.now()
    with time_machine.travel(NOON):
        assert near(clock.now(), NOON)
        assert clock.now() >= before


def test_the_last_word_counts():
    with time_machine.travel(NOON):
        clock.follow(NOON + timedelta(hours=1))
        clock.follow(NOON + timedelta(hours=2))
        assert near(clock.now(), NOON + timedelta(hours=2))
        clock.trust_this_machine()
        assert near(clock.now(), NOON)
