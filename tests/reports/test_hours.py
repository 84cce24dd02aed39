"""The kinds of time: each moment is of one, whatever the clocks do."""

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.span import Span
from watchbill.reports.core.hours import Kind, by_kind, kind_at, night_of, nights

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EXAMPLES = int(os.environ.get("EXAMPLES", "30"))


def berlin(*wall):
    return datetime(*wall, tzinfo=BERLIN).astimezone(UTC)


def test_a_week_has_the_hours_that_one_counts_on_paper():
    # Seven nights of 10 h; Saturday and Sunday 8 to 22; five evenings of 4 h; five days of 10 h.
    week = Span(berlin(2025, 6, 2), berlin(2025, 6, 9))
    found = by_kind(week, BERLIN, frozenset())
    assert {kind: length // HOUR for kind, length in found.items()} == {
        Kind.SLEEP: 70,
        Kind.FREE: 28,
        Kind.OFF: 20,
        Kind.BUSINESS: 50,
    }


def test_a_holiday_takes_its_evening_and_its_business_hours():
    week = Span(berlin(2025, 6, 9), berlin(2025, 6, 16))
    found = by_kind(week, BERLIN, frozenset({date(2025, 6, 9)}))
    assert (found[Kind.FREE], found[Kind.OFF], found[Kind.BUSINESS]) == (42 * HOUR, 16 * HOUR, 40 * HOUR)


@pytest.mark.parametrize(("night", "hours"), [((2025, 3, 29), 9), ((2025, 10, 25), 11), ((2025, 6, 7), 10)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(night, hours):
    evening = berlin(*night, 22)
    ((_, found),) = [one for one in nights(Span(evening, evening + HOUR), BERLIN) if one[0] == date(*night)]
    assert (found.end - found.start) == hours * HOUR


def test_a_night_is_called_by_the_day_it_begins_on():
    assert night_of(berlin(2025, 6, 3, 22), BERLIN) == date(2025, 6, 3)
    assert night_of(berlin(2025, 6, 4, 7, 59), BERLIN) == date(2025, 6, 3)
    assert night_of(berlin(2025, 6, 4, 8), BERLIN) is None
    assert night_of(berlin(2025, 6, 3, 21, 59), BERLIN) is None


@settings(max_examples=EXAMPLES)
@given(
    into_the_year=st.integers(0, 353 * 24 * 60),
    minutes=st.integers(1, 4 * 24 * 60),
    zone=st.sampled_from(ZONES),
    holidays=st.frozensets(st.dates(date(2025, 1, 1), date(2025, 12, 31)), max_size=40),
)
def test_minute_by_minute_it_comes_to_the_same(into_the_year, minutes, zone, holidays):
    start = datetime(2025, 1, 1, tzinfo=UTC) + into_the_year * MINUTE
    found = by_kind(Span(start, start + minutes * MINUTE), zone, holidays)
    counted = dict.fromkeys(Kind, timedelta(0))
    for n in range(minutes):
        counted[kind_at(start + n * MINUTE, zone, holidays)] += MINUTE
    assert dict(found) == counted
