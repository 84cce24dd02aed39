"""How often somebody was interrupted: pages close together count once."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from paging.core.interruptions import WITHIN, Interruption, Reached, interruptions

NIGHT = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)


def paged(page, seconds, cause="incident:1"):
    return Reached(at=NIGHT + timedelta(seconds=seconds), page=page, cause=cause)


def counted(*pages):
    return [one.pages for one in interruptions(pages)]


def test_the_pages_of_the_next_ten_minutes_belong_to_the_first():
    (one,) = interruptions([paged(1, 0), paged(2, 599, "incident:2"), paged(3, 30)])
    assert one == Interruption(first=NIGHT, pages=(1, 3, 2), causes=("incident:1", "incident:2"))


def test_one_that_comes_ten_minutes_after_the_first_begins_another():
    assert counted(paged(1, 0), paged(2, 600)) == [(1,), (2,)]


def test_a_night_of_pages_every_few_minutes_is_no_single_interruption():
    assert counted(*(paged(n, n * 300) for n in range(6))) == [(0, 1), (2, 3), (4, 5)]


def test_nobody_who_was_not_paged_was_interrupted():
    assert interruptions([]) == []


def second_by_second(pages):
    """A dumb oracle: each second of the night, told from the first on."""
    found, open_until = [], -1
    for second in range(4000):
        for one in sorted(pages):
            if one.at != NIGHT + timedelta(seconds=second):
                continue
            if second >= open_until:
                found.append([])
                open_until = second + 600
            found[-1].append(one.page)
    return [tuple(each) for each in found]


@given(st.lists(st.integers(0, 3999), max_size=12), st.randoms(use_true_random=False))
def test_as_somebody_with_a_stop_watch_would_count_them(seconds, random):
    pages = [paged(n, at, f"incident:{at % 3}") for n, at in enumerate(seconds)]
    mixed = list(pages)
    random.shuffle(mixed)
    found = interruptions(mixed)
    assert [one.pages for one in found] == second_by_second(pages)
    assert sorted(page for one in found for page in one.pages) == list(range(len(pages)))
    assert all(b.first - a.first >= WITHIN for a, b in itertools.pairwise(found))
    about = {one.page: one.cause for one in pages}
    for one in found:
        assert list(one.causes) == list(dict.fromkeys(about[page] for page in one.pages))
