"""A plan as it is written is the plan that pays; and what is wrong in one is said, all of it at once."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.compensation.core.money import Mode, Per, Rounding
from oncall.compensation.core.reading import MULTIPLIERS, read_terms
from oncall.compensation.core.terms import (
    Band,
    CallOutPay,
    CallOuts,
    Cap,
    LieuByNight,
    LieuByTime,
    Overlap,
    Period,
    Terms,
    Unit,
)
from oncall.compensation.core.writing import write_terms
from oncall.core.faults import DefinitionFaults
from oncall.core.restriction import Restriction
from tests.oncall.compensation.plans import NEW_YORK, at, owed, place, statement, stretch

CENT = Decimal("0.01")
WORKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def read(written):
    return read_terms(written, plan="Engineering", currency="USD", unit=CENT)


def test_the_week_of_the_seed_pays_its_figures():
    """Weekday USD 200 a week, weekend USD 500, time in lieu within two weeks."""
    terms = read(
        {
            "standby": [
                {"band": "weekday", "days": WORKDAYS, "amount": 200, "per": "week", "prorate": True},
                {"band": "weekend", "days": ["sat", "sun"], "amount": 500, "per": "weekend", "prorate": True},
            ],
            "call_outs": {"time_in_lieu": {"rate": 1, "expires": 14 * 86400}},
        }
    )
    week = stretch(at(NEW_YORK, 2025, 6, 2, 10), at(NEW_YORK, 2025, 6, 9, 10))
    assert owed(statement(terms, place(NEW_YORK), week)) == "700.00"
    assert terms.call_outs.lieu_expires == timedelta(days=14)


numbers = st.integers(0, 10_000).map(lambda n: Fraction(n, 100))
lengths = st.integers(60, 86_400).map(lambda n: timedelta(seconds=n))
clocks = st.times().map(lambda t: t.replace(second=0, microsecond=0))
windows = st.builds(
    lambda days, start, end: Restriction(tuple(sorted(days)), start, end),
    st.sets(st.integers(0, 6), min_size=1),
    clocks,
    clocks,
)
one_window = windows.map(lambda window: (window,))
some_bands = st.lists(
    st.builds(
        Band,
        name=st.sampled_from(["weekday", "weekend", "night", "holiday", "x"]),
        amount=numbers,
        per=st.sampled_from(Unit),
        within=st.none() | one_window,
        outside=st.just(()) | one_window,
        holidays=st.booleans(),
        prorate=st.booleans(),
        additive=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda band: band.name,
).map(tuple)
lieu = st.builds(LieuByTime, rate=numbers) | st.builds(
    LieuByNight, awake=numbers, woken=numbers, further_hour=numbers, day=lengths
)
rules = st.builds(
    CallOuts,
    working=st.just(()) | one_window,
    merge=lengths,
    minimum=lengths,
    round_up_to=lengths,
    longest=lengths,
    pay=st.none()
    | st.builds(
        CallOutPay,
        amount=numbers,
        per_hour=st.booleans(),
        multipliers=st.dictionaries(st.sampled_from(MULTIPLIERS), numbers),
    ),
    lieu=st.none() | lieu,
)
caps = st.builds(Cap, per=st.sampled_from(Period), hours=numbers, amount=st.none(), warn=st.booleans())
roundings = st.builds(
    Rounding, mode=st.sampled_from(Mode), unit=st.sampled_from([CENT, Decimal(1)]), per=st.sampled_from(Per)
)


@settings(max_examples=150, deadline=None)
@given(
    terms=st.builds(
        Terms,
        plan=st.just("Engineering"),
        currency=st.just("USD"),
        bands=some_bands,
        role_factors=st.dictionaries(st.sampled_from(["primary", "secondary", "shadow"]), numbers),
        call_outs=st.none() | rules,
        overlap=st.sampled_from(Overlap),
        cap=st.none() | caps,
        minimum_per_shift=numbers,
        rounding=roundings,
    )
)
def test_what_is_written_is_read_again_the_same(terms):
    assert read(write_terms(terms, unit=CENT)) == terms


def band(**more):
    return {"band": "weekday", "amount": 1, "per": "hour", **more}


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ({"standby": [band(amount=-1)]}, "standby.0.amount", "negative"),
        ({"standby": [band(amount="much")]}, "standby.0.amount", "not a number"),
        ({"standby": [band(amount="NaN")]}, "standby.0.amount", "not a number"),
        ({"standby": [band(amount="1e400000")]}, "standby.0.amount", "no amount of money"),
        ({"standby": [band(amount=True)]}, "standby.0.amount", "not a number"),
        ({"standby": [band(per="fortnight")]}, "standby.0.per", "fortnight"),
        ({"standby": [band(start="09:00")]}, "standby.0", "only one of start and end"),
        ({"standby": [band(days=["funday"])]}, "standby.0.days.0", "funday"),
        ({"standby": [band(days=[])]}, "standby.0.days", "needs a day"),
        ({"standby": [band(), band()]}, "standby.1.band", "two bands"),
        ({"standby": [{"amount": 1, "per": "hour"}]}, "standby.0.band", "needs a name"),
        ({"standby": [band(prorate="yes")]}, "standby.0.prorate", "neither true nor false"),
        ({"standby": [band()] * 41}, "standby", "40 bands at most"),
        ({"standby": "all"}, "standby", "not a list"),
        ({"standbye": []}, "standbye", "did you mean standby?"),
        ({"precedence": ["weekend", "weekend"]}, "precedence.1", "twice"),
        ({"precedence": ["nigth"]}, "precedence.0", "did you mean night?"),
        ({"role_factors": {"primary": "-1"}}, "role_factors.primary", "negative"),
        ({"overlap": "twice"}, "overlap", "twice"),
        ({"cap": {"per": "month"}}, "cap", "needs hours or an amount"),
        ({"cap": {"amount": 10}, "minimum_per_shift": 20}, "cap.amount", "below the least"),
        ({"rounding": {"unit": 0}}, "rounding.unit", "above 0"),
        ({"rounding": {"unit": "0.00005"}}, "rounding.unit", "at most four decimals"),
        ({"call_outs": {"round_up_to": 0}}, "call_outs.round_up_to", "shorter than"),
        ({"call_outs": {"merge": "60m"}}, "call_outs.merge", "no length"),
        ({"call_outs": {"time_in_lieu": {}}}, "call_outs.time_in_lieu", "how much time off"),
        (
            {"call_outs": {"time_in_lieu": {"rate": 1, "woken": 1}}},
            "call_outs.time_in_lieu",
            "by rate or",
        ),
        ({"call_outs": {"pay": {"amount": 1, "per": "day"}}}, "call_outs.pay.per", "day"),
        (7, "", "not a mapping"),
    ],
)
def test_what_is_wrong_in_a_plan_is_said_with_its_place(written, path, said):
    with pytest.raises(DefinitionFaults) as caught:
        read(written)
    found = [(".".join(map(str, one.path)), one.message) for one in caught.value.faults]
    assert any(where == path and said in message for where, message in found), found


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(DefinitionFaults) as caught:
        read({"standby": [band(amount=-1, per="x")], "cap": {}, "overlap": 3})
    assert len(caught.value.faults) == 4


def test_a_plan_that_says_nothing_pays_nothing():
    terms = read({})
    day = stretch(at(NEW_YORK, 2025, 6, 2), at(NEW_YORK, 2025, 6, 3))
    assert owed(statement(terms, place(NEW_YORK), day)) == "0"
