"""Turns that count only the days a layer works."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.length import Length
from oncall.core.rotation import DAY, Holidays, Rotation, WorkedDays
from tests.oncall.core.told import A, B, C, at, final, layer, roster, utc

WEEK = ["mon", "tue", "wed", "thu", "fri"]
GOOD_FRIDAY, EASTER_MONDAY = date(2025, 4, 18), date(2025, 4, 21)
DESK = [{"days": WEEK, "start": "09:00", "end": "17:30"}]


def desk(*people, start="2025-04-14T09:00", length="1 day", **more):
    return layer(list(people), start, length, turns="worked_days", restrictions=DESK, **more)


def days(found: list[str]) -> list[str]:
    return [one[:7] for one in found if one[0] != "-"]


def test_a_weekend_takes_no_turn():
    """Three people over five worked days: Monday's person follows Friday's."""
    found = final(roster(desk(A, B, C)), "2025-04-21", "2025-05-03")
    assert days(found) == [
        *("C 04-21", "A 04-22", "B 04-23", "C 04-24", "A 04-25"),
        *("B 04-28", "C 04-29", "A 04-30", "B 05-01", "C 05-02"),
    ]


def test_a_holiday_takes_no_turn_and_is_carried_by_the_turn_before():
    plan = roster(desk(A, B, C), holidays=[GOOD_FRIDAY, EASTER_MONDAY])
    assert days(final(plan, "2025-04-16", "2025-04-24")) == [
        *("C 04-16", "A 04-17", "A 04-18", "A 04-21", "B 04-22", "C 04-23"),
    ]


def test_the_shift_keeps_to_its_window_over_dst():
    found = final(roster(desk(A, start="2025-03-24T09:00"), zone="Europe/London"), "2025-03-28", "2025-04-01")
    assert [one for one in found if one[0] == "A"] == [
        "A 03-28 09:00 - 03-28 17:30",
        "A 03-31 08:00 - 03-31 16:30",
    ]


def test_g7_two_worked_days_each_of_monday_wednesday_and_friday():
    """Days after the start: A 0, 2; B 4, 7; A 9, 11; B 14, 16; A 18, 21; B 23, 25."""
    some_days = [{"days": ["mon", "wed", "fri"], "start": "00:00", "end": "24:00"}]
    one = layer([A, B], "2025-01-06T00:00", "2 days", turns="worked_days", restrictions=some_days)
    found = final(roster(one), "2025-01-06", "2025-02-03", split_at_handoffs=True)
    starts = [
        (line[0], (date(2025, int(line[2:4]), int(line[5:7])) - date(2025, 1, 6)).days) for line in found
    ]
    assert [pair for pair in starts if pair[0] != "-"] == [
        *(("A", 0), ("A", 2), ("B", 4), ("B", 7), ("A", 9), ("A", 11)),
        *(("B", 14), ("B", 16), ("A", 18), ("A", 21), ("B", 23), ("B", 25)),
    ]


def test_without_restrictions_monday_to_friday_take_turns_and_friday_carries_the_weekend():
    plan = roster(layer([A, B], "2025-01-06T00:00", "1 day", turns="worked_days"))
    assert final(plan, "2025-01-10", "2025-01-15") == [
        "A 01-10 00:00 - 01-13 00:00",
        "B 01-13 00:00 - 01-14 00:00",
        "A 01-14 00:00 - 01-15 00:00",
    ]


def test_an_anchor_on_a_holiday_gives_the_first_turn_to_the_first_person():
    plan = roster(desk(A, B, start="2025-04-18T09:00"), holidays=[GOOD_FRIDAY, EASTER_MONDAY])
    assert days(final(plan, "2025-04-18", "2025-04-24")) == ["A 04-18", "A 04-21", "A 04-22", "B 04-23"]


weekday_sets = st.frozensets(st.integers(0, 6), min_size=1)
holiday_sets = st.sets(st.dates(date(2025, 1, 1), date(2025, 12, 31)), max_size=20)


@settings(max_examples=60, deadline=None)
@given(weekday_sets, holiday_sets, st.integers(1, 4), st.dates(date(2025, 1, 1), date(2025, 12, 31)))
def test_the_count_agrees_with_walking_day_by_day(weekdays, holidays, length, asked):
    zone = at("2025-01-01T00:00", "UTC").tzinfo
    anchor = utc("2025-01-01T09:00").replace(tzinfo=None)
    turns = WorkedDays(Rotation(anchor, DAY, zone), weekdays, Holidays.of(holidays), length)
    worked, day = 0, date(2025, 1, 1)
    starts = {0: utc("2025-01-01T09:00")}
    while day <= asked:
        if day.weekday() in weekdays and day not in holidays:
            starts.setdefault(worked // length, utc(f"{day}T09:00"))
            worked += 1
        day += timedelta(days=1)
    number = max(worked - 1, 0) // length
    assert turns.number_at(utc(f"{asked}T09:00")) == number
    assert turns.start_of(number) == starts[number]


def test_a_length_of_worked_days_is_written_in_days():
    assert Length.parse("5 days") == Length(5, "days")
