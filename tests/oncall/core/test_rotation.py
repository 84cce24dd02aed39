"""Cases R1 to R19, and G5 to G17, of peers' own tests."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from oncall.core.final import Roster, Version, on_call
from oncall.core.length import Length
from oncall.core.rotation import Rotation, turns_between
from tests.oncall.core.told import SINCE_EVER, A, B, C, at, definition, final, layer, roster, utc

CHICAGO = "America/Chicago"


def rotation(anchor: str, length: str, zone: str) -> Rotation:
    return Rotation(datetime.fromisoformat(anchor), Length.parse(length), ZoneInfo(zone))


def handoffs(anchor: str, length: str, zone: str, since: str, count: int) -> list[str]:
    """The first handoffs at or after the wall time `since`, as clocks and their offset show them."""
    start = at(since, zone)
    turns = turns_between(rotation(anchor, length, zone), start, start + timedelta(days=3650))
    starts = (turn.start for turn in turns if turn.start >= start)
    return [f"{one.astimezone(ZoneInfo(zone)):%m-%d %H:%M%z}" for one in islice(starts, count)]


@pytest.mark.parametrize("length", ["1 day", "24 hours"])
def test_r1_a_daily_handoff_in_the_repeated_hour_is_at_its_first_pass(length):
    found = handoffs("2020-10-30T01:30", length, CHICAGO, "2020-10-31T00:00", 3)
    assert found == ["10-31 01:30-0500", "11-01 01:30-0500", "11-02 01:30-0600"]


def test_r3_an_hourly_handoff_in_the_gap_is_at_its_end():
    found = handoffs("2020-03-01T00:30", "1h", CHICAGO, "2020-03-08T00:00", 5)
    assert [one[6:11] for one in found] == ["00:30", "01:30", "03:00", "03:30", "04:30"]


def test_r5_an_hourly_shift_before_the_repeated_hour_lasts_two():
    found = handoffs("2020-10-30T00:30", "1h", CHICAGO, "2020-11-01T00:00", 4)
    assert found == ["11-01 00:30-0500", "11-01 01:30-0500", "11-01 02:30-0600", "11-01 03:30-0600"]


def test_r7_weekly_handoff_keeps_ten_o_clock_over_dst():
    weekly = rotation("2025-03-03T10:00", "1w", "America/New_York")
    first, second, third = islice(turns_between(weekly, utc("2025-03-04"), utc("2026-01-01")), 3)
    assert second.start == utc("2025-03-10T14:00")
    assert first.end - first.start == timedelta(hours=167)
    assert second.end - second.start == third.end - third.start == timedelta(hours=168)


@pytest.mark.parametrize(
    ("anchor", "handoff", "hours"),
    [("2017-03-10T08:00", "2017-03-17T08:00", 167), ("2017-11-04T08:00", "2017-11-11T08:00", 169)],
)
def test_r9_a_week_with_a_clock_change_is_an_hour_shorter_or_longer(anchor, handoff, hours):
    turn = next(turns_between(rotation(anchor, "1w", CHICAGO), at(anchor, CHICAGO), utc("2030-01-01")))
    assert turn.end == at(handoff, CHICAGO)
    assert turn.end - turn.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("anchor", "length", "handoff", "hours"),
    [
        ("2017-03-01T00:00", "1 month", "2017-04-01T00:00", 743),
        ("2017-07-01T00:00", "2 months", "2017-09-01T00:00", 1488),
        ("2017-11-01T00:00", "2 months", "2018-01-01T00:00", 1465),
    ],
)
def test_r11_months_are_calendar_months(anchor, length, handoff, hours):
    turn = next(turns_between(rotation(anchor, length, CHICAGO), at(anchor, CHICAGO), utc("2030-01-01")))
    assert turn.end == at(handoff, CHICAGO)
    assert turn.end - turn.start == timedelta(hours=hours)


def test_r13_months_clamp_to_their_last_day_without_creeping():
    found = handoffs("2025-01-31T09:00", "1 month", "UTC", "2025-02-01T00:00", 4)
    assert [one[:5] for one in found] == ["02-28", "03-31", "04-30", "05-31"]


def test_r13_before_at_and_after_the_clamped_handoff():
    monthly = rotation("2025-01-31T09:00", "1 month", "UTC")
    moments = ("2025-02-28T08:59", "2025-02-28T09:00", "2025-03-30T09:00", "2025-03-31T09:00")
    assert [monthly.number_at(utc(moment)) for moment in moments] == [0, 1, 1, 2]


def test_r15_a_half_hour_gap_moves_one_handoff_by_its_rest():
    found = handoffs("2020-10-01T02:15", "1d", "Australia/Lord_Howe", "2020-10-03T00:00", 3)
    assert found == ["10-03 02:15+1030", "10-04 02:30+1100", "10-05 02:15+1100"]


def test_r17_half_days_stay_on_the_grid_of_their_anchor():
    half_days = rotation("2017-01-01T00:00", "12h", CHICAGO)
    turn = next(turns_between(half_days, at("2017-01-03T06:00", CHICAGO), utc("2030-01-01")))
    assert turn.end == at("2017-01-03T12:00", CHICAGO)


def test_r19_after_four_days_of_silence_the_position_is_right_at_once():
    plan = roster(layer([A, B, C], "2025-01-01T09:00", "1d"))
    assert final(plan, "2025-01-05T09:00", "2025-01-05T09:30") == ["B 01-05 09:00 - 01-05 09:30"]


def test_a_turn_swallowed_by_a_clock_gap_is_dropped_and_its_person_loses_it():
    """Samoa had no 30 December 2011."""
    plan = roster(layer([A, B, C], "2011-12-28T00:00", "1d"), zone="Pacific/Apia")
    assert final(plan, "2011-12-28T00:00", "2012-01-02T00:00", "Pacific/Apia") == [
        "A 12-28 00:00 - 12-29 00:00",
        "B 12-29 00:00 - 12-31 00:00",
        "A 12-31 00:00 - 01-01 00:00",
        "B 01-01 00:00 - 01-02 00:00",
    ]


def test_a_thousand_years_ahead_is_found_without_walking_there():
    hourly = rotation("2025-01-01T00:00", "1h", "America/New_York")
    assert hourly.number_at(utc("3025-01-01T05:00")) == hourly.number_at(utc("3025-01-01T04:59")) + 1


def test_a_rotation_without_an_end_reaches_the_end_of_time():
    yearly = rotation("2025-01-01T00:00", "120 months", "UTC")
    assert yearly.start_of(10_000) == datetime(9999, 12, 31, tzinfo=UTC)


def test_g5_a_slot_of_nobody_is_a_deliberate_gap():
    plan = roster(layer([A, None, B, []], "2025-01-06T00:00"))
    weeks = [one[0] for one in final(plan, "2025-01-06", "2025-03-10")]
    assert weeks == ["A", "-", "B", "-", "A", "-", "B", "-", "A"]


def test_g11_four_hour_turns_go_round():
    plan = roster(layer([A, B, C], "2025-01-06T00:00", "4h"))
    assert [one[0] for one in final(plan, "2025-01-06T00:00", "2025-01-07T04:00")] == list("ABCABCA")


def test_g15_groups_take_a_turn_together():
    plan = roster(layer([[A, B], [C]], "2025-03-02T00:00", "1d"))
    assert final(plan, "2025-03-02", "2025-03-05") == [
        "A 03-02 00:00 - 03-03 00:00",
        "B 03-02 00:00 - 03-03 00:00",
        "C 03-03 00:00 - 03-04 00:00",
        "A 03-04 00:00 - 03-05 00:00",
        "B 03-04 00:00 - 03-05 00:00",
    ]


def test_g17_a_layer_that_ends_ends_the_duty_at_once():
    plan = roster(layer([A, B], "2025-03-02T00:00", "1d", end="2025-03-04T12:00"))
    assert final(plan, "2025-03-02", "2025-03-06") == [
        "A 03-02 00:00 - 03-03 00:00",
        "B 03-03 00:00 - 03-04 00:00",
        "A 03-04 00:00 - 03-04 12:00",
        "- 03-04 12:00 - 03-06 00:00",
    ]


def test_g11_ten_minutes_of_every_two_hours_keep_their_grid_when_they_begin_later():
    """Turns are counted from the anchor, not from when the version begins: A's first is over, B's comes."""
    every_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    windows = [{"days": every_day, "start": f"{n:02}:00", "end": f"{n:02}:10"} for n in range(0, 24, 2)]
    said = definition(layer([A, B], "2025-03-02T00:00", "2h", restrictions=windows))
    plan = Roster((Version(utc("2025-03-02T01:00"), ZoneInfo("UTC"), said),))
    assert on_call(plan, utc("2025-03-02T00:05")) == {}
    on = [one for one in final(plan, "2025-03-02T00:00", "2025-03-02T07:00", role="primary") if one[0] != "-"]
    assert on == ["B 03-02 02:00 - 03-02 02:10", "A 03-02 04:00 - 03-02 04:10", "B 03-02 06:00 - 03-02 06:10"]


def test_g15_an_anchor_one_turn_back_begins_with_the_second_person():
    plan = roster(layer([A, B, C], "2025-03-01T00:00", "1d"))
    assert [one[0] for one in final(plan, "2025-03-02", "2025-03-06")] == list("BCAB")


def test_g17_a_layer_taken_out_in_its_fourth_week_ends_the_duty_at_once():
    zone, out = ZoneInfo("UTC"), "2025-01-29T12:00"
    before = Version(SINCE_EVER, zone, definition(layer([A], "2025-01-06T00:00")))
    plan = Roster((before, Version(utc(out), zone, definition())))
    assert on_call(plan, utc(out) - timedelta(microseconds=1)) == {"primary": (A,)}
    for later in (timedelta(0), timedelta(hours=1), timedelta(days=2)):
        assert on_call(plan, utc(out) + later) == {"primary": ()}
    assert final(plan, "2025-01-27", "2025-02-03") == [
        "A 01-27 00:00 - 01-29 12:00",
        "- 01-29 12:00 - 02-03 00:00",
    ]


def test_nobody_is_on_call_before_the_anchor():
    plan = roster(layer([A, B], "2025-03-02T09:00", "1d"))
    assert final(plan, "2025-03-01T00:00", "2025-03-02T10:00") == [
        "- 03-01 00:00 - 03-02 09:00",
        "A 03-02 09:00 - 03-02 10:00",
    ]


@pytest.mark.parametrize(
    ("moment", "number"),
    [("2020-11-01T06:29", 0), ("2020-11-01T06:30", 1), ("2020-11-01T07:29", 1), ("2020-11-01T07:30", 1)],
)
def test_the_position_in_the_repeated_hour_is_that_of_its_first_pass(moment, number):
    """Hourly at :30 in Chicago: 01:30 comes twice, at 06:30Z and 07:30Z, and hands over once."""
    assert rotation("2020-11-01T00:30", "1h", CHICAGO).number_at(utc(moment)) == number


def test_the_second_pass_is_past_every_handoff_of_the_first():
    """At 01:10 for the second time, the handoff of 01:30 has been."""
    assert rotation("2020-11-01T00:30", "1h", CHICAGO).number_at(utc("2020-11-01T07:10")) == 1


def test_the_turn_that_a_gap_swallows_is_not_among_the_turns():
    daily = rotation("2011-12-28T00:00", "1d", "Pacific/Apia")
    turns = turns_between(daily, utc("2011-12-27"), utc("2012-01-01"))
    assert [turn.number for turn in turns] == [0, 1, 3, 4]
