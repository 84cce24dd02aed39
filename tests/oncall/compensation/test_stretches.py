"""What was carried, against the dumb oracle of who is on call: everybody who is, and once."""

import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.compensation.core.stretches import stretches
from oncall.core.definition import Definition, Role
from oncall.core.final import Roster, Version
from oncall.core.layer import Layer
from oncall.core.length import Length
from oncall.core.override import Override, Temporary, TemporaryShift
from oncall.core.span import Span
from tests.oncall.core.oracle import who
from tests.oncall.core.rosters import ROLES, SPAN, rosters, within
from tests.oncall.core.told import SINCE_EVER

EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
CASES = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ANA, BO, CY = 1, 2, 3
WEEKLY = Length(1, "weeks")
MONDAY = datetime(2025, 6, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = Span(MONDAY, MONDAY + 7 * DAY)


def said(*slots, length=WEEKLY, name="Weekly", since=SINCE_EVER):
    layer = Layer(name, tuple(slots), MONDAY.replace(tzinfo=None), length)
    return Version(since, ZoneInfo("UTC"), Definition({"primary": Role((layer,))}))


def over(kind, start, end, user, instead_of=None, **more):
    return Override("primary", kind, start, end, user, instead_of, **more)


def shares(roster, span=WEEK):
    """By person, how much of whole shifts they carried."""
    found = Counter()
    for one in stretches("Checkout", roster, span):
        turn = one.carried.turn
        found[one.user] += (one.carried.span.end - one.carried.span.start) / (turn.end - turn.start)
    return {user: round(share, 6) for user, share in found.items()}


@CASES
@given(rosters(), st.lists(within, min_size=6, max_size=6))
def test_everybody_who_is_on_call_carries_each_moment_once(case, moments):
    roster, start = case
    found = stretches("S", roster, Span(start, start + SPAN))
    for at in {start + moment for moment in moments} | {one.carried.span.start for one in found}:
        on = Counter(
            (one.carried.role, one.user)
            for one in found
            if one.carried.span.start <= at < one.carried.span.end
        )
        assert on == Counter((role, user) for role in ROLES for user in who(roster, role, at))
    for one in found:
        assert one.carried.turn.start <= one.carried.span.start < one.carried.span.end <= one.carried.turn.end


@CASES
@given(rosters(), within)
def test_what_is_asked_for_cuts_stretches_and_changes_nothing_else(case, cut):
    """No shift, whole or in part, depends on where a period begins or ends."""
    roster, start = case
    whole = stretches("S", roster, Span(start, start + SPAN))
    middle = start + cut
    halves = [
        one
        for span in (Span(start, middle), Span(middle, start + SPAN))
        if span.start < span.end
        for one in stretches("S", roster, span)
    ]
    assert _joined(halves) == _joined(whole)


@CASES
@given(rosters(), st.integers(0, 2**32))
def test_the_order_in_which_overrides_are_given_changes_nothing(case, seed):
    roster, start = case
    shuffled = Random(seed).sample(roster.overrides, len(roster.overrides))  # noqa: S311 - it shuffles
    other = replace(roster, overrides=tuple(shuffled), temporaries=roster.temporaries[::-1])
    span = Span(start, start + SPAN)
    assert stretches("S", roster, span) == stretches("S", other, span)


def _joined(found):
    """Without the cuts between stretches that go on."""
    done = {}
    for one in sorted(found, key=lambda one: (one.user, *_what(one), one.carried.span)):
        spans = done.setdefault((one.user, *_what(one)), [])
        if spans and spans[-1].end == one.carried.span.start:
            spans[-1] = Span(spans[-1].start, one.carried.span.end)
        else:
            spans.append(one.carried.span)
    return done


def _what(one):
    return one.carried.role, one.carried.override, one.carried.turn


def test_two_who_share_a_slot_carry_a_whole_shift_each():
    assert shares(Roster((said((ANA, BO)),))) == {ANA: 1, BO: 1}


def test_who_stays_in_a_slot_that_another_leaves_in_mid_shift_carries_it_once():
    leaves = said((ANA,), since=MONDAY + 3 * DAY)
    roster = Roster((said((ANA, BO)), leaves))
    found = stretches("Checkout", roster, WEEK)
    assert sorted((one.user, *one.carried.span) for one in found) == [
        (ANA, MONDAY, MONDAY + 7 * DAY),
        (BO, MONDAY, MONDAY + 3 * DAY),
    ]
    assert shares(roster) == {ANA: 1, BO: 1}


def test_a_replacement_in_a_shared_slot_takes_part_of_the_shift_of_the_one_who_is_replaced():
    leaves = said((ANA,), since=MONDAY + 4 * DAY)
    half = over("replace", MONDAY, MONDAY + 2 * DAY, CY, BO)
    assert shares(Roster((said((ANA, BO)), leaves), (half,))) == {ANA: 1, BO: 0.5, CY: 0.5}


def test_a_cover_of_part_of_a_temporary_shift_takes_part_of_that_shift():
    day = MONDAY + 5 * DAY
    temporary = Temporary(day, day + DAY, (TemporaryShift("primary", day, day + DAY, BO),))
    half = over("cover", day + 6 * HOUR, day + 18 * HOUR, CY, over_temporary=True)
    roster = Roster((said((ANA,)),), (half,), (temporary,))
    assert shares(roster) == {ANA: round(6 / 7, 6), BO: 0.5, CY: 0.5}


def test_a_cover_over_several_shifts_takes_its_part_of_each():
    cover = over("cover", MONDAY + 12 * HOUR, MONDAY + 36 * HOUR, CY)
    roster = Roster((said((ANA,), (BO,), length=Length(1, "days")),), (cover,))
    assert shares(roster, Span(MONDAY, MONDAY + 2 * DAY)) == {ANA: 0.5, BO: 0.5, CY: 1}
