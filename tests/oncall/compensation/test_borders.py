"""Where a month, a plan or a place ends and the next begins, nothing is lost and nothing is paid twice."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.money import Per, Rounding
from oncall.compensation.core.moves import Move
from oncall.compensation.core.statement import Stage, reckon
from oncall.compensation.core.terms import CallOutPay, CallOuts, Cap, Period, Terms
from oncall.core.span import Span
from tests.oncall.compensation.plans import NEW_YORK, WEEKEND, WORKDAYS, at, band, days, place, stretch

UTC_ZONE, TOKYO = ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")
MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
HERE = place(UTC_ZONE)


def terms(*bands, **more):
    return Terms(plan="p", currency="EUR", bands=bands, **more)


def paid(stages, *carried, engagements=()):
    return sum((line.exact for line in reckon(stages, carried, list(engagements)).lines), Fraction(0))


def woken(start, minutes):
    return Engagement(span=Span(start, start + minutes * MINUTE))


BY_THE_HOUR = CallOutPay(amount=Fraction(60))
MERGED = CallOuts(merge=HOUR, pay=BY_THE_HOUR)
MIDNIGHT = MONDAY + DAY
BEFORE, AFTER = Span(MONDAY, MIDNIGHT), Span(MIDNIGHT, MIDNIGHT + DAY)
LATE, EARLY = woken(MIDNIGHT - 10 * MINUTE, 5), woken(MIDNIGHT + 10 * MINUTE, 20)


def both(first, second):
    return [
        Stage(span=BEFORE, terms=first, place=HERE),
        Stage(span=AFTER, terms=second, place=HERE),
    ]


def test_a_call_out_that_goes_on_under_other_terms_is_one_and_is_paid_by_those_it_began_under():
    one, other = terms(call_outs=MERGED), terms(call_outs=replace(MERGED, merge=timedelta(0)))
    assert paid(both(one, other), engagements=[LATE, EARLY]) == 40


def test_how_long_an_engagement_counts_is_said_by_the_terms_that_its_call_out_began_under():
    other = terms(call_outs=replace(MERGED, longest=5 * MINUTE))
    assert paid(both(terms(call_outs=MERGED), other), engagements=[LATE, EARLY]) == 40


def test_one_that_merges_with_nothing_before_it_begins_anew():
    one, other = terms(call_outs=replace(MERGED, merge=timedelta(0))), terms(call_outs=MERGED)
    assert paid(both(one, other), engagements=[LATE, EARLY]) == 25


def test_a_flat_week_of_nights_is_for_the_first_night_of_it():
    flat = terms(band("night", 70, "week", within=days(range(7), time(22), time(2))))
    whole = Span(MONDAY, MONDAY + 7 * DAY)
    stage = Stage(span=whole, terms=flat, place=HERE)
    nights = [paid([stage], stretch(MONDAY + n * DAY, MONDAY + (n + 1) * DAY)) for n in range(7)]
    assert nights == [70, 0, 0, 0, 0, 0, 0]


def test_what_no_plan_pays_swallows_nothing_that_comes_after_it():
    later = terms(call_outs=MERGED)
    assert paid([Stage(span=AFTER, terms=later, place=HERE)], engagements=[LATE, EARLY]) == 20
    assert paid(both(terms(), later), engagements=[LATE, EARLY]) == 20


def test_a_weekly_cap_counts_each_week_of_a_stretch_that_lasts_for_three():
    capped = terms(band("all", 1, "hour"), cap=Cap(per=Period.WEEK, hours=Fraction(40)))
    whole = Span(MONDAY, MONDAY + 21 * DAY)
    assert paid([Stage(span=whole, terms=capped, place=HERE)], stretch(*whole)) == 120


def test_a_monthly_cap_of_money_counts_each_month_of_a_stretch():
    capped = terms(band("all", 1, "hour"), cap=Cap(per=Period.MONTH, amount=Fraction(100)))
    whole = Span(MONDAY, MONDAY + 35 * DAY)
    assert paid([Stage(span=whole, terms=capped, place=HERE)], stretch(*whole)) == 200


def test_hours_beyond_a_cap_are_those_that_come_last_whatever_they_pay():
    night = band("night", 10, "hour", within=days(range(7), time(0), time(8)))
    capped = terms(night, band("day", 1, "hour"), cap=Cap(per=Period.WEEK, hours=Fraction(30)))
    whole = Span(MONDAY, MONDAY + 7 * DAY)
    first_thirty = 8 * 10 + 16 * 1 + 6 * 10
    stage = Stage(span=whole, terms=capped, place=HERE)
    assert paid([stage], stretch(*whole)) == first_thirty
    parts = [stretch(MONDAY + n * 5 * HOUR, MONDAY + (n + 1) * 5 * HOUR) for n in range(30)]
    assert paid([stage], *parts) == first_thirty


def test_what_is_paid_on_top_uses_no_more_of_a_cap_of_hours_and_a_shadow_uses_none():
    capped = terms(
        band("all", 1, "hour"),
        band("extra", 1, "hour", additive=True),
        cap=Cap(per=Period.WEEK, hours=Fraction(100)),
    )
    whole = Span(MONDAY, MONDAY + 5 * DAY)
    shadow = stretch(MONDAY - 2 * DAY, MONDAY, role="shadow")
    stage = Stage(span=Span(MONDAY - 3 * DAY, whole.end), terms=capped, place=HERE)
    assert paid([stage], shadow, stretch(*whole)) == 200
    weekly = Span(MONDAY, MONDAY + 2 * DAY)
    learning, alone = (
        stretch(*weekly, role="shadow"),
        stretch(MONDAY + 2 * DAY, MONDAY + 6 * DAY),
    )
    assert paid([stage], learning, replace(alone, span=Span(MONDAY + 2 * DAY, MONDAY + 5 * DAY))) == 144


def moved(at_, one, other):
    return (Move(place=one, until=at_), Move(place=other, until=datetime.max.replace(tzinfo=UTC)))


def moving(at_, one, other, terms_, whole):
    moves = moved(at_, one, other)
    return [
        Stage(span=Span(whole.start, at_), terms=terms_, place=one, moves=moves),
        Stage(span=Span(at_, whole.end), terms=terms_, place=other, moves=moves),
    ]


def test_who_flies_east_over_a_midnight_has_each_day_paid_once():
    by_day = terms(band("all", 50, "day"))
    new_york, tokyo = place(NEW_YORK), place(TOKYO)
    whole = Span(at(NEW_YORK, 2025, 6, 2), at(TOKYO, 2025, 6, 9))
    for hour in (1, 12, 20):  # at 12 and 20 it is Wednesday in Tokyo already
        lands = at(NEW_YORK, 2025, 6, 3, hour)
        assert paid(moving(lands, new_york, tokyo, by_day, whole), stretch(*whole)) == 7 * 50


def test_who_flies_west_back_into_a_day_is_not_paid_for_it_again():
    by_day = terms(band("all", 50, "day"))
    new_york, tokyo = place(NEW_YORK), place(TOKYO)
    whole = Span(at(TOKYO, 2025, 6, 2), at(NEW_YORK, 2025, 6, 9))
    for hour in (1, 12, 20):
        lands = at(TOKYO, 2025, 6, 4, hour)
        assert paid(moving(lands, tokyo, new_york, by_day, whole), stretch(*whole)) == 7 * 50


def test_whoever_carries_all_of_a_week_gets_all_of_it_also_where_it_has_155_hours():
    by_week = terms(
        band("weekday", 200, "week", within=days(WORKDAYS), prorate=True),
        band("weekend", 500, "weekend", within=days(WEEKEND), prorate=True),
    )
    whole = Span(at(NEW_YORK, 2025, 6, 2), at(TOKYO, 2025, 6, 9))
    lands = at(NEW_YORK, 2025, 6, 4, 12)
    stages = moving(lands, place(NEW_YORK), place(TOKYO), by_week, whole)
    assert paid(stages, stretch(*whole)) == 700


def test_a_holiday_at_the_new_place_begins_no_second_week():
    by_week = terms(
        band("weekday", 200, "week", within=days(WORKDAYS)), band("holiday", 0, "day", holidays=True)
    )
    whole = Span(MONDAY, MONDAY + 7 * DAY)
    stages = moving(MONDAY + 12 * HOUR, HERE, place(UTC_ZONE, (2025, 6, 2)), by_week, whole)
    assert paid(stages, stretch(*whole)) == 200


def test_a_total_is_rounded_once_where_a_month_has_two_stages():
    thirds = terms(band("all", "0.001", "hour"), rounding=Rounding(per=Per.TOTAL))
    stages = [Stage(span=span, terms=thirds, place=HERE, shown=True) for span in (BEFORE, AFTER)]
    stages[1] = replace(stages[1], place=place(UTC_ZONE, (2025, 1, 1)))
    carried = [stretch(MONDAY, MONDAY + 4 * HOUR), stretch(MIDNIGHT, MIDNIGHT + 4 * HOUR)]
    found = reckon(stages, carried, [])
    assert str(found.totals()["EUR"]) == "0.01"
