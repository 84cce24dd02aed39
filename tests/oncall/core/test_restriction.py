"""Cases S1 to S5 and G27 to G31 of peers' own tests."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.core.final import on_call, shifts
from oncall.core.restriction import Restriction, windows
from oncall.core.span import Span
from tests.oncall.core.told import A, B, at, final, layer, roster, utc

WEEK = ["mon", "tue", "wed", "thu", "fri"]
EVERY_DAY = [*WEEK, "sat", "sun"]


def limited(*restrictions, zone="UTC", start="2017-01-02T00:00"):
    return roster(layer([A], start, restrictions=list(restrictions)), zone=zone)


def is_on(plan, moment: str) -> bool:
    return on_call(plan, utc(moment))["primary"] == (A,)


@pytest.mark.parametrize(
    ("moment", "on"),
    [("07-24T07:59", False), ("07-24T08:00", True), ("07-24T19:59", True), ("07-24T20:00", False)],
)
def test_s1_a_window_is_open_from_its_start_to_before_its_end(moment, on):
    plan = limited({"days": ["mon"], "start": "08:00", "end": "20:00"})
    assert is_on(plan, f"2017-{moment}") is on


@pytest.mark.parametrize(
    ("moment", "on"),
    [("07-29T07:59", True), ("07-29T08:00", False), ("07-31T07:59", False), ("07-31T08:00", True)],
)
def test_s3_a_window_whose_start_is_its_end_lasts_24_hours(moment, on):
    plan = limited({"days": WEEK, "start": "08:00", "end": "08:00"})
    assert is_on(plan, f"2017-{moment}") is on


def test_s3_windows_that_touch_are_one_unbroken_shift():
    plan = limited({"days": WEEK, "start": "08:00", "end": "08:00"})
    assert final(plan, "2017-07-24T08:00", "2017-07-31T08:00") == [
        "A 07-24 08:00 - 07-29 08:00",
        "- 07-29 08:00 - 07-31 08:00",
    ]


def test_s5_neighbours_overlap_in_the_repeated_hour_and_never_leave_a_gap():
    london, night = ZoneInfo("Europe/London"), Span(utc("2025-10-25T20:00"), utc("2025-10-26T06:00"))
    first = windows((Restriction((6,), time(0, 30), time(1, 30)),), london, night)
    second = windows((Restriction((6,), time(1, 30), time(2, 30)),), london, night)
    assert first == (Span(utc("2025-10-25T23:30"), utc("2025-10-26T01:30")),)
    assert second == (Span(utc("2025-10-26T00:30"), utc("2025-10-26T02:30")),)


@pytest.mark.parametrize(
    ("moment", "on"), [("02:29", False), ("02:30", True), ("02:31", True), ("03:00", True), ("03:31", True)]
)
def test_a_window_that_began_stays_open_when_clocks_go_back_to_the_day_before(moment, on):
    """In St John's, one minute into Sunday 7 November 2010, it was Saturday 23:01 again."""
    sundays = {"days": ["sun"], "start": "00:00", "end": "12:00"}
    plan = limited(sundays, zone="America/St_Johns", start="2010-11-01T00:00")
    assert is_on(plan, f"2010-11-07T{moment}") is on


def test_an_end_before_the_start_is_on_the_next_day():
    plan = limited({"days": ["sun"], "start": "22:00", "end": "06:00"})
    assert final(plan, "2017-07-23T12:00", "2017-07-24T12:00") == [
        "- 07-23 12:00 - 07-23 22:00",
        "A 07-23 22:00 - 07-24 06:00",
        "- 07-24 06:00 - 07-24 12:00",
    ]


def test_a_window_spans_the_weeks_end():
    plan = limited({"start": "fri 18:00", "end": "mon 09:00"})
    assert final(plan, "2017-07-26", "2017-08-01") == [
        "- 07-26 00:00 - 07-28 18:00",
        "A 07-28 18:00 - 07-31 09:00",
        "- 07-31 09:00 - 08-01 00:00",
    ]


def test_a_window_that_began_days_before_is_open_at_an_instant_inside_it():
    assert is_on(limited({"start": "fri 18:00", "end": "mon 09:00"}), "2017-07-31T08:59")


def test_several_windows_are_open_in_any_of_them():
    plan = limited(
        {"days": ["mon"], "start": "08:00", "end": "12:00"},
        {"days": ["mon"], "start": "10:00", "end": "14:00"},
    )
    assert [one for one in final(plan, "2017-07-24", "2017-07-25") if one[0] == "A"] == [
        "A 07-24 08:00 - 07-24 14:00"
    ]


def test_a_restriction_does_not_pause_the_rotation():
    plan = roster(
        layer(
            [A, B],
            "2025-01-06T00:00",
            "1d",
            restrictions=[{"days": ["mon", "thu"], "start": "09:00", "end": "10:00"}],
        )
    )
    assert [one for one in final(plan, "2025-01-06", "2025-01-14") if one[0] != "-"] == [
        "A 01-06 09:00 - 01-06 10:00",
        "B 01-09 09:00 - 01-09 10:00",
        "B 01-13 09:00 - 01-13 10:00",
    ]


@pytest.mark.parametrize(
    ("zone", "hours", "start", "end"),
    [
        ("Europe/Berlin", ("20:00", "08:00"), "2026-03-28T19:00", "2026-03-29T06:00"),
        ("Europe/Berlin", ("20:00", "08:00"), "2026-10-24T18:00", "2026-10-25T07:00"),
        ("America/New_York", ("08:00", "20:00"), "2026-03-07T13:00", "2026-03-08T01:00"),
        ("America/New_York", ("08:00", "20:00"), "2026-03-08T12:00", "2026-03-09T00:00"),
        ("Australia/Lord_Howe", ("08:00", "20:00"), "2026-04-03T21:00", "2026-04-04T09:00"),
        ("Australia/Lord_Howe", ("08:00", "20:00"), "2026-04-04T21:30", "2026-04-05T09:30"),
        ("Asia/Kolkata", ("08:00", "20:00"), "2026-04-04T02:30", "2026-04-04T14:30"),
        ("Europe/Berlin", ("08:00", "20:00"), "2026-03-28T07:00", "2026-03-28T19:00"),
        ("Europe/Berlin", ("08:00", "20:00"), "2026-03-29T06:00", "2026-03-29T18:00"),
        ("Europe/Berlin", ("08:00", "20:00"), "2026-10-25T07:00", "2026-10-25T19:00"),
    ],
)
def test_g27_to_g31_windows_keep_local_hours_over_clock_changes(zone, hours, start, end):
    plan = limited({"days": EVERY_DAY, "start": hours[0], "end": hours[1]}, zone=zone)
    around = shifts(plan, utc(start) - timedelta(hours=2), utc(end) + timedelta(hours=2))
    assert [(one.start, one.end) for one in around if one.user == A] == [(utc(start), utc(end))]


def test_a_window_the_clock_skips_whole_is_not_open():
    plan = limited({"days": ["sun"], "start": "02:10", "end": "02:40"}, zone="America/New_York")
    day = at("2025-03-09T00:00", "America/New_York"), at("2025-03-10T00:00", "America/New_York")
    assert [one.user for one in shifts(plan, *day)] == [None]
