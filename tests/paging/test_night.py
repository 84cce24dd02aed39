from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging.core.night import after_night

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-21 21:59:59", "2026-11-21 21:59:59"),
        ("2026-11-21 22:00", "2026-11-22 08:00"),
        ("2026-11-22 00:00", "2026-11-22 08:00"),
        ("2026-11-22 07:59:59", "2026-11-22 08:00"),
        ("2026-11-22 08:00", "2026-11-22 08:00"),
        ("2026-10-24 23:00", "2026-10-25 08:00"),  # the clock goes back in this night
    ],
)
def test_night_is_from_ten_to_eight_on_the_persons_clock(now, then):
    now, then = (datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC) for text in (now, then))
    assert after_night(now, BERLIN) == then


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC"]),
)
def test_what_waits_for_the_end_of_a_night_waits_less_than_twelve_hours_and_comes_by_day(now, name):
    zone = ZoneInfo(name)
    then = after_night(now, zone)
    assert timedelta(0) <= then - now < timedelta(hours=12)
    assert 8 <= then.astimezone(zone).hour < 22
