"""When a schedule announces who is on call, over clock changes too, and the words it uses."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.core.announcing import (
    Standing,
    duty,
    moment,
    next_at,
    read_days,
    said,
    spelled,
    standing,
    when,
)
from oncall.core.final import Shift
from tests.oncall.core.told import utc

WEDNESDAY = utc("2021-07-07T11:00")
EVERY_DAY = range(7)
STEP = timedelta(minutes=15)
BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
NEAR_CHANGES = {
    "Australia/Lord_Howe": ("2025-04-02", "2025-10-01"),
    "Pacific/Apia": ("2011-12-24", "2011-12-28"),
    "Africa/Casablanca": ("2025-02-19", "2025-04-02"),
    "Antarctica/Troll": ("2025-03-26", "2025-10-22"),
    "America/New_York": ("2025-03-05", "2025-10-29"),
    "Asia/Gaza": ("2025-04-09", "2025-10-22"),
    "Pacific/Kwajalein": ("1993-08-18",),
    "UTC": ("2024-02-25",),
}


def always(zone):
    return [(BEGINNING, ZoneInfo(zone))]


@pytest.mark.parametrize(
    ("days", "at", "expected"),
    [
        (EVERY_DAY, time(4), utc("2021-07-08T04:00")),
        ([2], time(11), utc("2021-07-14T11:00")),
        ([2], time(11, 5), utc("2021-07-07T11:05")),
        ([], time(11, 5), None),
        ([0, 4], time(9), utc("2021-07-09T09:00")),
    ],
)
def test_h1_the_next_wall_time_and_never_now(days, at, expected):
    assert next_at(days, at, always("UTC"), after=WEDNESDAY) == expected


def test_a_time_that_does_not_exist_is_announced_at_the_first_instant_after():
    chicago = always("America/Chicago")
    found = next_at([6], time(2, 30), chicago, after=utc("2020-03-08T00:00"))
    assert found == utc("2020-03-08T08:00")
    assert next_at([6], time(2, 30), chicago, after=found) == utc("2020-03-15T07:30")


def test_a_time_that_exists_twice_is_announced_once():
    chicago = always("America/Chicago")
    found = next_at(EVERY_DAY, time(1, 30), chicago, after=utc("2020-11-01T05:00"))
    assert found == utc("2020-11-01T06:30")
    assert next_at(EVERY_DAY, time(1, 30), chicago, after=found) == utc("2020-11-02T07:30")
    between = utc("2020-11-01T07:00")  # before the second 01:30
    assert next_at(EVERY_DAY, time(1, 30), chicago, after=between) == utc("2020-11-02T07:30")


def test_another_zone_counts_from_its_own_beginning():
    moved = [*always("Europe/Berlin"), (utc("2021-07-09T00:00"), ZoneInfo("America/New_York"))]
    assert next_at(EVERY_DAY, time(9), moved, after=WEDNESDAY) == utc("2021-07-08T07:00")
    assert next_at(EVERY_DAY, time(9), moved, after=utc("2021-07-08T07:00")) == utc("2021-07-09T13:00")
    assert next_at([2], time(9), moved, after=WEDNESDAY) == utc("2021-07-14T13:00")
    assert next_at(EVERY_DAY, time(9), moved[1:], after=WEDNESDAY) == utc("2021-07-07T13:00")
    assert next_at(EVERY_DAY, time(9), [], after=WEDNESDAY) is None


@st.composite
def asked(draw):
    zone = draw(st.sampled_from(sorted(NEAR_CHANGES)))
    day = datetime.fromisoformat(draw(st.sampled_from(NEAR_CHANGES[zone]))).replace(tzinfo=UTC)
    after = day + draw(st.integers(0, 7 * 96)) * STEP
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    at = time(draw(st.integers(0, 23)), draw(st.sampled_from((0, 15, 30, 45))))
    return days, at, zone, after


@given(asked())
def test_whatever_clocks_do_it_is_what_somebody_who_watches_them_would_say(one):
    days, at, zone, after = one
    assert next_at(days, at, always(zone), after=after) == _watched(days, at, ZoneInfo(zone), after)


def _watched(days, at, zone, after):
    """By looking at the clock each quarter of an hour. What a day never shows is said as soon as it shows
    something later.
    """
    begun = after - timedelta(days=3)
    ticks = [begun + n * STEP for n in range(96 * 14)]
    shown = [one.astimezone(zone).replace(tzinfo=None) for one in ticks]
    found = []
    for day in {one.date() + timedelta(days=more) for one in shown for more in (0, 1)}:
        wall = datetime.combine(day, at)
        if day.weekday() not in days or not shown[0] < wall < shown[-1]:
            continue
        exact = [tick for tick, clock in zip(ticks, shown, strict=True) if clock == wall]
        later = [tick for tick, clock in zip(ticks, shown, strict=True) if clock > wall]
        found.append(exact[0] if exact else later[0])
    return min(one for one in found if one > after)


@given(asked(), st.integers(2, 6))
def test_it_goes_on_for_ever_and_never_back(one, times):
    days, at, zone, after = one
    for _ in range(times):
        found = next_at(days, at, always(zone), after=after)
        assert after < found <= after + timedelta(days=9)
        after = found


def test_days_are_kept_in_the_order_of_the_week():
    assert spelled([4, 0, 4]) == "mon,fri"
    assert read_days("mon,fri") == {0, 4}
    assert read_days("") == frozenset()


def test_when_in_words():
    assert when(EVERY_DAY, time(9)) == "daily 09:00"
    assert when([0, 2], time(9, 30)) == "Mon, Wed 09:30"
    assert when([], time(9)) == "never 09:00"
    assert when([], None) == "on change"


NOW = utc("2025-06-04T12:00")  # a Wednesday
BERLIN = ZoneInfo("Europe/Berlin")
NAMES = {1: "Ana", 2: "Bo", 3: "Cy"}


def shift(role, user, start, end, override=""):
    return Shift(role, user, utc(start), utc(end), override)


def test_who_stands_first_in_a_slot_says_nothing_and_a_shadow_is_nobody_who_is_paged():
    assert duty({"primary": (2, 1), "secondary": (), "shadow": (3,)}) == {"primary": [1, 2], "secondary": []}


def test_since_when_and_until_when_just_they_are_on_call():
    shifts = [
        shift("primary", 2, "2025-05-26T08:00", "2025-06-02T08:00"),
        shift("primary", 1, "2025-06-02T08:00", "2025-06-09T08:00"),
        shift("secondary", 1, "2025-05-26T08:00", "2025-06-02T08:00"),
        shift("secondary", 2, "2025-06-02T08:00", "2025-06-04T08:00"),
        shift("secondary", 2, "2025-06-04T08:00", "2025-06-09T08:00", "cover"),
        shift("shadow", 3, "2025-05-26T08:00", "2025-06-04T10:00"),
        shift("shadow", None, "2025-06-04T10:00", "2025-06-09T08:00"),
        shift("primary", 2, "2025-06-09T08:00", "2025-06-16T08:00"),
        shift("secondary", 1, "2025-06-09T08:00", "2025-06-16T08:00"),
    ]
    on = {"secondary": (2,), "primary": (1,), "shadow": ()}
    found = standing(shifts, on, now=NOW)
    assert found == Standing(
        {"primary": (1,), "secondary": (2,)}, utc("2025-06-02T08:00"), utc("2025-06-09T08:00")
    )
    assert list(found.on) == ["primary", "secondary"]


def test_what_never_changes_has_no_since_and_no_handoff():
    shifts = [shift("primary", 1, "2025-01-01T00:00", "2025-12-01T00:00")]
    assert standing(shifts, {"primary": (1,)}, now=NOW) == Standing({"primary": (1,)})
    assert standing([], {}, now=NOW) == Standing({})


def words(on, since=None, until=None, schedule="Checkout"):
    how = Standing(on, since and utc(since), until and utc(until))
    found = said(schedule, how, NAMES, zone=BERLIN, now=NOW)
    return [found.title, *found.lines]


def test_what_it_says():
    assert words({"primary": (1,), "secondary": (2,)}, "2025-06-04T08:00", "2025-06-09T08:00") == [
        "On call for Checkout since 10:00: primary Ana, secondary Bo",
        "Next handoff Mon 10:00.",
        "Times are in Europe/Berlin.",
    ]
    assert words({"primary": (), "secondary": (1, 2, 3)}, "2025-06-03T08:00") == [
        "On call for Checkout since Tue 10:00: primary: nobody!, secondary Ana, Bo and Cy",
        "Times are in Europe/Berlin.",
    ]
    assert words({"primary": (1, 2)}) == ["On call for Checkout: primary Ana and Bo"]
    assert words({}) == ["On call for Checkout: nobody!"]


def test_what_no_title_takes_stands_below_it_a_role_a_line():
    name = "Checkout " * 11
    found = words({"primary": (1,), "secondary": (2,), "third line of support": ()}, schedule=name)
    assert found == [
        f"On call for {name}",
        "primary Ana",
        "secondary Bo",
        "third line of support: nobody!",
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2025-06-04T22:30", "Thu 00:30"),
        ("2025-06-04T21:59", "23:59"),
        ("2025-06-10T10:00", "Tue 12:00"),
        ("2025-06-11T10:00", "Wed 11 Jun 12:00"),
        ("2025-05-28T10:00", "Wed 28 May 12:00"),
    ],
)
def test_an_instant_is_told_by_the_schedule_s_clock_as_shortly_as_it_is_clear(at, expected):
    assert moment(utc(at), BERLIN, now=NOW) == expected
