"""Maintenance windows: an oracle walks every minute around them, in zones with odd clock changes."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.core.maintenance import JOINED_AHEAD, Repeat, Window, covering, share
from oncall.core.span import Span
from oncall.core.walltime import wall_time

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
LORD_HOWE, APIA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")
CHANGES = {
    BERLIN: [(2026, 3, 29), (2026, 10, 25)],
    NEW_YORK: [(2026, 3, 8), (2026, 11, 1)],
    LORD_HOWE: [(2026, 4, 5), (2026, 10, 4)],  # by half an hour
    APIA: [(2011, 12, 30)],  # a day that never was
    ZoneInfo("Asia/Kolkata"): [(2026, 2, 28)],
}


def window(start, end, *, zone=BERLIN, **more):
    return Window(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end), zone=zone, **more)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The oracle: no arithmetic on instants, only a list of minutes and what clocks show in each.


@cache
def minutes(zone, day):
    """Every minute around `day`, with what clocks show; and the first and the last one of each time."""
    at = midnight(day) - 6 * DAY
    shown, first, last = [], {}, {}
    while at < midnight(day) + 7 * DAY:
        wall = wall_time(at, zone).replace(fold=0)
        shown.append((at, wall))
        first.setdefault(wall, at)
        last[wall] = at
        at += MINUTE
    return shown, first, last


def midnight(day):
    return datetime.combine(day, datetime.min.time(), UTC)


def shown_at(wall, exact, shown):
    """The minute in which clocks show it; where they never do, the first that shows a later time."""
    return exact[wall] if wall in exact else next(at for at, one in shown if one > wall)


def walls(one, first, last):
    """Wall-clock starts, walked one by one from the first."""
    wall, months = one.start, 0
    while wall.date() <= last:
        if wall.date() >= first and (one.until is None or wall.date() <= one.until):
            yield wall
        if one.repeat is Repeat.NONE:
            return
        if one.repeat is Repeat.MONTHLY:
            months += 1
            wall = month_later(one.start, months)
        else:
            wall += DAY if one.repeat is Repeat.DAILY else 7 * DAY


def month_later(start, months):
    year, month = start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1
    for day in range(start.day, 0, -1):
        try:
            return start.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError


def covered(one, zone, day):
    """The spans of minutes that an occurrence covers."""
    shown, first, last = minutes(zone, day)
    length = one.end - one.start
    for wall in walls(one, day - 3 * DAY, day + 3 * DAY):
        start, end = shown_at(wall, first, shown), shown_at(wall + length, last, shown)
        end = start + length if end <= start else end
        if one.ended_at is not None and start <= one.ended_at < end:
            end = one.ended_at
        yield start, end


@st.composite
def places(draw):
    zone = draw(st.sampled_from(list(CHANGES)))
    day = date(*draw(st.sampled_from(CHANGES[zone])))
    return zone, day


@st.composite
def windows(draw, zone, day):
    repeat = draw(st.sampled_from(list(Repeat)))
    longest = 40 if repeat is Repeat.NONE else 23 if repeat is Repeat.DAILY else 30
    clock = draw(st.integers(0, 24 * 12 - 1)) * 5 * MINUTE
    begun = draw(st.integers(-2, 2) if repeat is Repeat.NONE else st.integers(-800, 1)) * DAY
    start = datetime.combine(day, datetime.min.time()) + begun + clock
    length = draw(st.integers(1, longest * 12)) * 5 * MINUTE
    until = None
    if repeat is not Repeat.NONE and draw(st.booleans()):
        until = max(day + draw(st.integers(-2, 2)) * DAY, start.date())
    ended = draw(st.none() | st.integers(-36 * 60, 36 * 60).map(lambda minute: minute * MINUTE))
    ended_at = None if ended is None else midnight(day) + ended
    return Window(
        start=start, end=start + length, zone=zone, repeat=repeat, until=until, ended_at=ended_at, said="w"
    )


@settings(max_examples=60)
@given(data=st.data())
def test_a_window_covers_exactly_the_minutes_of_the_oracle(data):
    zone, day = data.draw(places())
    one = data.draw(windows(zone, day))
    expected = list(covered(one, zone, day))
    for five in range(-26 * 12, 26 * 12):
        at = midnight(day) + five * 5 * MINUTE
        assert (one.running(at) is not None) == any(start <= at < end for start, end in expected), at


@settings(max_examples=80)
@given(data=st.data())
def test_windows_that_touch_or_overlap_are_one_cover(data):
    zone, day = data.draw(places())
    some = data.draw(st.lists(windows(zone, day), min_size=1, max_size=4))
    at = midnight(day) + data.draw(st.integers(-24 * 12, 24 * 12)) * 5 * MINUTE
    cover = covering(some, at)
    if cover is None:
        assert not any(one.running(at) for one in some)
        return
    assert cover.window.running(at)
    assert cover.until > at
    step = at
    while step < min(cover.until, at + 3 * DAY):
        assert any(one.running(step) for one in some), step
        step += 5 * MINUTE
    assert cover.until >= at + JOINED_AHEAD or not any(one.running(cover.until) for one in some)


@settings(max_examples=80)
@given(data=st.data())
def test_the_next_and_the_last_are_those_of_a_walk(data):
    zone, day = data.draw(places())
    one = data.draw(windows(zone, day))
    at = midnight(day) + data.draw(st.integers(-300, 300)) * 5 * MINUTE
    following = one.next(at)
    if following is not None:
        assert following.start > at
        assert one.running(following.start)
        assert not any(at < span.start < following.start for span in one.spans(at, following.start))
    over = one.over_at()
    if over is not None:
        assert one.running(over) is None
        assert one.next(over) is None
        assert over <= midnight(day) - 850 * DAY or (
            one.running(over - MINUTE) is not None or one.ended_at is not None
        )


def test_an_hour_that_is_skipped_begins_after_the_gap_and_is_never_lost():
    nightly = window("2026-03-01T02:00", "2026-03-01T03:00", repeat=Repeat.DAILY)
    assert nightly.running(utc("2026-03-29T01:00")) == Span(utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))
    longer = window("2026-03-01T02:30", "2026-03-01T04:00", repeat=Repeat.DAILY)
    assert longer.running(utc("2026-03-29T01:30")) == Span(utc("2026-03-29T01:00"), utc("2026-03-29T02:00"))


def test_an_hour_that_comes_twice_ends_with_its_second():
    nightly = window("2026-10-01T01:00", "2026-10-01T02:30", repeat=Repeat.DAILY)
    assert nightly.running(utc("2026-10-25T00:00")) == Span(utc("2026-10-24T23:00"), utc("2026-10-25T01:30"))


@pytest.mark.parametrize(
    ("at", "day"),
    [("2026-02-28T03:00", 28), ("2026-03-31T03:00", 31), ("2026-04-30T03:00", 30), ("2028-02-29T03:00", 29)],
)
def test_a_month_without_that_day_takes_its_last(at, day):
    monthly = window("2026-01-31T02:00", "2026-01-31T04:00", zone=ZoneInfo("UTC"), repeat=Repeat.MONTHLY)
    running = monthly.running(utc(at))
    assert (running.start.day, running.end - running.start) == (day, 2 * HOUR)
    assert monthly.running(running.start - DAY) is None


def test_what_was_ended_early_comes_again_next_time():
    nightly = window("2026-03-01T02:00", "2026-03-01T04:00", zone=ZoneInfo("UTC"), repeat=Repeat.DAILY)
    ended = Window(**{**vars(nightly), "ended_at": utc("2026-03-02T02:30")})
    assert ended.running(utc("2026-03-02T02:29")).end == utc("2026-03-02T02:30")
    assert ended.running(utc("2026-03-02T02:30")) is None
    assert ended.running(utc("2026-03-03T02:30")).end == utc("2026-03-03T04:00")


def test_the_last_day_of_a_repetition_is_one_of_it():
    nightly = window(
        "2026-03-01T02:00",
        "2026-03-01T04:00",
        zone=ZoneInfo("UTC"),
        repeat=Repeat.DAILY,
        until=date(2026, 3, 3),
    )
    assert nightly.over_at() == utc("2026-03-03T04:00")
    assert nightly.running(utc("2026-03-03T03:00"))
    assert nightly.running(utc("2026-03-04T03:00")) is None


def test_windows_that_follow_each_other_for_ever_are_joined_for_a_month():
    day = window("2026-03-01T00:00", "2026-03-01T12:00", zone=ZoneInfo("UTC"), repeat=Repeat.DAILY)
    night = window("2026-03-01T12:00", "2026-03-02T00:00", zone=ZoneInfo("UTC"), repeat=Repeat.DAILY)
    at = utc("2026-03-05T03:00")
    assert at + JOINED_AHEAD <= covering([day, night], at).until <= at + JOINED_AHEAD + DAY
    assert share([day, night], at, at + 7 * DAY) == 1
    assert share([day], at, at + 7 * DAY) == 0.5


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (("2026-03-01T04:00", "2026-03-01T02:00", {}), "is not after the start, 2026-03-01 04:00"),
        (("2026-03-01T04:00", "2026-03-01T04:00", {}), "is not after the start"),
        (("2026-03-01T04:00", "2026-03-31T04:01", {}), "lasts 30 days at most"),
        (("2026-03-01T04:00", "2026-03-02T04:00", {"repeat": Repeat.DAILY}), "shorter than a day"),
        (("2026-03-01T04:00", "2026-03-08T04:00", {"repeat": Repeat.WEEKLY}), "shorter than a week"),
        (("2026-03-01T04:00", "2026-03-29T04:00", {"repeat": Repeat.MONTHLY}), "shorter than 28 days"),
        (("2026-03-29T02:00", "2026-03-29T03:00", {}), "Clocks in Europe/Berlin skip the time"),
        (("2026-03-01T04:00", "2026-03-01T05:00", {"until": date(2026, 4, 1)}), "choose a repeat"),
        (
            ("2026-03-01T04:00", "2026-03-01T05:00", {"repeat": Repeat.DAILY, "until": date(2026, 2, 28)}),
            "before the first start",
        ),
        (("1969-12-31T04:00", "1970-01-01T04:00", {}), "years 1970 to 2199"),
        (("9999-12-31T04:00", "9999-12-31T05:00", {}), "years 1970 to 2199"),
    ],
)
def test_what_is_no_window_gets_a_sentence(made, says):
    start, end, more = made
    assert says in window(start, end, **more).fault()


def test_what_is_one_gets_none():
    assert window("2026-03-29T02:00", "2026-03-29T03:30").fault() is None
    assert window("2026-03-01T02:00", "2026-03-01T03:00", repeat=Repeat.DAILY).fault() is None
