"""Amounts are exact until they are rounded, and rounded once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import Mode, Per, Rounding, exact
from oncall.compensation.core.statement import rounded
from oncall.core.span import Span
from tests.oncall.compensation.plans import NEW_YORK, at

SPAN = Span(at(NEW_YORK, 2025, 6, 2), at(NEW_YORK, 2025, 6, 3))


@pytest.mark.parametrize(
    ("amount", "mode", "unit", "said"),
    [
        ("0.125", "half_even", "0.01", "0.12"),
        ("0.135", "half_even", "0.01", "0.14"),
        ("0.125", "half_up", "0.01", "0.13"),
        ("0.121", "up", "0.01", "0.13"),
        ("0.129", "down", "0.01", "0.12"),
        ("1.02", "half_even", "0.05", "1.00"),
        ("1.03", "half_even", "0.05", "1.05"),
        ("1.5", "half_even", "1", "2"),
        ("700", "half_even", "0.01", "700.00"),
        ("1.2345", "half_even", "0.001", "1.234"),
    ],
)
def test_rounding_by_mode_and_unit(amount, mode, unit, said):
    assert str(Rounding(mode=Mode(mode), unit=Decimal(unit)).rounded(exact(amount))) == said


@given(
    amount=st.fractions(-(10**12), 10**12),
    mode=st.sampled_from(Mode),
    unit=st.sampled_from(["1", "0.01", "0.05", "0.001"]),
)
def test_what_is_rounded_is_within_a_unit_and_a_multiple_of_it(amount, mode, unit):
    done = Rounding(mode=mode, unit=Decimal(unit)).rounded(amount)
    assert abs(Fraction(done) - amount) < Fraction(unit)
    assert (Fraction(done) / Fraction(unit)).denominator == 1


def test_a_tenth_is_a_tenth():
    assert exact(0.1) + exact("0.2") == Fraction(3, 10)


def line(amount, currency="EUR"):
    return Line(
        kind=Kind.STANDBY, plan="p", band="b", schedule="s", role="primary", span=SPAN,
        length=SPAN.end - SPAN.start, rate="", exact=amount, currency=currency,
    )  # fmt: skip


@given(amounts=st.lists(st.fractions(min_value=0, max_value=1000), min_size=1, max_size=20))
def test_where_totals_are_rounded_the_lines_add_up_to_the_total(amounts):
    rounding = Rounding(per=Per.TOTAL)
    done = rounded([line(amount) for amount in amounts], rounding)
    assert sum(one.amount for one in done) == rounding.rounded(sum(amounts))


def test_of_three_thirds_none_is_lost_where_the_total_is_rounded():
    thirds = [line(Fraction(10, 3)) for _ in range(3)] + [line(Fraction(1, 3), "USD")]
    by_line = rounded(thirds, Rounding())
    assert [str(one.amount) for one in by_line] == ["3.33", "3.33", "3.33", "0.33"]
    by_total = rounded(thirds, Rounding(per=Per.TOTAL))
    assert [str(one.amount) for one in by_total] == ["3.33", "3.33", "3.34", "0.33"]
