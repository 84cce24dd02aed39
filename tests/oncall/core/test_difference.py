"""Where two final schedules differ, compared with a dumb look at every hour."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oncall.core.difference import Difference, differences
from oncall.core.final import Shift

ZERO = datetime(2026, 3, 2, tzinfo=UTC)
HOURS = 24


def at(hour: int) -> datetime:
    return ZERO + timedelta(hours=hour)


@st.composite
def shifts(draw):
    edges = st.integers(0, HOURS)
    spans = draw(
        st.lists(
            st.tuples(st.sampled_from(["primary", "desk"]), st.sampled_from([None, 1, 2]), edges, edges),
            max_size=8,
        )
    )
    by_key = {}
    for role, user, one, other in spans:
        if one != other and not any(
            min(one, other) < e and s < max(one, other) for s, e in by_key.get((role, user), [])
        ):
            by_key.setdefault((role, user), []).append((min(one, other), max(one, other)))
    return [Shift(role, user, at(s), at(e)) for (role, user), found in by_key.items() for s, e in found]


def held(final, role, hour):
    return tuple(
        sorted(one.user for one in final if one.role == role and one.user and one.start <= at(hour) < one.end)
    )


@given(shifts(), shifts())
def test_every_hour_that_differs_is_in_one_difference_and_no_other_is(before, after):
    found = differences(before, after)
    for role in ("primary", "desk"):
        for hour in range(HOURS):
            old, new = held(before, role, hour), held(after, role, hour)
            told = [
                (one.before, one.after)
                for one in found
                if one.role == role and one.start <= at(hour) < one.end
            ]
            assert told == ([] if old == new else [(old, new)])


@given(shifts())
def test_what_is_the_same_does_not_differ(one):
    assert differences(one, list(reversed(one))) == []


def test_neighbours_that_say_the_same_are_one():
    before = [Shift("primary", 1, at(0), at(4)), Shift("primary", 1, at(4), at(8), "cover")]
    after = [Shift("primary", 2, at(0), at(8))]
    assert differences(before, after) == [Difference("primary", at(0), at(8), (1,), (2,))]
