"""From rosters to money: whatever a schedule says and however it is overridden, against the dumb oracles of
who is on call and of what a minute pays; and nothing depends on how people, schedules or months are cut.
"""

import os
from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from oncall.compensation.core.bands import Place
from oncall.compensation.core.callouts import Engagement
from oncall.compensation.core.statement import Stage, reckon
from oncall.compensation.core.stretches import stretches
from oncall.compensation.core.terms import (
    Band,
    CallOutPay,
    CallOuts,
    Cap,
    Overlap,
    Period,
    Terms,
    Unit,
)
from oncall.core.span import Span
from tests.oncall.compensation import oracle
from tests.oncall.compensation import test_properties as properties
from tests.oncall.compensation.plans import WHOLE_DAY
from tests.oncall.core.oracle import STEP, who
from tests.oncall.core.rosters import ROLES, rosters

EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
CASES = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=QUIET)
SLOW = settings(CASES, max_examples=max(1, EXAMPLES // 6))
FACTORS = {"secondary": Fraction(1, 2), "shadow": Fraction(0)}
ALWAYS = Band(name="rest of it", amount=Fraction(3), per=Unit.HOUR)
SHORT = timedelta(days=2)
plans = st.lists(
    properties.bands().filter(lambda pair: pair[0].per is not Unit.SHIFT),
    min_size=1,
    max_size=3,
    unique_by=lambda pair: pair[0].name,
)
zones = st.sampled_from(properties.ZONES).map(ZoneInfo)


def between_quarters(roster):
    """Clocks of St John's changed a minute after midnight: who is on call changed then, too."""
    return any(str(version.zone) == "America/St_Johns" for version in roster.versions)


def carried_by(span, **named):
    found = defaultdict(list)
    for name, roster in named.items():
        for one in stretches(name, roster, span):
            found[one.user].append(one.carried)
    return found


def statement(terms, place, span, carried):
    return reckon([Stage(span=span, terms=terms, place=place)], carried, [])


def walked(roster, span):
    """By person, runs of quarters of an hour in a role: (schedule, role, start, end, no turn)."""
    found = defaultdict(list)
    at = span.start
    while at < span.end:
        for role in ROLES:
            for user in who(roster, role, at):
                runs = found[user]
                last = next((n for n, run in enumerate(runs) if run[1] == role and run[3] == at), None)
                if last is None:
                    runs.append(("S", role, at, at + STEP, None))
                else:
                    runs[last] = (*runs[last][:3], at + STEP, None)
        at += STEP
    return found


@SLOW
@given(case=rosters(), plan=plans, zone=zones, once=st.booleans(), days=st.integers(0, 6))
def test_walking_from_quarter_to_quarter_and_from_minute_to_minute_comes_to_the_same(
    case, plan, zone, once, days
):
    roster, start = case
    assume(not between_quarters(roster))
    span = Span(start + timedelta(days=days), start + timedelta(days=days) + SHORT)
    holidays = {span.start.date() + timedelta(days=1)}
    overlap = Overlap.ONCE if once else Overlap.EACH
    terms = properties.terms_of(plan, FACTORS, overlap)
    place = Place(zone, dict.fromkeys(holidays, WHOLE_DAY))
    counted = oracle.Oracle([dumb for _, dumb in plan], terms.precedence, (zone, holidays))
    expected = {user: counted.owed(runs, FACTORS, once=once) for user, runs in walked(roster, span).items()}
    found = {
        user: properties.by_band(statement(terms, place, span, carried))
        for user, carried in carried_by(span, S=roster).items()
    }
    assert {user: owed for user, owed in found.items() if owed} == {
        user: owed for user, owed in expected.items() if owed
    }


@CASES
@given(one=rosters(), other=rosters(), plan=plans, zone=zones)
def test_the_sum_over_people_is_the_sum_over_schedules(one, other, plan, zone):
    """Each carries, and is paid, what the schedules gave: hours and money, where each is paid for each."""
    span = Span(one[1], one[1] + timedelta(days=6))
    apart = [Band(name=core.name, amount=core.amount, per=Unit.HOUR, within=core.within) for core, _ in plan]
    terms = Terms(plan="p", currency="EUR", bands=(*apart, ALWAYS), overlap=Overlap.EACH)
    place = Place(zone, {})
    named = {"A": one[0], "B": other[0]}
    lines = [
        line
        for carried in carried_by(span, **named).values()
        for line in statement(terms, place, span, carried).lines
    ]
    alone = [
        line
        for name, roster in named.items()
        for carried in stretches(name, roster, span)
        for line in statement(terms, place, span, [carried.carried]).lines
    ]
    for name, roster in named.items():
        carried = sum(
            (one.carried.span.end - one.carried.span.start for one in stretches(name, roster, span)),
            timedelta(0),
        )
        paid = sum((line.length for line in lines if line.schedule == name), timedelta(0))
        assert paid == carried
    assert sum(line.exact for line in lines) == sum(line.exact for line in alone)


caps = st.one_of(
    st.none(),
    st.builds(
        Cap,
        per=st.sampled_from(Period),
        hours=st.one_of(st.none(), st.integers(1, 90).map(Fraction)),
        amount=st.integers(1, 400).map(Fraction),
        warn=st.booleans(),
    ),
)


@CASES
@given(
    case=rosters(),
    plan=plans,
    zone=zones,
    cap=caps,
    cut=st.integers(1, 8 * 96),
    woken=st.lists(st.tuples(st.integers(0, 8 * 96), st.integers(0, 300)), max_size=4),
    merge=st.integers(0, 180),
)
def test_two_months_that_adjoin_add_up_to_both_together(case, plan, zone, cap, cut, woken, merge):
    roster, start = case
    whole = Span(start, start + timedelta(days=9))
    middle = start + cut * STEP
    outs = CallOuts(merge=timedelta(minutes=merge), pay=CallOutPay(amount=Fraction(7)))
    bands = tuple(core for core, _ in plan)
    terms = Terms(plan="p", currency="EUR", bands=bands, role_factors=FACTORS, cap=cap, call_outs=outs)
    engagements = [
        Engagement(span=Span(start + at * STEP, start + at * STEP + timedelta(minutes=minutes)))
        for at, minutes in woken
    ]

    def stage(span, **more):
        return Stage(span=span, terms=terms, place=Place(zone, {}), **more)

    before, after = Span(start, middle), Span(middle, whole.end)
    for carried in carried_by(whole, S=roster).values():
        together = reckon([stage(whole)], carried, engagements).lines
        first = reckon([stage(before)], carried, engagements).lines
        second = reckon([stage(before, shown=False), stage(after)], carried, engagements).lines
        assert sum(line.exact for line in together) == sum(line.exact for line in (*first, *second))
        hours = [sum((one.length for one in lines), timedelta(0)) for lines in (together, (*first, *second))]
        assert hours[0] == hours[1]
