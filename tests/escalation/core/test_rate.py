"""How much comes within a minute, and how long it takes until there is room again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.rate import Came

COUNTS = st.integers(0, 100_000)


def later(came: Came, seconds: int) -> Came:
    """The same if nothing comes for so long: the slow way."""
    current, before, elapsed = came.current, came.before, came.elapsed + seconds
    while elapsed >= 60:
        current, before, elapsed = 0, current, elapsed - 60
    return Came(current, before, elapsed)


@given(COUNTS, COUNTS, st.floats(0, 59.999), st.integers(1, 50_000))
def test_after_the_wait_there_is_room_and_a_second_earlier_there_is_not(current, before, elapsed, limit):
    came = Came(current, before, elapsed)
    wait = came.wait(limit)
    assert 0 <= wait <= 121
    if came.rate < limit:
        assert wait == 0
        return
    assert wait >= 1
    slack = 1e-6 * (current + before + 1)
    assert later(came, wait).rate < limit + slack
    if wait > 1:
        assert later(came, wait - 1).rate >= limit - slack


@given(COUNTS, COUNTS, st.floats(0, 59.999))
def test_without_a_limit_nothing_waits(current, before, elapsed):
    assert Came(current, before, elapsed).wait(0) == 0


def test_the_last_minute_goes_out_of_sight_evenly():
    assert Came(10, 60, 0).rate == 70
    assert Came(10, 60, 30).rate == 40
    assert Came(10, 60, 59).rate == pytest.approx(11)
