from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, _zoneinfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.walltime import BLOCK, first_instant, last_instant, wall_time
from tests.oncall.core.told import utc

ZONES = (
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Europe/London",
    "America/New_York",
    "Antarctica/Troll",
    "Europe/Dublin",
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


def changes(zone) -> list[int]:
    """When the offset of a zone changes, in seconds since 1970, up to the rule of years to come."""
    offsets = [zone._tti_before.utcoff, *(one.utcoff for one in zone._ttinfos)]
    told = [at for at, (old, new) in zip(zone._trans_utc, pairwise(offsets), strict=True) if old != new]
    if isinstance(zone._tz_after, _zoneinfo._TZStr):
        coming = [at for year in range(2038, 2050) for at in sorted(zone._tz_after.transitions(year))]
        told += [at for at in coming if at > max(told, default=0)]
    return told


def test_no_zone_changes_its_offset_twice_within_a_block_of_days():
    """On this the conversion of steady days rests, for every zone that there is and ever was."""
    found = {name: changes(_zoneinfo.ZoneInfo.no_cache(name)) for name in available_timezones()}
    shortest = min(b - a for times in found.values() for a, b in pairwise(times))
    assert sum(map(len, found.values())) > 10_000
    assert shortest > BLOCK * 86_400 + 86_400


every_zone = st.sampled_from(sorted(available_timezones()))


@settings(max_examples=300, deadline=None)
@given(every_zone, st.datetimes(wall("1900-01-01"), wall("2100-01-01")))
def test_the_quick_way_gives_what_the_zone_itself_says(zone, shown):
    there = ZoneInfo(zone)
    one, other = (shown.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    first, last = first_instant(shown, there), last_instant(shown, there)
    if one <= other:
        assert (first, last) == (one, other)
    else:  # a gap: its end lies between the two, and clocks show it at neither
        assert other < first == last <= one
        assert wall_time(first, there) > shown > wall_time(first - timedelta(microseconds=1), there)


@settings(max_examples=300, deadline=None)
@given(every_zone, st.data())
def test_the_quick_way_gives_what_the_zone_says_around_its_changes(zone, data):
    there = ZoneInfo(zone)
    times = [at for at in changes(_zoneinfo.ZoneInfo.no_cache(zone)) if at > -(2**31)]
    if not times:
        return
    at = datetime.fromtimestamp(data.draw(st.sampled_from(times)), UTC)
    near = st.integers(-300, 300).map(lambda n: timedelta(minutes=20 * n))
    shown = wall_time(at + data.draw(near), there).replace(fold=0)
    one, other = (shown.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    first, last = first_instant(shown, there), last_instant(shown, there)
    assert (first, last) == (one, other) if one <= other else other < first == last <= one
