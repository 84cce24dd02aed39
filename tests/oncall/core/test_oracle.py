"""The resolver against a dumb one that walks handoff by handoff and decides at one instant.

EXAMPLES=2000 makes it look harder than the suite has time for.
"""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.core.final import Roster, Shift, on_call, shifts
from tests.oncall.core.oracle import turn, who
from tests.oncall.core.rosters import ROLES, SPAN, changes, plain_rosters, rosters, within
from tests.oncall.core.told import SINCE_EVER

INSTANT = timedelta(microseconds=1)
CASES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PLAIN_CASES = settings(CASES, max_examples=5 * CASES.max_examples)
moments = st.lists(within, min_size=4, max_size=4)


@CASES
@given(rosters(), st.booleans(), moments, st.integers(0, 1000))
def test_an_instant_a_range_and_walking_give_the_same_answer(case, split, asked, near):
    roster, start = case
    found = shifts(roster, start, start + SPAN, split_at_handoffs=split)
    edge = found[near % len(found)].start if found else start
    told = [max(at, start) for at in _edges(roster) if at < start + SPAN]
    for at in (
        edge,
        max(edge - INSTANT, start),
        *told,
        *_odd_hours(roster, start),
        *(start + moment for moment in asked),
    ):
        now = on_call(roster, at)
        for role in ROLES:
            expected = who(roster, role, at)
            assert set(now.get(role, ())) == expected, (role, at)
            assert _shown(found, role, at) == expected, (role, at)


@PLAIN_CASES
@given(plain_rosters())
def test_in_the_hours_that_clocks_show_twice_or_skip_a_layer_is_what_walking_says(case):
    roster, start = case
    (version,) = roster.versions
    (layer,) = version.definition.layers()
    turns = layer.rotation(version.zone, version.holidays)
    found = shifts(roster, start, start + SPAN, role="primary")
    for at in sorted(_odd_hours(roster, start)):
        number, expected = turn(layer, version, at), who(roster, "primary", at)
        assert number is None or turns.number_at(at) == number, at
        assert set(on_call(roster, at)["primary"]) == expected, at
        assert _shown(found, "primary", at) == expected, at


@CASES
@given(rosters(), within)
def test_a_range_has_no_holes_and_is_the_sum_of_its_halves(case, cut):
    """Nothing depends on where a question begins: on this rest the calendar and the pay statement."""
    roster, start = case
    until, middle = start + SPAN, start + cut
    found = [one for role in ROLES for one in shifts(roster, start, until, role=role)]
    halves = [
        one
        for role in ROLES
        for since, to in ((start, middle), (middle, until))
        for one in shifts(roster, since, to, role=role)
    ]
    assert _carried(found) == _carried(halves)
    for role in ROLES:
        assert _without_holes([one for one in found if one.role == role], start, until)


def _edges(roster: Roster) -> set[datetime]:
    """When something that the roster says begins or ends, but for turns and windows."""
    over = [*roster.overrides, *roster.temporaries, *(s for one in roster.temporaries for s in one.shifts)]
    edges = {edge for one in over for edge in (one.start, one.end)} | set(roster.deactivated.values())
    return edges | {version.effective_from for version in roster.versions} | {roster.retired_at or SINCE_EVER}


def _odd_hours(roster: Roster, start: datetime) -> set[datetime]:
    """Every quarter of an hour around those that the clocks of a version show twice, or skip."""
    zones = {str(version.zone) for version in roster.versions}
    odd = {at for zone in zones for change in changes(zone, start) for at in change.instants()}
    return {at for at in odd if start <= at < start + SPAN}


def _shown(found: Iterable[Shift], role: str, at: datetime) -> set[int]:
    now = [one for one in found if one.role == role and one.start <= at < one.end]
    return {one.user for one in now if one.user is not None}


def _carried(found: Iterable[Shift]) -> dict[tuple[str, int | None, str], timedelta]:
    """How long each was on, in each role, by which kind of override; gaps are None's."""
    carried: dict[tuple[str, int | None, str], timedelta] = {}
    for one in found:
        key = (one.role, one.user, one.override)
        carried[key] = carried.get(key, timedelta()) + (one.end - one.start)
    return carried


def _without_holes(found: list[Shift], since: datetime, until: datetime) -> bool:
    """Whether shifts sorted by their start leave no instant out, and have nobody twice at once."""
    reached, busy = since, dict[int | None, datetime]()
    for one in found:
        if one.start > reached or one.start < busy.get(one.user, since) or one.start >= one.end:
            return False
        reached, busy[one.user] = max(reached, one.end), one.end
    return reached == until
