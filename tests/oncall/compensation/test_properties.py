"""Whatever the plan and however a shift is cut: nobody's money is lost, and none is made."""

import os
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.compensation.core.bands import Place, of_bands
from oncall.compensation.core.terms import Band, Overlap, Terms, Unit
from oncall.core.restriction import Restriction
from oncall.core.span import Span
from tests.oncall.compensation import oracle
from tests.oncall.compensation.plans import WHOLE_DAY, statement, stretch

EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "UTC",
]
CHANGES = [datetime(2025, *day, tzinfo=UTC) for day in [(3, 8), (3, 29), (4, 5), (7, 1), (10, 4), (11, 1)]]
"""Days near which clocks change, and one on which none do."""
CLOCKS = [0, 4 * 60, 7 * 60 + 30, 9 * 60, 17 * 60, 18 * 60, 22 * 60, 23 * 60 + 45]
"""No edge lies in an hour that clocks skip or repeat: what is meant there has tests of its own."""

names = st.sampled_from(["holiday", "weekend", "night", "evening", "weekday", "other"])
some_days = st.sets(st.integers(0, 6), min_size=1).map(sorted)
clocks = st.sampled_from(CLOCKS)


def clock(minutes):
    return time(minutes // 60, minutes % 60)


def has(chosen, start, end):
    """The dumb reading of a window: on these days from start to end, or over midnight into the next."""

    def when(weekday, minute):
        if start < end:
            return weekday in chosen and start <= minute < end
        return (weekday in chosen and minute >= start) or ((weekday - 1) % 7 in chosen and minute < end)

    return when


@st.composite
def bands(draw):
    """A band as the core has it, and as the oracle has it."""
    chosen, start, end = draw(some_days), draw(clocks), draw(clocks)
    window = (Restriction(tuple(chosen), clock(start), clock(end)),)
    inside, shape = (
        has(chosen, start, end),
        draw(st.sampled_from(["always", "within", "outside", "holidays"])),
    )
    when = {
        "always": lambda _d, _m, _h: True,
        "within": lambda day, minute, _h: inside(day, minute),
        "outside": lambda day, minute, _h: not inside(day, minute),
        "holidays": lambda _d, _m, holiday: holiday,
    }[shape]
    name, amount = draw(names), Fraction(draw(st.integers(0, 900)), 4)
    per, prorate, additive = draw(st.sampled_from(list(Unit))), draw(st.booleans()), draw(st.booleans())
    core = Band(
        name=name, amount=amount, per=per, prorate=prorate, additive=additive,
        within=window if shape == "within" else None, outside=window if shape == "outside" else (),
        holidays=shape == "holidays",
    )  # fmt: skip
    dumb = {
        "name": name,
        "amount": amount,
        "per": per.value,
        "prorate": prorate,
        "additive": additive,
        "when": when,
    }
    return core, dumb


plans = st.lists(bands(), min_size=1, max_size=4, unique_by=lambda pair: pair[0].name)
factors = st.fixed_dictionaries(
    {"primary": st.just(Fraction(1)), "secondary": st.sampled_from([Fraction(1, 2), Fraction(1)])}
)


@st.composite
def worlds(draw):
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    near = draw(st.sampled_from(CHANGES))
    day = near.date()
    holidays = draw(st.sets(st.integers(-3, 6), max_size=2).map(lambda ns: {day + n * 24 * HOUR for n in ns}))
    return zone, holidays, near


@st.composite
def stretches(draw, near):
    start = near + draw(st.integers(-48, 24)) * HOUR + draw(st.sampled_from([0, 15, 30])) * MINUTE
    end = start + draw(st.integers(1, 60)) * HOUR
    turn = Span(start - draw(st.integers(0, 5)) * HOUR, end + draw(st.integers(0, 5)) * HOUR)
    role, schedule = draw(st.sampled_from(["primary", "secondary"])), draw(st.sampled_from(["A", "B"]))
    return stretch(start, end, role=role, schedule=schedule, turn=turn)


def terms_of(plan, chosen, overlap=Overlap.ONCE):
    return Terms(
        plan="p", currency="EUR", bands=tuple(core for core, _ in plan), role_factors=chosen, overlap=overlap
    )


def by_band(found):
    sums = defaultdict(Fraction)
    for line in found.lines:
        sums[line.band] += line.exact
    return {name: amount for name, amount in sums.items() if amount}


def place_of(zone, holidays):
    return Place(zone, dict.fromkeys(holidays, WHOLE_DAY))


@settings(max_examples=max(1, EXAMPLES // 3), deadline=None)  # a minute takes its time
@given(plan=plans, chosen=factors, world=worlds(), once=st.booleans(), data=st.data())
def test_the_oracle_that_counts_minutes_says_the_same(plan, chosen, world, once, data):
    zone, holidays, near = world
    carried = [data.draw(stretches(near))]
    if data.draw(st.booleans()):
        carried.append(data.draw(stretches(near)))
    terms = terms_of(plan, chosen, Overlap.ONCE if once else Overlap.EACH)
    found = by_band(statement(terms, place_of(zone, holidays), *carried))
    counted = oracle.Oracle([dumb for _, dumb in plan], terms.precedence, (zone, holidays))
    stretched = [(one.schedule, one.role, *one.span, tuple(one.turn)) for one in carried]
    assert found == counted.owed(stretched, chosen, once=once)


@settings(max_examples=EXAMPLES, deadline=None)
@given(plan=plans, chosen=factors, world=worlds(), seed=st.integers(0, 2**32), data=st.data())
def test_money_is_conserved_however_a_shift_is_split(plan, chosen, world, seed, data):
    zone, holidays, near = world
    whole = data.draw(stretches(near))
    random = Random(seed)  # noqa: S311 - it cuts shifts
    minutes = int((whole.span.end - whole.span.start) / MINUTE)
    cuts = sorted(random.sample(range(1, minutes), min(random.randint(1, 6), minutes - 1)))
    edges = [whole.span.start, *(whole.span.start + cut * MINUTE for cut in cuts), whole.span.end]
    parts = [replace(whole, span=Span(*pair)) for pair in pairwise(edges)]
    terms, where = terms_of(plan, chosen), place_of(zone, holidays)
    shares = defaultdict(Fraction)
    for part in parts:  # each by another person, on the same terms
        for name, amount in by_band(statement(terms, where, part)).items():
            shares[name] += amount
    assert dict(shares) == by_band(statement(terms, where, whole))


@settings(max_examples=EXAMPLES, deadline=None)
@given(plan=plans, world=worlds(), seed=st.integers(0, 2**32), once=st.booleans(), data=st.data())
def test_the_order_in_which_stretches_are_given_changes_nothing(plan, world, seed, once, data):
    zone, holidays, near = world
    carried = [data.draw(stretches(near)) for _ in range(3)]
    shuffled = Random(seed).sample(carried, len(carried))  # noqa: S311 - it shuffles
    terms = terms_of(plan, {"secondary": Fraction(1, 2)}, Overlap.ONCE if once else Overlap.EACH)
    where = place_of(zone, holidays)
    assert statement(terms, where, *carried).lines == statement(terms, where, *shuffled).lines


@settings(max_examples=EXAMPLES, deadline=None)
@given(plan=plans, world=worlds(), data=st.data())
def test_every_minute_is_in_one_band_and_in_one_only(plan, world, data):
    zone, holidays, near = world
    always = Band(name="rest of it", amount=Fraction(1), per=Unit.HOUR)
    apart = [replace(core, additive=False) for core, _ in plan]
    terms = Terms(plan="p", currency="EUR", bands=(*apart, always))
    whole = data.draw(stretches(near)).span
    own = of_bands(terms, place_of(zone, holidays), whole)
    assert sum((span.end - span.start for spans in own.values() for span in spans), timedelta(0)) == (
        whole.end - whole.start
    )
    ordered = sorted(span for spans in own.values() for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(ordered))


@settings(max_examples=EXAMPLES, deadline=None)
@given(plan=plans, world=worlds(), once=st.booleans(), data=st.data())
def test_the_sum_over_bands_is_the_sum_over_schedules_and_hours_are_those_carried(plan, world, once, data):
    zone, holidays, near = world
    always = Band(name="rest of it", amount=Fraction(1), per=Unit.HOUR)
    apart = [replace(core, additive=False) for core, _ in plan]
    overlap = Overlap.ONCE if once else Overlap.EACH
    terms = Terms(plan="p", currency="EUR", bands=(*apart, always), overlap=overlap)
    carried = [data.draw(stretches(near)) for _ in range(3)]
    found = statement(terms, place_of(zone, holidays), *carried)
    minutes = [m for one in carried for m in oracle.every(*one.span)]
    paid = len(set(minutes)) if once else len(minutes)
    assert sum((line.length for line in found.lines), timedelta(0)) == paid * MINUTE


@settings(max_examples=EXAMPLES, deadline=None)
@given(plan=plans, offset=st.integers(-12, 14), world=worlds(), data=st.data())
def test_another_name_for_the_same_offset_changes_nothing(plan, offset, world, data):
    _, holidays, near = world
    one = data.draw(stretches(near))
    fixed = timezone(offset * HOUR)
    named = ZoneInfo(f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT")
    terms = terms_of(plan, {})
    assert statement(terms, place_of(fixed, holidays), one) == statement(
        terms, place_of(named, holidays), one
    )
