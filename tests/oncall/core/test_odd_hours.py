"""Hours that clocks show twice, in zones of whole, half and odd changes: ends are at their last pass, starts
and handoffs at their first.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.core.final import on_call
from oncall.core.length import Length
from oncall.core.rotation import Rotation
from tests.oncall.core.told import A, B, layer, roster, utc

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
TWICE = {  # zone: what its clocks show twice, and when first and last
    "Australia/Lord_Howe": ("2025-04-06T01:45", "2025-04-05T14:45", "2025-04-05T15:15"),  # half an hour
    "America/St_Johns": ("2025-11-02T01:15", "2025-11-02T03:45", "2025-11-02T04:45"),
    "Africa/Casablanca": ("2025-02-23T02:30", "2025-02-23T01:30", "2025-02-23T02:30"),  # Ramadan
    "Pacific/Apia": ("2012-04-01T03:30", "2012-03-31T13:30", "2012-03-31T14:30"),
    "Antarctica/Troll": ("2025-10-26T02:15", "2025-10-26T00:15", "2025-10-26T02:15"),  # two hours
}
OVER_MIDNIGHT = ("America/St_Johns", "2010-11-06T23:30", "2010-11-07T02:00", "2010-11-07T03:00")
CASES = [*((zone, *when) for zone, when in TWICE.items()), OVER_MIDNIGHT]
of_each = pytest.mark.parametrize(("zone", "wall", "first", "last"), CASES, ids=lambda one: one)


def day_before(wall, clock="12:00"):
    return f"{utc(wall).date() - timedelta(days=1)}T{clock}"


def ends(plan, at):
    """Whether A is on until `at`, and not from it on."""
    return [on_call(plan, utc(at) - INSTANT)["primary"], on_call(plan, utc(at))["primary"]] == [(A,), ()]


@of_each
def test_a_layer_that_ends_in_a_repeated_hour_ends_at_its_second_pass(zone, wall, first, last):
    plan = roster(layer([A], day_before(wall), "1w", end=wall), zone=zone)
    assert on_call(plan, utc(first))["primary"] == (A,)
    assert ends(plan, last)


@of_each
def test_a_layer_that_starts_in_a_repeated_hour_starts_at_its_first_pass(zone, wall, first, last):
    plan = roster(layer([A], wall, "1w"), zone=zone)
    assert on_call(plan, utc(first) - INSTANT)["primary"] == ()
    assert on_call(plan, utc(first))["primary"] == (A,)


@of_each
def test_a_window_that_ends_in_a_repeated_hour_ends_at_its_second_pass(zone, wall, first, last):
    window = {"days": DAYS, "start": "12:00", "end": wall[11:]}
    plan = roster(layer([A], day_before(wall, "00:00"), "1w", restrictions=[window]), zone=zone)
    assert on_call(plan, utc(first))["primary"] == (A,)
    assert ends(plan, last)


@of_each
def test_a_window_that_starts_in_a_repeated_hour_starts_at_its_first_pass(zone, wall, first, last):
    window = {"days": DAYS, "start": wall[11:], "end": "12:00"}
    plan = roster(layer([A], day_before(wall, "00:00"), "1w", restrictions=[window]), zone=zone)
    assert on_call(plan, utc(first) - INSTANT)["primary"] == ()
    assert on_call(plan, utc(first))["primary"] == on_call(plan, utc(last))["primary"] == (A,)


@of_each
@pytest.mark.parametrize("length", ["1d", "1h"])
def test_a_handoff_in_a_repeated_hour_is_at_its_first_pass_and_there_is_no_second(
    zone, wall, first, last, length
):
    """Asked where clocks show a time before the handoff's for the second time, it has been."""
    anchor, number = day_before(wall, wall[11:]), {"1d": 1, "1h": 24}[length]
    turns = Rotation(datetime.fromisoformat(anchor), Length.parse(length), ZoneInfo(zone))
    plan = roster(layer([A, B], anchor, length), zone=zone)
    asked = [utc(first) - INSTANT, utc(first), utc(last) - MINUTE, utc(last)]
    assert [turns.number_at(at) for at in asked] == [number - 1, number, number, number]
    assert [on_call(plan, at)["primary"] for at in asked] == [
        ((A, B)[n % 2],) for n in (number - 1, number, number, number)
    ]
