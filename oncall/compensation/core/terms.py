"""What a pay plan says, as values. How a document or a form spells it is not known here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from oncall.compensation.core.money import Rounding
from oncall.core.restriction import Restriction

USUAL_PRECEDENCE = ("holiday", "weekend", "night", "evening")
"""Of bands that cover the same minute, the first here has it; the others come after, as they are listed."""
NEVER_PAID = "shadow"
ONE, NOTHING = Fraction(1), Fraction(0)


class Unit(StrEnum):
    """What a rate is for. All but the hour are flat: see `Band.prorate`."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    WEEKEND = "weekend"
    SHIFT = "shift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A part of the week, in the person's own clock time, and what standby in it pays.

    It covers `within` (None: always), not `outside`, and where `holidays`, only holidays. With `prorate`, a
    flat amount is shared by the time carried, of the time the band has in that day, week, weekend or shift;
    without, whoever holds the first moment of it has it all. `additive` is paid on top of any other.
    """

    name: str
    amount: Fraction
    per: Unit
    within: tuple[Restriction, ...] | None = None
    outside: tuple[Restriction, ...] = ()
    holidays: bool = False
    prorate: bool = False
    additive: bool = False


class Overlap(StrEnum):
    """On two roles or schedules at once: the higher factor once, or each."""

    ONCE = "once"
    EACH = "each"


class Period(StrEnum):
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOutPay:
    """`amount` for each hour or each call-out, by `multipliers` of the kind of time it began in."""

    amount: Fraction
    per_hour: bool = True
    multipliers: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LieuByTime:
    """`rate` minutes off for each minute paid."""

    rate: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class LieuByNight:
    """Days off: `awake` or `woken` for the first hour, `further_hour` for each that begins after it."""

    awake: Fraction
    woken: Fraction
    further_hour: Fraction = NOTHING
    day: timedelta = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOuts:
    """Work outside `working` hours. A page within `merge` of a call-out's end belongs to it; a length is
    `minimum` at least, rounded up to `round_up_to`, `longest` at most for one engagement.
    """

    working: tuple[Restriction, ...] = ()
    merge: timedelta = timedelta(minutes=60)
    minimum: timedelta = timedelta(0)
    round_up_to: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=4)
    pay: CallOutPay | None = None
    lieu: LieuByTime | LieuByNight | None = None
    lieu_expires: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """So many hours, or so much money, in a period. With `warn` the rest is paid all the same."""

    per: Period
    hours: Fraction | None = None
    amount: Fraction | None = None
    warn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of a pay plan."""

    plan: str
    currency: str
    bands: tuple[Band, ...] = ()
    precedence: tuple[str, ...] = USUAL_PRECEDENCE
    role_factors: Mapping[str, Fraction] = field(default_factory=dict)
    call_outs: CallOuts | None = None
    overlap: Overlap = Overlap.ONCE
    cap: Cap | None = None
    minimum_per_shift: Fraction = NOTHING
    rounding: Rounding = field(default_factory=Rounding)

    def factor(self, role: str) -> Fraction:
        return self.role_factors.get(role, NOTHING if role == NEVER_PAID else ONE)

    def by_precedence(self) -> list[Band]:
        """The bands of which each minute has one, the first to have it first."""
        named = {name: place for place, name in enumerate(self.precedence)}
        rest = len(named)
        apart = [band for band in self.bands if not band.additive]
        return sorted(apart, key=lambda band: named.get(band.name, rest))  # stable: as they are listed


def decimal(amount: Fraction) -> Decimal:
    """A rate as people wrote it."""
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def in_text(amount: Fraction) -> str:
    return f"{decimal(amount):f}"
