"""When reports are due, and of which week, by the clock of a place."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.reports.core.weeks import following, latest, not_by_night, week_before

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NINE, HOUR = time(9), timedelta(hours=1)


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def test_monday_at_nine_is_due_at_nine_of_the_teams_clock():
    assert latest(0, NINE, BERLIN, now=at("2025-06-09T07:00")) == at("2025-06-09T07:00")
    assert latest(0, NINE, BERLIN, now=at("2025-06-09T06:59")) == at("2025-06-02T07:00")
    assert following(0, NINE, BERLIN, now=at("2025-06-09T06:59")) == at("2025-06-09T07:00")
    assert following(0, NINE, BERLIN, now=at("2025-06-09T07:00")) == at("2025-06-16T07:00")


def test_a_week_is_the_seven_days_before_the_day_it_is_made():
    assert week_before(at("2025-06-09T07:00"), BERLIN) == (at("2025-06-01T22:00"), at("2025-06-08T22:00"))


@pytest.mark.parametrize(("made", "hours"), [("2025-03-31T09:00", 167), ("2025-10-27T09:00", 169)])
def test_a_week_in_which_clocks_change_has_the_hours_it_has(made, hours):
    since, until = week_before(at(made, BERLIN), BERLIN)
    assert until - since == hours * HOUR
    assert {moment.astimezone(BERLIN).time() for moment in (since, until)} == {time(0)}


def test_a_time_that_does_not_exist_is_due_when_the_clock_has_gone_forward():
    sunday = 6
    assert following(sunday, time(2, 30), BERLIN, now=at("2025-03-29T12:00")) == at("2025-03-30T01:00")


@given(
    now=st.integers(0, 1100 * 86400).map(lambda seconds: at("2024-01-01T00:00") + timedelta(seconds=seconds)),
    weekday=st.integers(0, 6),
    wall=st.times(),
    zone=st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Pacific/Apia"), ZoneInfo("Africa/Casablanca")]),
)
def test_between_the_latest_and_the_next_there_is_no_other(now, weekday, wall, zone):
    before, after = latest(weekday, wall, zone, now=now), following(weekday, wall, zone, now=now)
    assert before <= now < after
    assert following(weekday, wall, zone, now=before) == after
    assert timedelta(days=6, hours=22) <= after - before <= timedelta(days=7, hours=2)
    since, until = week_before(before, zone)
    assert since < until <= before


@pytest.mark.parametrize(
    ("there", "comes"),
    [
        ("2025-06-02T21:59", "2025-06-02T21:59"),
        ("2025-06-02T22:00", "2025-06-03T09:00"),
        ("2025-06-03T00:00", "2025-06-03T09:00"),
        ("2025-06-03T07:59", "2025-06-03T09:00"),
        ("2025-06-03T08:00", "2025-06-03T08:00"),
        ("2025-03-29T23:30", "2025-03-30T09:00"),
    ],
)
def test_nothing_comes_by_night(there, comes):
    assert not_by_night(at(there, BERLIN), BERLIN) == at(comes, BERLIN)
