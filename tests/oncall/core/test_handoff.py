"""Handoffs out of shifts, and who is to be told what of them and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.core.final import Shift
from oncall.core.handoff import (
    Handoff,
    Stint,
    asked_at,
    due_lead,
    handoffs,
    holding,
    needs_no_warning,
    stints,
)

T0 = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
LEADS = (WEEK, DAY, HOUR)
A, B, C = 1, 2, 3


def h(hours: float) -> datetime:
    return T0 + hours * HOUR


def shift(user: int | None, start: float, end: float, role: str = "primary", override: str = "") -> Shift:
    return Shift(role, user, h(start), h(end), override)


def found(*shifts: Shift, since: float = 0, until: float = 200) -> list[Handoff]:
    return handoffs(stints(shifts), h(since), h(until))


def told(*shifts: Shift) -> list[tuple[float, tuple[int, ...], tuple[int, ...], bool]]:
    return [((one.at - T0) / HOUR, one.outgoing, one.incoming, one.asks) for one in found(*shifts)]


def test_a_role_passes_from_one_to_the_next():
    assert told(shift(A, 0, 24), shift(B, 24, 48), shift(A, 48, 300)) == [
        (24, (A,), (B,), True),
        (48, (B,), (A,), True),
    ]


def test_who_goes_on_over_a_turn_or_an_override_has_no_handoff():
    assert told(shift(A, 0, 24), shift(A, 24, 48, override="cover"), shift(A, 48, 300)) == []


def test_the_edges_of_what_was_looked_at_are_no_handoffs():
    assert found(shift(A, 0, 24), shift(B, 24, 48), since=24, until=48) == []
    assert [one.at for one in found(shift(A, 0, 24), shift(B, 24, 48), since=23, until=48)] == [h(24)]


def test_a_gap_begins_and_ends():
    assert told(shift(A, 0, 24), shift(None, 24, 30), shift(B, 30, 300)) == [
        (24, (A,), (), False),
        (30, (), (B,), False),
    ]


def test_a_second_person_joins_and_leaves():
    assert told(shift(A, 0, 300), shift(B, 24, 48)) == [(24, (), (B,), False), (48, (B,), (), False)]


@pytest.mark.parametrize(("hours", "asks"), [(7.99, False), (8, True), (8.01, True)])
def test_a_note_is_asked_for_where_the_next_shift_lasts_eight_hours(hours, asks):
    [first, *_] = told(shift(A, 0, 24), shift(B, 24, 24 + hours), shift(C, 24 + hours, 300))
    assert first == (24, (A,), (B,), asks)


def test_a_cover_of_a_few_hours_asks_nobody_neither_way():
    assert told(shift(A, 0, 24), shift(B, 24, 27, override="cover"), shift(A, 27, 300)) == [
        (24, (A,), (B,), False),
        (27, (B,), (A,), False),
    ]


def test_a_shadow_has_notices_and_is_never_asked():
    assert told(shift(A, 0, 24, "shadow"), shift(B, 24, 300, "shadow")) == [(24, (A,), (B,), False)]


def test_roles_are_handed_over_each_by_itself():
    both = [shift(A, 0, 24), shift(B, 24, 300), shift(B, 0, 24, "secondary"), shift(A, 24, 300, "secondary")]
    assert [(one.role, one.incoming) for one in found(*both)] == [("primary", (B,)), ("secondary", (A,))]


def test_after_an_outage_only_the_last_handoff_holds():
    """R19: daily turns of three; A was on when the engine stopped, four turns ago; B is on."""
    turns = [shift(A, 0, 24), shift(B, 24, 48), shift(C, 48, 72), shift(A, 72, 96), shift(B, 96, 120)]
    carried = stints([*turns, shift(C, 120, 300)])
    past = handoffs(carried, h(0.5), h(96.5))
    assert len(past) == 4
    assert [(hold.on, hold.off) for hold in holding(past, carried, h(96.5))] == [
        ((), ()),
        ((), ()),
        ((), ()),
        ((B,), (A,)),
    ]


def test_who_joined_in_an_outage_and_is_on_still_hears_of_it():
    carried = stints([shift(A, 0, 48), shift(B, 24, 300)])
    past = handoffs(carried, h(1), h(49))
    assert [(hold.on, hold.off) for hold in holding(past, carried, h(49))] == [((B,), ()), ((), (A,))]


@pytest.mark.parametrize(
    ("before", "lead"),
    [
        (WEEK + HOUR, None),
        (WEEK, WEEK),
        (DAY + HOUR, WEEK),
        (DAY, DAY),
        (HOUR, HOUR),
        (timedelta(seconds=1), HOUR),
        (timedelta(0), None),
        (-HOUR, None),
    ],
)
def test_of_the_leads_that_have_come_the_shortest_counts_and_none_from_the_start_on(before, lead):
    assert due_lead(LEADS, T0, T0 - before) == lead


def test_no_leads_are_no_reminders():
    assert due_lead([], T0, T0 - HOUR) is None


def test_who_is_on_every_other_day_needs_no_weeks_warning():
    turns = stints([shift(A if n % 2 == 0 else B, 24 * n, 24 * n + 24) for n in range(10)])
    first = Stint("primary", A, h(96), h(120))
    assert needs_no_warning(turns, first, WEEK)
    assert not needs_no_warning(turns, first, DAY)
    assert needs_no_warning(turns, first, DAY + timedelta(seconds=1))
    assert not needs_no_warning(turns, first._replace(role="secondary"), WEEK)


@pytest.mark.parametrize(("began", "asked"), [(-200, 76), (0, 76), (52, 76), (76, 88), (94, 97)])
def test_who_goes_off_is_asked_a_day_before_and_not_in_the_first_half_of_a_shift(began, asked):
    carried = stints([shift(A, began, 100), shift(B, 100, 300)])
    [one] = handoffs(carried, h(99), h(101))
    assert asked_at(carried, one, A) == h(asked)


USERS = st.sets(st.integers(1, 4), max_size=3)


@given(st.lists(USERS, min_size=2, max_size=40), st.integers(0, 39), st.integers(0, 40))
def test_handoffs_are_where_the_people_of_two_neighbouring_hours_differ(hours, since, until):
    """A dumb oracle: who is on in each hour, compared hour by hour."""
    shifts = [shift(user, n, n + 1) for n, on in enumerate(hours) for user in (on or {None})]
    expected = [
        (h(n), tuple(sorted(hours[n - 1] - hours[n])), tuple(sorted(hours[n] - hours[n - 1])))
        for n in range(1, len(hours))
        if since < n < min(until, len(hours)) and hours[n - 1] != hours[n]
    ]
    assert [
        (one.at, one.outgoing, one.incoming)
        for one in found(*shifts, since=since, until=min(until, len(hours)))
    ] == expected
