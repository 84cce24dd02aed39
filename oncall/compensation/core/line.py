"""One line of a statement: what for, how long, how much, and the evidence."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from oncall.core.span import Span

UNROUNDED = Decimal(0)


class Kind(StrEnum):
    STANDBY = "standby"
    CALL_OUT = "call_out"
    MINIMUM = "minimum"
    """What is missing to the least that a shift pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`exact` is what is owed, `amount` the same when it has been rounded. `rate` is for people (“200 a week,
    shared by time”), `because` says what a cap took away or what began a call-out. `pages` are ids.
    """

    kind: Kind
    plan: str
    band: str
    schedule: str
    role: str
    span: Span
    length: timedelta
    rate: str
    exact: Fraction
    currency: str
    amount: Decimal = UNROUNDED
    lieu_minutes: int = 0
    override: str = ""
    pages: tuple[int, ...] = ()
    because: str = ""
    spans: tuple[Span, ...] = ()
    """Of standby, the moments of `span` that earned it."""

    @property
    def moments(self) -> tuple[Span, ...]:
        return self.spans or (self.span,)
