"""A holiday that pays less than what it takes the place of is found, an hour against an hour."""

from fractions import Fraction

import pytest

from oncall.compensation.core.holiday_pay import shortfalls
from oncall.compensation.core.terms import Terms
from tests.oncall.compensation.plans import HOLIDAY, WEEK, WEEKEND, WORKDAYS, band, days, time


def terms(*bands, **more):
    return Terms(plan="P", currency="USD", bands=bands, **more)


def test_acme_pays_150_for_a_holiday_and_250_for_each_day_of_a_weekend():
    [one] = shortfalls(terms(*WEEK.bands, HOLIDAY))
    assert (one.holiday.name, one.displaced.name, one.days) == ("holiday", "weekend", WEEKEND)
    assert (one.pays, one.would, one.needs) == (Fraction(150, 24), Fraction(500, 48), 250)


WEEKDAY, SATURDAY = (
    band("weekday", 1, "hour", within=days(WORKDAYS)),
    band("weekend", 2, "hour", within=days(WEEKEND)),
)


@pytest.mark.parametrize(
    ("holiday", "fewer_on"),
    [
        (band("holiday", 2, "hour", holidays=True), {}),  # just as much
        (band("holiday", "1.99", "hour", holidays=True), {"weekend": WEEKEND}),
        (band("holiday", "0.99", "hour", holidays=True), {"weekday": WORKDAYS, "weekend": WEEKEND}),
        (band("holiday", 0, "hour", holidays=True, additive=True), {}),  # beside the others
        (band("holiday", 48, "day", holidays=True), {}),
        (band("holiday", "47.99", "day", holidays=True, prorate=True), {"weekend": WEEKEND}),
        (band("holiday", 48, "week", holidays=True), {}),  # one holiday is all of the week that the band has
        (band("holiday", 1, "shift", holidays=True), {}),  # of a length that nobody knows
        (band("other", "0.5", "hour", holidays=True), {}),  # comes after those that are listed before it
    ],
)
def test_units_are_compared_by_what_an_hour_pays(holiday, fewer_on):
    precedence = {"precedence": ()} if holiday.name == "other" else {}
    found = shortfalls(terms(WEEKDAY, SATURDAY, holiday, **precedence))
    assert {one.displaced.name: one.days for one in found} == fewer_on


def test_a_holiday_of_the_mornings_takes_the_place_of_mornings_only():
    morning = band("holiday", 3, "hour", holidays=True, within=days(range(7), time(6), time(12)))
    night = band("night", 4, "hour", within=days(range(7), time(23), time(6)))
    assert shortfalls(terms(WEEKDAY, night, morning)) == []
    [one] = shortfalls(terms(WEEKDAY, night, band("holiday", 3, "hour", holidays=True)))
    assert (one.displaced.name, one.days, one.needs) == ("night", tuple(range(7)), 4)


def test_what_is_paid_on_top_of_a_holiday_counts_for_it():
    extra = band("festive", 1, "hour", holidays=True, additive=True)
    plain = band("holiday", 1, "hour", holidays=True)
    assert shortfalls(terms(SATURDAY, plain, extra)) == []
    [one] = shortfalls(terms(SATURDAY, plain))
    assert (one.pays, one.would) == (1, 2)


def test_a_holiday_that_pays_nothing_needs_no_certain_amount():
    [one] = shortfalls(terms(SATURDAY, band("holiday", 0, "day", holidays=True)))
    assert (one.pays, one.needs) == (0, None)


def test_without_holidays_or_without_anything_else_there_is_nothing_to_compare():
    assert shortfalls(terms(WEEKDAY)) == shortfalls(terms(HOLIDAY)) == shortfalls(terms()) == []
