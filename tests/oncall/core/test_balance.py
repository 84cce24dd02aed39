"""Hours, nights, weekends and holidays of each person: nothing is lost, and a dumb count agrees."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.core.balance import Carrier, balance, tone, weeks_from
from oncall.core.final import Shift, shifts
from oncall.core.span import Span
from tests.oncall.core.told import A, B, C, layer, roster, utc

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
ZONES = (
    "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
    "Africa/Casablanca", "America/Havana", "America/Sao_Paulo",
)  # fmt: skip
AROUND = ("2026-03-25", "2026-10-22", "2011-12-27", "2026-04-01", "2018-02-14", "2026-02-10", "2026-07-01")


def of(found, span: Span, zones=None, holidays=None, standing=(A, B, C)):
    carriers = {
        user: Carrier(ZoneInfo((zones or {}).get(user, "UTC")), (holidays or {}).get(user))
        for user in (A, B, C)
    }
    return balance("primary", found, carriers, span, standing=standing)


def tally(result, user):
    return next(one for one in result.tallies if one.user == user)


@st.composite
def partitions(draw):
    """Twelve days cut into pieces of quarters of an hour, each somebody's or nobody's."""
    start = utc(draw(st.sampled_from(AROUND)))
    end = start + timedelta(days=12)
    cuts = sorted(draw(st.sets(st.integers(1, 12 * 96 - 1), max_size=20)))
    edges = [start, *(start + cut * QUARTER for cut in cuts), end]
    pieces = []
    for begins, ends in pairwise(edges):
        pieces.append(Shift("primary", draw(st.sampled_from((A, B, C, None))), begins, ends))
    return Span(start, end), pieces, {user: draw(st.sampled_from(ZONES)) for user in (A, B, C)}


@settings(deadline=None)
@given(partitions())
def test_the_hours_of_people_and_the_gaps_are_all_the_time_there_is(case):
    span, pieces, zones = case
    found = of(pieces, span, zones)
    assert sum(one.hours for one in found.tallies) + found.gap_hours == pytest.approx(
        (span.end - span.start) / HOUR
    )
    assert sum(found.share(one) for one in found.tallies) <= 1.0001


@settings(deadline=None, max_examples=60)
@given(partitions())
def test_nights_and_weekend_days_against_a_count_of_quarters(case):
    span, pieces, zones = case
    found = of(pieces, span, zones)
    nights, weekends = _dumb(pieces, zones)
    for user in (A, B, C):
        mine = tally(found, user)
        assert {one.day: one.carried for one in mine.nights} == nights[user]
        assert {one.day: one.carried for one in mine.weekend_days} == weekends[user]
        for one in (*mine.nights, *mine.weekend_days):
            assert all(shift.user == user for shift in one.shifts)


def _dumb(pieces, zones):
    """Walk in quarters of an hour and look at the person's clock."""
    nights, weekends = (defaultdict(lambda: defaultdict(timedelta)) for _ in range(2))
    for piece in pieces:
        at = piece.start
        while piece.user is not None and at < piece.end:
            there = at.astimezone(ZoneInfo(zones[piece.user]))
            if there.hour >= 22:
                nights[piece.user][there.date()] += QUARTER
            elif there.hour < 8:
                nights[piece.user][there.date() - timedelta(days=1)] += QUARTER
            if there.weekday() >= 5:
                weekends[piece.user][there.date()] += QUARTER
            at += QUARTER
    return tuple(
        {user: {day: time for day, time in found[user].items() if time >= HOUR} for user in (A, B, C)}
        for found in (nights, weekends)
    )


def test_a_year_of_three_people_in_weeks():
    span = weeks_from(utc("2026-03-04T12:00"), ZoneInfo("UTC"))
    assert span == Span(utc("2026-03-02"), utc("2027-03-01"))
    found = of(
        shifts(roster(layer([[A], [B], [C]], "2026-03-02T00:00")), *span, split_at_handoffs=True), span
    )
    assert [len(one.nights) for one in found.tallies] == [18 * 8, 17 * 8, 17 * 8]
    assert [one.weekends for one in found.tallies] == [18, 17, 17]
    assert [one.hours for one in found.tallies] == [18 * 168, 17 * 168, 17 * 168]
    assert (found.gaps, found.longest.user, found.longest.hours) == ((), A, 168)
    assert found.means["hours"] == pytest.approx(52 * 168 / 3)
    assert [round(found.share(one), 3) for one in found.tallies] == [0.346, 0.327, 0.327]


@pytest.mark.parametrize(("minutes", "counted"), [(59, 0), (60, 1), (61, 1)])
def test_an_hour_of_a_night_counts_as_one(minutes, counted):
    span = Span(utc("2026-03-02"), utc("2026-03-09"))
    end = utc("2026-03-03T22:00") + timedelta(minutes=minutes)
    pieces = [
        Shift("primary", None, span.start, utc("2026-03-03T20:00")),
        Shift("primary", A, utc("2026-03-03T20:00"), end),
        Shift("primary", None, end, span.end),
    ]
    assert len(tally(of(pieces, span), A).nights) == counted


def test_holidays_are_the_persons_own_and_unknown_is_not_none():
    span = Span(utc("2026-12-21"), utc("2026-12-28"))
    christmas = {date(2026, 12, 25): "Christmas"}
    pieces = [
        Shift("primary", A, span.start, utc("2026-12-25")),
        Shift("primary", B, utc("2026-12-25"), span.end),
    ]
    found = of(pieces, span, {A: "Pacific/Auckland"}, {A: christmas, B: christmas})
    assert [(one.day, one.name) for one in tally(found, A).holidays] == [(date(2026, 12, 25), "Christmas")]
    assert len(tally(found, B).holidays) == 1
    assert tally(found, C).holidays is None
    assert found.means["holidays"] == 1


@pytest.mark.parametrize(
    ("value", "mean", "said"),
    [(110, 100, "fair"), (111, 100, "amber"), (89, 100, "amber"), (125, 100, "amber"), (126, 100, "red"),
     (74, 100, "red"), (0, 0, "fair"), (2, 1.5, "fair"), (2, 1, "red")],
)  # fmt: skip
def test_over_ten_percent_away_from_fair_is_amber_over_25_red(value, mean, said):
    assert tone(value, mean) == said


def test_the_longest_stretch_goes_on_over_handoffs():
    span = Span(utc("2026-03-02"), utc("2026-03-23"))
    pieces = [Shift("primary", who, span.start + n * 168 * HOUR, span.start + (n + 1) * 168 * HOUR)
              for n, who in enumerate((B, A, A))]  # fmt: skip
    longest = of(pieces, span).longest
    assert (longest.user, longest.hours) == (A, 336)
