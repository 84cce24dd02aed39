"""What an edit causes, and what it mends."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.core.finding import Finding, Level, atoms, news, summed
from tests.oncall.core.told import utc

NOW = utc("2026-03-02T10:00")
HOUR = timedelta(hours=1)


def gap(start, end, level=Level.WARNING, role="primary"):
    words = f"{role} {start} to {end}."
    return Finding(level, words, "", "gap", "S", role, start=NOW + start * HOUR, end=NOW + end * HOUR)


def share(user, grade):
    return Finding(Level.WARNING, f"{user} {grade}.", "", "share", "S", users=(user,), grade=grade)


@pytest.mark.parametrize(
    ("before", "after", "worse", "better"),
    [
        ([gap(1, 2)], [gap(1, 2)], [], []),
        ([gap(1, 3)], [gap(1, 2)], [], ["primary 1 to 3."]),
        ([gap(1, 2)], [gap(1, 3)], ["primary 1 to 3."], []),
        ([gap(1, 2)], [gap(1, 2, role="secondary")], ["secondary 1 to 2."], ["primary 1 to 2."]),
        ([gap(1, 2), gap(2, 3)], [gap(1, 3)], [], []),
        ([share("a", 1)], [share("a", 2)], ["a 2."], []),
        ([share("a", 1)], [share("a", 1), share("b", 1)], ["b 1."], []),
        ([], [gap(1, 2), gap(5, 6)], ["primary 1 to 2, and 1 more gaps."], []),
    ],
)
def test_what_an_edit_makes_worse_or_better(before, after, worse, better):
    found = news(summed(before), summed(after))
    assert [one.what for one in found.worse] == worse
    assert [one.what for one in found.better] == better


gaps = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)).map(lambda one: gap(one[0], sum(one))))


@given(gaps, gaps)
def test_news_of_gaps_is_new_time_without_cover(before, after):
    found = {hour for one in atoms(news(before, after).worse) for hour in _hours(one)}
    fresh = {hour for one in after for hour in _hours(one)} - {hour for one in before for hour in _hours(one)}
    assert fresh <= found
    assert bool(fresh) is bool(found)


@given(gaps)
def test_nothing_is_lost_in_a_sum_and_nothing_is_news_to_itself(found):
    assert atoms(summed(found)) == found
    assert news(found, found) == ([], [])


def _hours(one):
    first = int((one.start - NOW) / HOUR)
    return range(first, first + int((one.end - one.start) / HOUR))
