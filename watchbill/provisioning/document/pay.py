"""Pay plans. What one pays is read by `oncall.compensation.core.reading`, in the same words."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from watchbill.provisioning.document.windows import Hours
from watchbill.provisioning.document.words import (
    Amount,
    Calendar,
    Clock,
    Currency,
    Date,
    Days,
    Delay,
    Duration,
    Name,
    Part,
    RoleName,
    Username,
)

Per = Literal["hour", "day", "week", "weekend", "shift"]


class Standby(Part):
    """One band: when it applies (in the person's zone), and what it pays."""

    band: Name
    days: Days | None = None
    start: Clock | None = None
    end: Clock | None = None
    outside: Annotated[Hours | None, Field(alias="except")] = None
    holidays: bool = False
    amount: Amount
    per: Per
    prorate: bool = False
    additive: bool = False

    @model_validator(mode="after")
    def _start_and_end_together(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("has only one of start and end; write both or neither.")
        return self


class CallOutPay(Part):
    """An amount, and what it is multiplied with in a band."""

    SHOWN: ClassVar[frozenset[str]] = frozenset({"per"})

    amount: Amount
    per: Literal["hour", "call_out"] = "hour"
    weekday: Amount | None = None
    evening: Amount | None = None
    night: Amount | None = None
    weekend: Amount | None = None
    holiday: Amount | None = None


class TimeInLieu(Part):
    """Minutes at a rate, or days by how the night went."""

    rate: Amount | None = None
    awake: Amount | None = None
    woken: Amount | None = None
    further_hour: Amount | None = None
    day: Duration | None = None
    expires: Duration | None = None


class CallOuts(Part):
    outside: Hours | None = None
    merge: Delay | None = None
    minimum: Delay | None = None
    round_up_to: Duration | None = None
    longest: Duration | None = None
    pay: CallOutPay | None = None
    time_in_lieu: TimeInLieu | None = None


class Cap(Part):
    SHOWN: ClassVar[frozenset[str]] = frozenset({"per"})

    hours: Amount | None = None
    amount: Amount | None = None
    per: Literal["week", "month", "year"] = "month"
    warn: bool = False


class Rounding(Part):
    SHOWN: ClassVar[frozenset[str]] = frozenset({"mode", "per"})

    mode: Literal["half_even", "half_up", "up", "down"] = "half_even"
    unit: Amount | None = None
    per: Literal["line", "total"] = "line"


class PayPlan(Part):
    """A version of a plan: several of one name pay one after the other. `places` are holiday calendars, for
    those who live there. Without `precedence`, the usual one; an empty one is the order of the bands.
    """

    name: Name
    currency: Currency
    effective_from: Date | None = None
    effective_until: Date | None = None
    people: list[Username] = []
    teams: list[Name] = []
    places: list[Annotated[Calendar, Field(min_length=1)]] = []
    role_factors: dict[RoleName, Amount] = {}
    precedence: list[Name] | None = None
    standby: list[Standby] = []
    call_outs: CallOuts | None = None
    overlap: Literal["once", "each"] = "once"
    cap: Cap | None = None
    minimum_per_shift: Amount | None = None
    rounding: Rounding | None = None


class CompanyDay(Part):
    """A holiday of the company's own, for those who live in `calendar` or for everybody; or one of the
    calendar's that is `worked` all the same. Hours are by each person's clock; an end of 00:00 is the day's.
    """

    date: Date
    name: Annotated[str, Field(min_length=1, max_length=200)]
    calendar: Calendar = ""
    start: Clock = "00:00"
    end: Clock = "00:00"
    worked: bool = False
