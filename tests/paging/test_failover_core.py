from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging.core.delivery import ELSEWHERE, Accepted, Fault, Rejected, Round, State, settle
from paging.core.failover import REST, SLOW, Standing, in_order
from paging.core.retry import TRIES

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
AT_ONCE = timedelta(seconds=0.1)
NAMES = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


@given(NAMES, st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdef")))
def test_every_provider_is_asked_once_whoever_rests(names, at, resting):
    assert sorted(in_order(names, at=at, resting=resting)) == list(range(len(names)))


@given(NAMES, st.sampled_from("abcdefg"), st.sets(st.sampled_from("abcdef")))
def test_no_one_that_rests_is_asked_before_one_that_does_not(names, at, resting):
    rests = [names[place] in resting for place in in_order(names, at=at, resting=resting)]
    assert rests == sorted(rests)


@pytest.mark.parametrize(
    ("at", "order"), [("", "abc"), ("a", "abc"), ("b", "bca"), ("c", "cab"), ("gone", "abc")]
)
def test_it_begins_where_it_was_and_comes_round(at, order):
    assert "".join("abc"[place] for place in in_order("abc", at=at)) == order


@given(st.sampled_from(Fault), st.booleans(), st.booleans(), st.integers(1, TRIES + 1))
def test_the_next_provider_before_any_waiting_and_waiting_only_where_it_may_help(
    fault, elsewhere, hopeful, attempts
):
    within = Round(elsewhere=elsewhere, hopeful=hopeful)
    settled = settle(Rejected("no", fault), attempts=attempts, spread=0.5, now=NOW, within=within)
    others_may = fault in ELSEWHERE
    may_heal = fault is Fault.TEMPORARY or (fault is Fault.PROVIDER and hopeful)
    if others_may and elsewhere:
        assert settled.state is State.CLAIMED
    elif may_heal and attempts < TRIES:
        assert (settled.state, settled.due_at > NOW) == (State.PENDING, True)
    else:
        assert (settled.state, settled.due_at) == (State.FAILED, None)


def test_what_was_taken_is_sent_though_others_are_left():
    taken = settle(Accepted("a"), attempts=1, spread=0, now=NOW, within=Round(elsewhere=True))
    assert taken.state is State.SENT


@pytest.mark.parametrize(
    ("fault", "took", "rests"),
    [
        (Fault.PROVIDER, AT_ONCE, True),
        (Fault.TEMPORARY, AT_ONCE, False),
        (Fault.TEMPORARY, SLOW, True),
        (Fault.MESSAGE, SLOW, False),
        (Fault.ADDRESS, AT_ONCE, False),
        (Fault.OPTED_OUT, AT_ONCE, False),
    ],
)
def test_who_refuses_us_or_is_silent_rests(fault, took, rests):
    standing = Standing()
    standing.failed("a", fault, took=took, now=NOW)
    assert standing.resting(NOW) == (frozenset("a") if rests else frozenset())


def test_a_rest_ends_by_itself_and_by_a_success():
    standing = Standing()
    standing.failed("a", Fault.PROVIDER, took=AT_ONCE, now=NOW)
    assert standing.resting(NOW + REST - AT_ONCE) == {"a"}
    assert standing.resting(NOW + REST) == frozenset()
    assert standing.took("a")
    assert standing.resting(NOW) == frozenset()


def test_a_refusal_is_news_once_and_so_is_its_end():
    standing = Standing()
    refused = [standing.failed("a", Fault.PROVIDER, took=AT_ONCE, now=NOW) for _ in range(3)]
    assert refused == [True, False, False]
    assert [standing.took("a") for _ in range(2)] == [True, False]
    assert standing.failed("a", Fault.PROVIDER, took=AT_ONCE, now=NOW)


def test_being_busy_is_no_news():
    standing = Standing()
    assert not standing.failed("a", Fault.TEMPORARY, took=SLOW, now=NOW)
    assert not standing.took("a")
