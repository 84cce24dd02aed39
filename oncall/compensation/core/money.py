"""Exact amounts, and the one place where they are rounded."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Mode(StrEnum):
    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    """Never less than is owed."""
    DOWN = "down"


class Per(StrEnum):
    """What is rounded: each line, or each person's total, whose last line then carries the difference."""

    LINE = "line"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Rounding:
    """To whole multiples of `unit`, a positive amount such as 0.01 or 0.05."""

    mode: Mode = Mode.HALF_EVEN
    unit: Decimal = Decimal("0.01")
    per: Per = Per.LINE

    def rounded(self, amount: Fraction) -> Decimal:
        """The multiple of `unit` nearest to `amount` in the sense of `mode`, written with its decimals."""
        return _whole(amount / Fraction(self.unit), self.mode) * self.unit


def _whole(units: Fraction, mode: Mode) -> int:
    """Without a detour by decimals, in which a third has no exact value."""
    below, rest = divmod(units.numerator, units.denominator)
    if not rest:
        return below
    match mode:
        case Mode.UP:
            return below + 1
        case Mode.DOWN:
            return below
        case Mode.HALF_UP:
            return below + (2 * rest >= units.denominator)
        case Mode.HALF_EVEN:
            twice = 2 * rest
            return below + (twice > units.denominator or (twice == units.denominator and below % 2))


def hours(length: timedelta) -> Fraction:
    """How many hours, exactly."""
    return Fraction(length // timedelta(microseconds=1), 3_600_000_000)


def in_hours(length: timedelta) -> Decimal:
    """Hours for people and spreadsheets, to a hundredth."""
    return Rounding().rounded(hours(length))


def exact(number: float | str | Decimal) -> Fraction:
    """The number as it is written: 0.1 is a tenth. Raises ValueError for what is no finite number."""
    return Fraction(str(number))
