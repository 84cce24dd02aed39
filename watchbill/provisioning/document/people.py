"""Users, teams and time off."""

from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from watchbill.provisioning.document.thresholds import Thresholds
from watchbill.provisioning.document.words import (
    Amount,
    Calendar,
    Clock,
    Currency,
    Date,
    Delay,
    Email,
    FullDay,
    Name,
    Part,
    Phone,
    Reason,
    Username,
    Zone,
)
from watchbill.provisioning.durations import spell

Via = Literal["sms", "voice", "email", "chat", "webhook"]
Member = Literal["manager", "responder", "observer"]


class Rule(Part):
    SHOWN: ClassVar[frozenset[str]] = frozenset({"after"})

    via: Via
    after: Delay = timedelta(0)

    @model_validator(mode="after")
    def _within_a_day(self) -> Self:
        if self.after > timedelta(days=1):
            raise ValueError(
                f"waits {spell(self.after)}; a page that comes after more than a day helps nobody."
            )
        return self


class Rules(Part):
    high: list[Rule] = []
    low: list[Rule] = []


class Method(Part):
    """One way to reach a person."""

    via: Via
    address: Annotated[str, Field(min_length=1, max_length=1000)]


class Person(Part):
    """One user. `phone` is called and texted, `email` mailed; `contact_methods`, when given, is the whole
    list instead. How to reach a person (email, phone, contact_methods, notification_rules) is left alone
    where it is not given.
    """

    username: Username
    name: Annotated[str, Field(max_length=150)] = ""
    active: bool = True
    email: Email = ""
    phone: Phone = ""
    contact_methods: list[Method] | None = None
    time_zone: Zone = "UTC"
    holidays: Calendar = ""
    notification_rules: Rules | None = None


class LoadReport(Part):
    """Mailed `to` the team's managers where nobody is named. Thresholds are left alone where they are not
    given; `{}` is the usual ones.
    """

    SHOWN: ClassVar[frozenset[str]] = frozenset({"day", "at"})

    day: FullDay = "monday"
    at: Clock = "09:00"
    to: list[Username] = []
    after_shift: bool = True
    thresholds: Thresholds | None = None


class PayBudget(Part):
    """What the team may spend on being on call in a month, from the month that begins with `since` on."""

    since: Date
    amount: Amount
    currency: Currency

    @property
    def key(self) -> tuple[date, str]:
        return self.since, self.currency

    @model_validator(mode="after")
    def _of_whole_months(self) -> Self:
        if self.since.day != 1:
            raise ValueError(
                f"begins on {self.since}; write the first of a month, {self.since.replace(day=1)}."
            )
        return self


class Team(Part):
    """Its members, its budgets and its report are left alone where they are not given."""

    name: Name
    time_zone: Zone = "UTC"
    members: dict[Username, Member] | None = None
    pages_per_shift_budget: Annotated[int, Field(ge=0, le=10_000)] = 2
    rest_hours: Annotated[int, Field(ge=0, le=24)] = 11
    swaps_need_approval: bool = False
    load_report: LoadReport | None = None
    pay_budgets: list[PayBudget] = []


class TimeOff(Part):
    """Whole days in the person's own zone: the first day included, `end` not."""

    user: Username
    start: Date
    end: Date
    reason: Reason = ""

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.end <= self.start:
            raise ValueError(
                f"ends on {self.end}, which is not after {self.start}; `end` is the first day back."
            )
        return self
