"""The resolver against a dumb one that walks handoff by handoff and decides at one instant.

EXAMPLES=2000 makes it look harder than the suite has time for.
"""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.core.final import Roster, Shift, on_call, shifts
from tests.oncall.core.oracle import who
from tests.oncall.core.rosters import DAYS, ROLES, SPAN, rosters, within
from tests.oncall.core.told import SINCE_EVER

INSTANT = timedelta(microseconds=1)
CASES = settings(
    max_examples=int(os.environ.get("EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
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
        *_repeated(roster, start),
        *(start + moment for moment in asked),
    ):
        now = on_call(roster, at)
        for role in ROLES:
            expected = who(roster, role, at)
            assert set(now.get(role, ())) == expected, (role, at)
            assert _shown(found, role, at) == expected, (role, at)


@CASES
@given(rosters(), within)
def test_a_range_has_no_holes_and_is_the_sum_of_its_halves(case, cut):
    """Nothing depends on where a question begins: on this rest the calendar and the pay statement."""
    roster, start = case
    until, middle = start + timedelta(days=DAYS), start + cut
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


def _repeated(roster: Roster, start: datetime) -> list[datetime]:
    """Every quarter of an hour around the one in which the clocks go back."""
    zone, hour = roster.versions[0].zone, timedelta(hours=1)
    clocks = [
        (at, (at + hour).astimezone(zone).utcoffset()) for at in (start + n * hour for n in range(DAYS * 24))
    ]
    back = [at + hour for (at, one), (_, other) in pairwise(clocks) if other < one]
    return [at + n * hour / 4 for at in back for n in range(-1, 9)]


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
