"""How long a page kept somebody, told by hand."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oncall.compensation.core.callouts import limited
from oncall.compensation.core.engaged import Acted, Cause, Did, Freed, Paged, engagements

NIGHT = datetime(2025, 6, 3, 2, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FOUR_HOURS = timedelta(hours=4)


def after(minutes):
    return NIGHT + minutes * MINUTE


def paged(page, minutes, stopped=None, last=None):
    last = minutes if last is None else last
    at = None if stopped is None else after(stopped)
    return Paged(page=page, at=after(minutes), last=after(last), stopped=at)


def took(minutes):
    return Acted(at=after(minutes), what="acknowledged", did=Did.TOOK)


def wrote(minutes, what="note"):
    return Acted(at=after(minutes), what=what, did=Did.WROTE)


def passed(minutes, what="escalated"):
    return Acted(at=after(minutes), what=what, did=Did.PASSED)


def freed(minutes, why="resolved by Bo"):
    return Freed(at=after(minutes), why=why)


def told(*pages, acted=(), free=(), now=10_000):
    return engagements(Cause(pages=pages, acted=acted, freed=free), now=after(now))


def minutes_of(found):
    return [((one.span.start - NIGHT) // MINUTE, (one.span.end - NIGHT) // MINUTE) for one in found]


def lasted(*pages, **more):
    return minutes_of(told(*pages, **more))


def test_who_answers_has_it_in_hand_until_it_is_resolved_also_by_another():
    (found,) = told(paged(1, 0, 3), acted=[took(3)], free=[freed(50)])
    assert minutes_of([found]) == [(0, 50)]
    assert (found.pages, found.ended_by) == ((1,), "resolved by Bo")


def test_what_they_write_soon_after_the_resolve_counts_and_the_next_morning_does_not():
    assert lasted(paged(1, 0, 3), acted=[took(3), wrote(55)], free=[freed(50)]) == [(0, 55)]
    assert lasted(paged(1, 0, 3), acted=[took(3), wrote(200)], free=[freed(50)]) == [(0, 50)]


def test_who_hands_it_on_is_free_then():
    assert lasted(paged(1, 0, 3), acted=[took(3), passed(9)], free=[freed(90)]) == [(0, 9)]


def test_who_does_nothing_is_free_when_the_paging_stops_or_ten_minutes_after_the_last_message():
    assert lasted(paged(1, 0, 7), free=[freed(90)]) == [(0, 7)]
    assert lasted(paged(1, 0, 300, last=5), free=[freed(300)]) == [(0, 15)]
    assert lasted(paged(1, 0)) == [(0, 10)]


def test_who_answers_late_what_nobody_else_did_has_been_at_it_from_the_first_message_on():
    assert lasted(paged(1, 0, 80, last=5), acted=[took(80)], free=[freed(95)]) == [(0, 95)]
    assert lasted(paged(1, 0, 80, last=5), acted=[wrote(80, "resolved")], free=[freed(80)]) == [(0, 80)]


def test_who_writes_about_what_another_answered_long_ago_is_not_called_out_by_it():
    assert lasted(paged(1, 0, 3), acted=[wrote(180)], free=[freed(200)]) == [(0, 3)]


def test_what_is_put_off_is_no_work_and_its_next_page_or_answer_begins_another():
    snoozed = freed(20, "snoozed by Ana")
    found = lasted(
        paged(1, 0, 3), paged(2, 120, 122),
        acted=[took(3), passed(20, "snoozed"), took(122)], free=[snoozed, freed(150)],
    )  # fmt: skip
    assert found == [(0, 20), (120, 150)]
    early = told(paged(1, 0, 3), acted=[took(3), passed(20, "snoozed"), took(90)], free=[snoozed, freed(99)])
    assert minutes_of(early) == [(0, 20), (90, 99)]
    assert {one.pages for one in early} == {(1,)}


def test_a_note_while_it_is_put_off_does_not_take_it_up():
    found = lasted(
        paged(1, 0, 3), acted=[took(3), passed(20, "snoozed"), wrote(25)],
        free=[freed(20, "snoozed by Ana"), freed(400)],
    )  # fmt: skip
    assert found == [(0, 25)]


def test_who_is_given_it_by_nobody_any_more_is_free():
    for why in ("reassigned by Mia", "the acknowledgement ran out"):
        (found,) = told(paged(1, 0, 3), acted=[took(3)], free=[freed(33, why), freed(200)])
        assert (minutes_of([found]), found.ended_by) == ([(0, 33)], why)


def test_what_is_still_in_hand_lasts_until_now_and_the_plan_says_how_much_of_it_counts():
    found = told(paged(1, 0, 3), paged(2, 600, 601), acted=[took(3), took(601)], now=630)
    assert minutes_of(found) == [(0, 630)]
    assert found[0].ended_by == "acknowledged; not over yet"
    four = limited(found, FOUR_HOURS)
    assert (minutes_of(four), [one.pages for one in four]) == ([(0, 240), (600, 630)], [(1,), (2,)])
    assert four[0].ended_by == "the longest that counts"
    assert minutes_of(limited(found, 3 * FOUR_HOURS)) == [(0, 630)]


def test_a_page_within_it_belongs_to_it():
    (found,) = told(paged(1, 0, 3), paged(2, 40, 41), acted=[took(3), took(41)], free=[freed(60)])
    assert (minutes_of([found]), found.pages) == ([(0, 60)], (1, 2))


def test_the_order_in_which_it_is_told_changes_nothing():
    pages = [paged(1, 0, 3), paged(2, 40, 41), paged(3, 200, 220)]
    acted = [took(3), took(41), wrote(55), wrote(202)]
    free = [freed(50), freed(220)]
    there = told(*pages, acted=acted, free=free)
    assert there == told(*reversed(pages), acted=acted[::-1], free=free[::-1])
    assert minutes_of(there) == [(0, 55), (200, 210)]


minutes = st.integers(0, 600)
told_pages = st.lists(
    st.tuples(minutes, st.none() | st.integers(0, 90), st.integers(0, 30)), min_size=1, max_size=5
).map(
    lambda drawn: [
        paged(n, at, None if stopped is None else at + stopped, last=at + last)
        for n, (at, stopped, last) in enumerate(drawn)
    ]
)
told_acts = st.lists(st.one_of(minutes.map(took), minutes.map(wrote), minutes.map(passed)), max_size=6)
told_ends = st.lists(
    st.tuples(minutes, st.booleans()).map(lambda drawn: Freed(at=after(drawn[0]), why="x", ran_out=drawn[1])),
    max_size=4,
)


@given(pages=told_pages, acted=told_acts, free=told_ends, random=st.randoms(use_true_random=False))
def test_whatever_happens_each_page_keeps_somebody_once_and_no_minute_is_counted_twice(
    pages, acted, free, random
):
    found = told(*pages, acted=acted, free=free, now=700)
    mixed = [list(each) for each in (pages, acted, free)]
    for each in mixed:
        random.shuffle(each)
    assert minutes_of(told(*mixed[0], acted=mixed[1], free=mixed[2], now=700)) == minutes_of(found)
    assert {page for one in found for page in one.pages} == {one.page for one in pages}
    for one in found:
        assert one.span.start <= one.span.end
        assert len(one.pages) == len(one.paged)
        assert one.span.start == one.paged[0]
        assert all(at <= max(one.span.end, one.paged[0]) for at in one.paged)
    assert all(a.span.end <= b.span.start for a, b in itertools.pairwise(found))
    acts = {at for each in acted for at in [each.at]} | {one.at for one in free}
    listened = {one.heard_until for one in pages}
    assert {one.span.end for one in found} <= acts | listened | {after(700)}, (
        "an end is something that happened"
    )


@given(pages=told_pages, acted=told_acts, free=told_ends, longest=st.integers(1, 300))
def test_none_is_longer_than_the_plan_says_and_no_page_is_lost_by_that(pages, acted, free, longest):
    found = told(*pages, acted=acted, free=free, now=700)
    cut = limited(found, longest * MINUTE)
    assert all(one.span.end - one.span.start <= longest * MINUTE for one in cut)
    assert [page for one in cut for page in one.pages] == [page for one in found for page in one.pages]
    assert minutes_of(limited(cut, longest * MINUTE)) == minutes_of(cut)
    assert all(any(a.span.start <= b.span.start and b.span.end <= a.span.end for a in found) for b in cut)
