"""Figures that were computed by hand, to the cent."""

from dataclasses import replace
from datetime import time, timedelta
from fractions import Fraction

import pytest

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.statement import Stage, reckon
from oncall.compensation.core.terms import CallOutPay, CallOuts, Cap, LieuByNight, LieuByTime, Overlap, Period
from oncall.core.span import Span
from tests.oncall.compensation.plans import (
    HOLIDAY,
    LONDON,
    NEW_YORK,
    OUT_OF_HOURS,
    WEEK,
    WEEKEND,
    WORKDAYS,
    at,
    band,
    days,
    owed,
    place,
    statement,
    stretch,
)

US, UK = place(NEW_YORK), place(LONDON)
MINUTE = timedelta(minutes=1)


def ny(*wall):
    return at(NEW_YORK, *wall)


def lon(*wall):
    return at(LONDON, *wall)


def test_a_week_alone_from_monday_ten_to_monday_ten():
    found = statement(WEEK, US, stretch(ny(2025, 6, 2, 10), ny(2025, 6, 9, 10)))
    assert owed(found) == "700.00"
    assert {line.band: str(line.amount) for line in found.lines} == {"weekday": "200.00", "weekend": "500.00"}


def test_with_somebody_else_from_saturday_noon_to_sunday_noon():
    saturday, sunday = ny(2025, 6, 7, 12), ny(2025, 6, 8, 12)
    mine = statement(WEEK, US, stretch(ny(2025, 6, 2, 10), saturday), stretch(sunday, ny(2025, 6, 9, 10)))
    theirs = statement(WEEK, US, stretch(saturday, sunday))
    assert (owed(mine), owed(theirs)) == ("450.00", "250.00")


@pytest.mark.parametrize(
    ("start", "end", "amount"),
    [
        ((2025, 3, 8), (2025, 3, 10), "500.00"),
        ((2025, 3, 8), (2025, 3, 9), "255.32"),
        ((2025, 3, 9), (2025, 3, 10), "244.68"),
        ((2025, 11, 1), (2025, 11, 3), "500.00"),  # 49 h
        ((2025, 11, 2), (2025, 11, 3), "255.10"),  # 25 of 49
    ],
)
def test_a_weekend_of_47_or_49_hours_pays_the_same_and_each_day_its_share(start, end, amount):
    assert owed(statement(WEEK, US, stretch(ny(*start), ny(*end)))) == amount


@pytest.mark.parametrize(
    ("monday", "hours", "amount"), [((2025, 6, 2), 128, "1280.00"), ((2025, 3, 24), 127, "1270.00")]
)
def test_ten_pounds_an_hour_outside_working_hours_for_one_week(monday, hours, amount):
    start = lon(*monday)
    end = lon(monday[0], monday[1], monday[2] + 7)
    found = statement(OUT_OF_HOURS, UK, stretch(start, end))
    assert owed(found) == amount
    assert found.lines[0].length == timedelta(hours=hours)


def test_who_carries_all_of_a_week_with_a_holiday_gets_all_of_its_weekday_pay_and_the_holiday():
    """Memorial Day 2025 is Monday 26 May: the weekday band has four days in that week."""
    terms = replace(WEEK, bands=(*WEEK.bands, HOLIDAY))
    where = place(NEW_YORK, (2025, 5, 26))
    found = statement(terms, where, stretch(ny(2025, 5, 26), ny(2025, 6, 2)))
    assert {line.band: str(line.amount) for line in found.lines} == {
        "holiday": "150.00",
        "weekday": "200.00",
        "weekend": "500.00",
    }
    tuesday = statement(terms, where, stretch(ny(2025, 5, 27), ny(2025, 5, 28)))
    assert owed(tuesday) == "50.00"  # a quarter of what is left of the week


def test_a_holiday_on_a_weekend_takes_its_hours_from_the_weekend():
    """4 July 2026 is a Saturday: the weekend band is left with Sunday, and pays all for it."""
    terms = replace(WEEK, bands=(*WEEK.bands, HOLIDAY))
    found = statement(terms, place(NEW_YORK, (2026, 7, 4)), stretch(ny(2026, 7, 4), ny(2026, 7, 6)))
    assert owed(found) == "650.00"


WOKEN = CallOuts(
    working=days(WORKDAYS, time(9), time(18)),
    minimum=60 * MINUTE,
    round_up_to=15 * MINUTE,
    pay=CallOutPay(amount=Fraction(30)),
    lieu=LieuByTime(rate=Fraction(1)),
)


def engaged(start, minutes, *pages):
    return Engagement(span=Span(start, start + minutes * MINUTE), pages=pages)


def test_woken_twice_within_the_hour_is_one_call_out_of_ninety_minutes():
    night = (engaged(ny(2025, 6, 4, 2, 10), 20, 1), engaged(ny(2025, 6, 4, 2, 50), 50, 2, 3))
    found = statement(replace(WEEK, bands=(), call_outs=WOKEN), US, engagements=night)
    (line,) = found.lines
    assert (line.kind, line.band, line.length, line.pages) == ("call_out", "night", 90 * MINUTE, (1, 2, 3))
    assert line.span == Span(ny(2025, 6, 4, 2, 10), ny(2025, 6, 4, 3, 40))
    assert (owed(found), found.lieu_minutes) == ("45.00", 90)


def test_half_a_day_for_being_woken_and_a_quarter_for_a_further_hour_begun():
    lieu = LieuByNight(
        awake=Fraction("0.25"), woken=Fraction("0.5"), further_hour=Fraction("0.25"), day=timedelta(hours=7)
    )
    rules = replace(WOKEN, lieu=lieu, pay=None)
    night = (engaged(lon(2025, 6, 4, 2, 10), 20), engaged(lon(2025, 6, 4, 2, 50), 50))
    found = statement(replace(OUT_OF_HOURS, bands=(), call_outs=rules), UK, engagements=night)
    assert found.lieu_minutes == 0.75 * 7 * 60
    evening = statement(
        replace(OUT_OF_HOURS, bands=(), call_outs=rules), UK, engagements=[engaged(lon(2025, 6, 4, 19), 60)]
    )
    assert evening.lieu_minutes == 0.25 * 7 * 60


@pytest.mark.parametrize(
    ("gap", "outs"), [(59, [120]), (60, [120]), (61, [60, 60])]
)  # a minute each, and a page up to 60 min after the end belongs to it
def test_what_lies_within_the_merge_window_belongs_to_the_same_call_out(gap, outs):
    first = engaged(ny(2025, 6, 4, 1), 1)
    second = engaged(first.span.end + gap * MINUTE, 60 if gap > 60 else 60 - gap + 59)
    rules = replace(WOKEN, round_up_to=60 * MINUTE)
    found = statement(replace(WEEK, bands=(), call_outs=rules), US, engagements=[second, first])
    assert [line.length // MINUTE for line in found.lines] == outs


def test_what_begins_in_working_hours_is_no_call_out_but_on_a_holiday_it_is():
    rules = replace(WEEK, bands=(), call_outs=WOKEN)
    day = engaged(ny(2025, 6, 4, 9), 30)
    assert statement(rules, US, engagements=[day]).lines == ()
    (line,) = statement(rules, place(NEW_YORK, (2025, 6, 4)), engagements=[day]).lines
    assert line.band == "holiday"


def test_one_engagement_counts_for_four_hours_at_most():
    found = statement(
        replace(WEEK, bands=(), call_outs=WOKEN), US, engagements=[engaged(ny(2025, 6, 4, 1), 600)]
    )
    assert found.lines[0].length == timedelta(hours=4)


def test_an_hour_at_the_weekend_is_multiplied():
    pay = CallOutPay(amount=Fraction(30), multipliers={"weekend": Fraction("1.5"), "holiday": Fraction(2)})
    terms = replace(OUT_OF_HOURS, bands=(), call_outs=replace(WOKEN, pay=pay, lieu=None))
    assert owed(statement(terms, UK, engagements=[engaged(lon(2025, 6, 7, 11), 30)])) == "45.00"


def test_a_call_out_over_midnight_of_the_month_is_of_the_month_it_began_in():
    late = engaged(ny(2025, 6, 30, 23, 50), 5)
    after = engaged(ny(2025, 7, 1, 0, 20), 10)
    terms = replace(WEEK, bands=(), call_outs=WOKEN)
    midnight = ny(2025, 7, 1)
    june = Stage(span=Span(ny(2025, 6, 1), midnight), terms=terms, place=US)
    july = Stage(span=Span(midnight, ny(2025, 8, 1)), terms=terms, place=US)
    (line,) = reckon([june], [], [late, after]).lines
    assert line.span.end == ny(2025, 7, 1, 0, 30)
    assert reckon([replace(june, shown=False), july], [], [late, after]).lines == ()


def test_on_two_roles_at_once_the_higher_factor_is_paid_once_or_each():
    terms = replace(WEEK, role_factors={"primary": Fraction(1), "secondary": Fraction("0.5")})
    start, end = ny(2025, 6, 2), ny(2025, 6, 9)
    both = (stretch(start, end, role="secondary"), stretch(start, end))
    assert owed(statement(terms, US, *both)) == "700.00"
    assert owed(statement(replace(terms, overlap=Overlap.EACH), US, *both)) == "1050.00"


def test_a_shadow_is_paid_nothing_and_its_hours_are_shown():
    found = statement(WEEK, US, stretch(ny(2025, 6, 2), ny(2025, 6, 9), role="shadow"))
    assert owed(found) == "0.00"
    assert sum((line.length for line in found.lines), timedelta(0)) == timedelta(days=7)


def test_all_or_nothing_goes_to_whoever_holds_the_first_moment():
    flat = replace(WEEK, bands=(band("weekend", 500, "weekend", within=days(WEEKEND)),))
    saturday, noon, monday = ny(2025, 6, 7), ny(2025, 6, 7, 12), ny(2025, 6, 9)
    assert owed(statement(flat, US, stretch(saturday, noon))) == "500.00"
    assert owed(statement(flat, US, stretch(noon, monday))) == "0.00"


def test_a_weekend_from_friday_evening_to_monday_morning_is_one():
    fri = days([4], time(18), time(0)) + days(WEEKEND) + days([0], time(0), time(9))
    flat = replace(WEEK, bands=(band("weekend", 500, "weekend", within=fri, prorate=True),))
    found = statement(flat, US, stretch(ny(2025, 6, 6, 18), ny(2025, 6, 9, 9)))
    assert owed(found) == "500.00"


def test_an_additive_band_is_paid_on_top():
    night = band("night", 4, "hour", within=days(range(7), time(23), time(7)), additive=True)
    terms = replace(OUT_OF_HOURS, bands=(*OUT_OF_HOURS.bands, night))
    found = statement(terms, UK, stretch(lon(2025, 6, 2, 17), lon(2025, 6, 3, 9)))
    assert owed(found) == "192.00"  # 16 h at 10 and 8 h at 4


def test_a_cap_that_warns_pays_on_and_one_that_does_not_stops():
    week = stretch(lon(2025, 6, 2), lon(2025, 6, 9))
    cap = Cap(per=Period.MONTH, hours=Fraction(100), warn=True)
    warned = statement(replace(OUT_OF_HOURS, cap=cap), UK, week)
    assert owed(warned) == "1280.00"
    assert "2025-06: 128.0 h of standby" in warned.warnings[0]
    stopped = statement(replace(OUT_OF_HOURS, cap=replace(cap, warn=False)), UK, week)
    assert owed(stopped) == "1000.00"


def test_a_shift_pays_its_minimum_and_a_part_of_it_that_part():
    terms = replace(OUT_OF_HOURS, minimum_per_shift=Fraction(400))
    turn = Span(lon(2025, 6, 2, 9), lon(2025, 6, 3, 9))
    whole = statement(terms, UK, stretch(*turn))
    assert [(line.kind.value, str(line.amount)) for line in whole.lines] == [
        ("minimum", "240.00"),
        ("standby", "160.00"),
    ]
    half = statement(terms, UK, stretch(lon(2025, 6, 2, 9), lon(2025, 6, 2, 21), turn=turn))
    assert owed(half) == "200.00"


def test_a_raise_in_the_middle_pays_each_part_by_its_own_terms():
    raised = replace(OUT_OF_HOURS, bands=(replace(OUT_OF_HOURS.bands[0], amount=Fraction(20)),))
    monday, thursday, end = lon(2025, 6, 2), lon(2025, 6, 5), lon(2025, 6, 9)
    stages = [
        Stage(span=Span(thursday, end), terms=raised, place=UK),
        Stage(span=Span(monday, thursday), terms=OUT_OF_HOURS, place=UK),
    ]
    found = reckon(stages, [stretch(monday, end)], [])
    assert [str(line.amount) for line in found.lines] == ["480.00", "1600.00"]
