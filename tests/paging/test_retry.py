from datetime import UTC, datetime, timedelta

import pytest

from paging.core import retry
from paging.core.delivery import Accepted, Fault, Rejected, State, settle
from paging.models import Notification

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
BUSY = Rejected("busy", fault=Fault.TEMPORARY)


def after(answer, attempts: int = 1):
    return settle(answer, attempts=attempts, spread=0, now=NOW)


def test_what_the_provider_took_is_sent():
    assert after(Accepted("twilio", "SM1")).state is State.SENT


def test_what_was_refused_for_good_is_not_tried_again():
    settled = after(Rejected("no such number", fault=Fault.MESSAGE))
    assert (settled.state, settled.reason, settled.due_at) == (State.FAILED, "no such number", None)


def test_what_failed_for_now_waits_longer_each_time():
    waits = [after(BUSY, attempts).due_at - NOW for attempts in range(1, retry.TRIES)]
    assert waits == sorted(set(waits))
    assert waits[0] <= timedelta(seconds=3)
    assert sum(waits, timedelta(0)) < timedelta(minutes=2)


def test_tries_are_bounded():
    assert after(BUSY, retry.TRIES - 1).state is State.PENDING
    assert after(BUSY, retry.TRIES).state is State.FAILED
    assert after(BUSY, retry.TRIES + 1).state is State.FAILED


@pytest.mark.parametrize("spread", [0, 0.5, 1])
def test_a_spread_lengthens_a_wait_by_a_quarter_at_most(spread):
    assert retry.WAITS[0] <= retry.next_try(attempts=1, spread=spread) <= retry.WAITS[0] * 1.25


def test_the_rows_know_the_same_states():
    assert {state.value for state in State} == set(Notification.State.values)
