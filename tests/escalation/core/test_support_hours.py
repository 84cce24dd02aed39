"""Support hours and urgency, against a dumb oracle that knows only what clocks on walls show."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from escalation.core.incident import Urgency
from escalation.core.support_hours import DAYS, SupportHours
from escalation.core.urgency import DEFAULTS, urgency_of

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")
MINUTE = timedelta(minutes=1)
times = st.times().map(lambda time: f"{time:%H:%M}")
hours = st.builds(
    SupportHours,
    days=st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(sorted(days, key=DAYS.index))),
    start=times,
    end=times,
    time_zone=st.sampled_from(ZONES),
)
moments = st.integers(0, 2 * 366 * 24 * 60).map(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + n * MINUTE)


def begun(wall, window, day):
    """Whether a clock that shows `wall` shows a time of the window of `day`."""
    start = datetime.fromisoformat(f"{day}T{window.start}")
    end = datetime.fromisoformat(f"{day}T{window.end}")
    return start <= wall < (end if end > start else end + timedelta(days=1))


def dumb(window, at):
    """Whether the clock shows a time of a window. Of an hour that it shows twice, all of it."""
    wall = at.astimezone(ZoneInfo(window.time_zone)).replace(tzinfo=None)
    days = [wall.date() - timedelta(days=ago) for ago in (0, 1)]
    return any(begun(wall, window, day) for day in days if DAYS[day.weekday()] in window.days)


def clocks_change_near(window, at):
    zone = ZoneInfo(window.time_zone)
    around = [(at + timedelta(hours=ahead)).astimezone(zone).utcoffset() for ahead in range(-27, 28, 3)]
    return len(set(around)) > 1


@settings(max_examples=400, deadline=None)
@given(window=hours, at=moments)
def test_open_is_what_the_clock_on_the_wall_says(window, at):
    if not clocks_change_near(window, at):
        assert window.open_at(at) == dumb(window, at)


@settings(max_examples=300, deadline=None)
@given(window=hours, at=moments)
def test_around_a_clock_change_no_minute_of_a_window_is_missed(window, at):
    """What the wall says is open is open; where it shows a time twice, more may be."""
    if dumb(window, at):
        assert window.open_at(at)


@settings(max_examples=200, deadline=None)
@given(window=hours, at=moments, severity=st.sampled_from([*DEFAULTS, "SEV-9"]))
@example(
    window=SupportHours(days=("mon",), start="09:00", end="17:00", time_zone="Europe/Berlin"),
    at=datetime(2026, 3, 29, 0, 30, tzinfo=UTC), severity="SEV-3",
)  # fmt: skip
def test_what_is_held_is_raised_at_the_first_minute_that_is_open(window, at, severity):
    urgency, raise_at = urgency_of(severity, rules={}, hours=window, at=at)
    if severity == "SEV-4":
        assert (urgency, raise_at) == (Urgency.LOW, None)
    elif severity != "SEV-3" or window.open_at(at):
        assert (urgency, raise_at) == (Urgency.HIGH, None)
    else:
        assert urgency is Urgency.LOW
        assert at < raise_at <= at + timedelta(days=8, hours=1)
        assert window.open_at(raise_at)
        assert not window.open_at(raise_at - MINUTE)
        step = (raise_at - at) / 40
        assert not any(window.open_at(at + n * step) for n in range(40))


def test_without_support_hours_nothing_may_wait_for_them():
    assert urgency_of("SEV-3", rules={}, hours=None, at=datetime(2026, 1, 1, tzinfo=UTC))[0] is Urgency.HIGH


@pytest.mark.parametrize(
    ("rules", "severity", "urgency"),
    [
        ({}, "SEV-1", Urgency.HIGH),
        ({"SEV-1": "low"}, "SEV-1", Urgency.LOW),
        ({"SEV-4": "high"}, "SEV-4", Urgency.HIGH),
        ({"SEV-2": "support_hours"}, "SEV-2", Urgency.LOW),
    ],
)
def test_the_rules_of_a_service_come_before_the_usual_ones(rules, severity, urgency):
    office = SupportHours(days=("mon",), start="09:00", end="17:00", time_zone="UTC")
    sunday = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert urgency_of(severity, rules=rules, hours=office, at=sunday)[0] is urgency


NIGHT = SupportHours(days=("sat",), start="22:00", end="06:00", time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "length"), [(date(2026, 3, 21), 8), (date(2026, 3, 28), 7), (date(2026, 10, 24), 9)]
)
def test_a_window_over_midnight_is_longer_or_shorter_by_the_hour_that_the_clock_takes(day, length):
    start = datetime(day.year, day.month, day.day, 22, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    end = start + timedelta(hours=length)
    inside = [NIGHT.open_at(at) for at in (start - MINUTE, start, end - MINUTE, end)]
    assert inside == [False, True, True, False]


@pytest.mark.parametrize("clock", ["08:00", "00:00"])
def test_a_window_that_ends_when_it_starts_is_a_whole_day(clock):
    window = SupportHours(days=("mon",), start=clock, end=clock, time_zone="UTC")
    monday = datetime.fromisoformat(f"2026-03-02T{clock}+00:00")
    day = timedelta(days=1)
    around = (monday - MINUTE, monday, monday + day - MINUTE, monday + day)
    assert [window.open_at(at) for at in around] == [False, True, True, False]


@settings(max_examples=50)
@given(window=hours)
def test_they_survive_being_frozen(window):
    assert SupportHours.from_json(window.to_json()) == window


def test_an_end_that_the_clock_shows_twice_is_the_last_one_and_a_start_the_first():
    """In Berlin on 2026-10-25 the clock shows 02:30 at 00:30 and at 01:30 UTC."""
    until = SupportHours(days=("sat",), start="22:00", end="02:30", time_zone="Europe/Berlin")
    since = SupportHours(days=("sun",), start="02:30", end="06:00", time_zone="Europe/Berlin")
    first, last = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert [until.open_at(at) for at in (first, last - MINUTE, last)] == [True, True, False]
    assert [since.open_at(at) for at in (first - MINUTE, first, last)] == [False, True, True]
