from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.span import Span, intersection, subtraction, union

ZERO = datetime(2025, 1, 1, tzinfo=UTC)


def span(start: int, end: int) -> Span:
    return Span(ZERO + timedelta(hours=start), ZERO + timedelta(hours=end))


def hours(spans):
    """The oracle: a set of whole hours."""
    return {n for one in spans for n in range(-1, 60) if one.start <= ZERO + timedelta(hours=n) < one.end}


spans = st.lists(st.builds(span, st.integers(0, 40), st.integers(0, 40)), max_size=6)


def test_touching_spans_become_one_and_empty_ones_vanish():
    assert union([span(2, 3), span(1, 2), span(5, 5), span(7, 6)]) == [span(1, 3)]


def test_spans_that_only_touch_have_nothing_in_common():
    assert intersection([span(1, 2)], [span(2, 3)]) == []


def test_a_span_taken_from_the_middle_leaves_two():
    assert subtraction([span(0, 9)], [span(3, 4)]) == [span(0, 3), span(4, 9)]


@settings(max_examples=60, deadline=None)
@given(spans, spans)
def test_the_algebra_is_that_of_sets_of_hours(one, other):
    one, other = union(one), union(other)
    assert hours(union(one + other)) == hours(one) | hours(other)
    assert hours(intersection(one, other)) == hours(one) & hours(other)
    assert hours(subtraction(one, other)) == hours(one) - hours(other)
    for result in (union(one + other), intersection(one, other), subtraction(one, other)):
        assert all(part.start < part.end for part in result)
        assert all(left.end <= right.start for left, right in pairwise(result))
