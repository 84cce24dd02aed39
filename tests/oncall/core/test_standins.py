"""Who could carry it: free, then rested, then who carried least; the same state gives the same order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from oncall.core.conflicts import Away
from oncall.core.final import Shift
from oncall.core.span import Span
from oncall.core.standins import Duty, Person, ranked

DAY = datetime(2026, 3, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPAN = Span(DAY + 9 * HOUR, DAY + 17 * HOUR)


def duty(start, end):
    return Duty("Checkout", Shift("primary", 0, DAY + start * HOUR, DAY + end * HOUR))


def person(user, **known):
    return Person(user=user, zone=ZoneInfo("UTC"), **known)


def order(*people):
    return [candidate.user for candidate in ranked(people, SPAN, days=90)]


def reasons(one):
    (found,) = ranked([one], SPAN, days=90)
    return found


def test_who_carried_least_comes_first_and_who_cannot_comes_last():
    away = Away(1, Span(DAY, DAY + 24 * HOUR))
    people = [
        person(1, away=(away,)),
        person(2, carried=40 * HOUR),
        person(3, carried=10 * HOUR, planned=20 * HOUR),
        person(4, duties=(duty(16, 30),)),
        person(5, carried=1 * HOUR, duties=(duty(0, 8),)),
    ]
    assert order(*people) == [3, 2, 5, 1, 4]


def test_of_equals_who_ended_longest_ago_goes_first():
    people = [person(1, last_end=DAY), person(2, last_end=DAY - HOUR), person(3), person(4)]
    assert {tuple(order(*shuffled)) for shuffled in permutations(people)} == {(3, 4, 2, 1)}


@pytest.mark.parametrize(("end", "rested"), [(-2.01, True), (-2, True), (-1.99, False)])
def test_rest_is_eleven_hours(end, rested):
    """The span begins at 09:00: a duty may end at 22:00 of the day before."""
    assert reasons(person(1, duties=(duty(-10, end),))).rested is rested


def test_the_reasons_are_words():
    assert (
        reasons(person(1, carried=12 * HOUR)).said
        == "free; rested; 12 h in the last 90 days, 0 h in the next"
    )
    assert reasons(person(1, duties=(duty(9, 10),))).reasons[0] == "on call then: primary of Checkout"
    assert "right after primary of Checkout" in reasons(person(1, duties=(duty(0, 9),))).reasons
    assert "3 h before primary of Checkout" in reasons(person(1, duties=(duty(20, 30),))).reasons
    away = Away(1, Span(DAY, DAY + 48 * HOUR))
    assert reasons(person(1, away=(away,))).reasons[0] == "away 2026-03-03 to 2026-03-04"


def test_a_page_of_the_night_before_tires_and_one_by_day_does_not():
    assert "was paged at 03:10" in reasons(person(1, paged=(DAY + 3 * HOUR + timedelta(minutes=10),))).said
    assert reasons(person(1, paged=(DAY + 8 * HOUR,))).rested
    assert reasons(person(1, paged=(DAY - 2 * HOUR,))).rested
    assert not reasons(person(1, paged=(DAY - 2 * HOUR + timedelta(minutes=1),))).rested
