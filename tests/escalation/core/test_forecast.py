"""What a trial would add to a shift, and what is said of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.forecast import Carried, how_sure, next_morning, number, shift_length, span, verdict

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def carried(*, would=0, pages=0, shifts=4.0, ahead=4.0, budget=2):
    return Carried(
        role="primary of Payments", shifts=shifts, pages=pages, ahead=ahead, would=would, budget=budget
    )


def test_a_week_of_a_weekly_turn_is_what_it_adds_to_a_shift():
    assert carried(would=3).added(7 * DAY) == pytest.approx(3)
    assert carried(would=3).added(DAY) == pytest.approx(21)
    assert carried(would=3, ahead=28).added(7 * DAY) == pytest.approx(3 / 7)  # a turn of a day


def test_it_is_said_beside_what_there_is_and_what_the_team_wants():
    one = carried(would=16, pages=28, shifts=20, ahead=20, budget=2)
    assert one.said(7 * DAY) == (
        "primary of Payments: would add 3.2 pages a shift to 1.4 of a budget of 2: over"
    )
    assert carried(would=1, pages=2, budget=2).said(7 * DAY).endswith("to 0.5 of a budget of 2: within")
    assert carried(would=1, pages=20, budget=2).said(7 * DAY).endswith("over (over without it)")


@pytest.mark.parametrize(("would", "over"), [(1, False), (2, False), (3, True)])
def test_the_budget_is_what_a_shift_may_have_at_most(would, over):
    assert carried(would=would).is_over(7 * DAY) is over


@pytest.mark.parametrize(
    ("looked", "said"),
    [
        (timedelta(0), "After less than an hour it is too early to say what that comes to."),
        (HOUR, "After 1 hour it is too early to say what that comes to."),
        (12 * HOUR, "After 12 hours; a week says more."),
        (DAY, "After 1 day; a week says more."),
        (7 * DAY - HOUR, "After 6 days; a week says more."),
        (7 * DAY, ""),
    ],
)
def test_little_data_is_called_so(looked, said):
    assert how_sure(looked) == said


def test_the_verdict_says_what_to_do():
    week = {"looked": 7 * DAY}
    assert verdict([], incidents=0, pages=0, **week).startswith("It never fired in 7 days")
    assert verdict([], incidents=2, pages=0, **week).startswith("It fired and would have paged nobody")
    assert verdict([carried(would=9)], incidents=9, pages=9, **week).startswith("Over the budget")
    assert verdict([carried(would=1)], incidents=1, pages=1, **week) == "Within the budget: it can page."
    assert verdict([carried(would=1)], incidents=1, pages=1, looked=timedelta(0)).startswith("After less")
    assert "No shift" in verdict([], incidents=1, pages=1, **week)


def test_a_few_hours_that_somebody_covers_make_the_shift_no_shorter():
    week = [(MONDAY + 7 * n * DAY, MONDAY + 7 * (n + 1) * DAY) for n in range(4)]
    first, rest = week[0], week[1:]
    cover = first[0] + 2 * DAY
    pieces = [(first[0], cover), (cover, cover + 4 * HOUR), (cover + 4 * HOUR, first[1])]
    assert shift_length([*pieces, *rest]) == 7 * DAY
    assert shift_length([]) is None


@given(st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_half_of_the_time_is_spent_in_shifts_at_least_as_long(hours):
    length = shift_length([(MONDAY, MONDAY + each * HOUR) for each in hours])
    longer = sum(each for each in hours if each * HOUR >= length)
    shorter = sum(each for each in hours if each * HOUR <= length)
    assert 2 * longer >= sum(hours)
    assert 2 * shorter >= sum(hours)


def test_numbers_are_not_finer_than_what_is_known():
    assert [number(value) for value in (0, 0.01, 0.05, 1, 12.34)] == [
        "0.0",
        "under 0.1",
        "0.1",
        "1.0",
        "12.3",
    ]
    assert [span(one) for one in (HOUR, 5 * HOUR, DAY, 7 * DAY + HOUR)] == [
        "1 hour", "5 hours", "1 day", "7 days",
    ]  # fmt: skip


BERLIN = ZoneInfo("Europe/Berlin")


@given(
    st.integers(0, 3 * 365 * 86_400),
    st.sampled_from(["Europe/Berlin", "Asia/Tokyo", "UTC"]),
)
def test_a_morning_is_the_next_nine_o_clock_there(seconds, name):
    zone, after = ZoneInfo(name), MONDAY + timedelta(seconds=seconds)
    found = next_morning(after, zone)
    assert found.astimezone(zone).strftime("%H:%M:%S") == "09:00:00"
    assert timedelta(0) < found - after <= 25 * HOUR


def test_nine_o_clock_itself_is_past():
    nine = datetime(2026, 3, 28, 9, tzinfo=BERLIN)  # the clock is put forward in the night to come
    assert next_morning(nine, BERLIN) == datetime(2026, 3, 29, 9, tzinfo=BERLIN)
    assert next_morning(nine - timedelta(microseconds=1), BERLIN) == nine
