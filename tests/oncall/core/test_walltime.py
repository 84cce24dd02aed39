from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.walltime import first_instant, last_instant, wall_time
from tests.oncall.core.told import utc

ZONES = (
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Europe/London",
    "America/New_York",
    "UTC",
)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("America/Chicago", "2020-03-08T01:59", "2020-03-08T07:59"),
        ("America/Chicago", "2020-03-08T02:00", "2020-03-08T08:00"),
        ("America/Chicago", "2020-03-08T02:30", "2020-03-08T08:00"),
        ("America/Chicago", "2020-03-08T03:00", "2020-03-08T08:00"),
        ("Australia/Lord_Howe", "2020-10-04T02:15", "2020-10-03T15:30"),
        ("Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)
def test_a_wall_time_that_does_not_exist_is_the_first_instant_after_the_gap(zone, text, instant):
    assert first_instant(wall(text), ZoneInfo(zone)) == utc(instant)
    assert last_instant(wall(text), ZoneInfo(zone)) == utc(instant)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-10-26T00:59", "2025-10-25T23:59", "2025-10-25T23:59"),
        ("2025-10-26T01:00", "2025-10-26T00:00", "2025-10-26T01:00"),
        ("2025-10-26T01:59", "2025-10-26T00:59", "2025-10-26T01:59"),
        ("2025-10-26T02:00", "2025-10-26T02:00", "2025-10-26T02:00"),
    ],
)
def test_a_wall_time_that_exists_twice_begins_at_its_first_and_ends_at_its_last(text, first, last):
    london = ZoneInfo("Europe/London")
    assert first_instant(wall(text), london) == utc(first)
    assert last_instant(wall(text), london) == utc(last)


instants = st.integers(0, 30 * 366 * 24 * 60).map(
    lambda minutes: utc("2005-01-01") + timedelta(minutes=minutes)
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), instants)
def test_every_instant_lies_between_the_first_and_the_last_of_its_wall_time(zone, instant):
    there = ZoneInfo(zone)
    shown = wall_time(instant, there).replace(fold=0)
    assert first_instant(shown, there) <= instant <= last_instant(shown, there)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), instants, st.integers(1, 3000))
def test_a_later_wall_time_never_begins_earlier(zone, instant, minutes):
    there = ZoneInfo(zone)
    earlier = instant.replace(tzinfo=None)
    assert first_instant(earlier, there) <= first_instant(earlier + timedelta(minutes=minutes), there)
