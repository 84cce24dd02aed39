"""Lines as files and pages have them, be they reckoned just now or kept in a statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from oncall.compensation.core.line import Line
from oncall.compensation.currencies import shown
from oncall.compensation.models import StatementLine
from oncall.compensation.reckoning import Owed

HOUR = Decimal(3600)
TWO, FOUR = Decimal("0.01"), Decimal("0.0001")
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line. `seconds` is what is paid for, which may be less than lies between `start` and `end`; `pages`
    are ids; `band`, `schedule`, `role`, `rate`, `override` and `because` are empty where there is none.
    """

    kind: str
    plan: str
    band: str
    schedule: str
    role: str
    start: datetime
    end: datetime
    seconds: int
    rate: str
    amount: Decimal
    currency: str
    lieu_minutes: int = 0
    lieu_expires: datetime | None = None
    override: str = ""
    pages: tuple[int, ...] = ()
    because: str = ""


class Total(NamedTuple):
    """What a person is owed in one currency, and the time in lieu of the lines that are paid in it."""

    currency: str
    amount: Decimal
    lieu_minutes: int


def reckoned_item(line: Line, owed: Owed) -> Item:
    """One of `owed`'s."""
    return Item(
        kind=line.kind,
        plan=line.plan,
        band=line.band,
        schedule=line.schedule,
        role=line.role,
        start=line.span.start,
        end=line.span.end,
        seconds=line.length // SECOND,
        rate=line.rate,
        amount=line.amount,
        currency=line.currency,
        lieu_minutes=line.lieu_minutes,
        lieu_expires=owed.lieu_expires(line),
        override=line.override,
        pages=line.pages,
        because=line.because,
    )


def kept_item(row: StatementLine) -> Item:
    return Item(
        kind=row.kind,
        plan=row.plan,
        band=row.band,
        schedule=row.schedule,
        role=row.role,
        start=row.start,
        end=row.end,
        seconds=row.seconds,
        rate=row.rate,
        amount=row.amount,
        currency=row.currency,
        lieu_minutes=row.lieu_minutes,
        lieu_expires=row.lieu_expires,
        override=row.override,
        pages=tuple(row.pages),
        because=row.because,
    )


def totals(items: Iterable[Item]) -> list[Total]:
    """One for each currency, in the order of their codes."""
    amounts: dict[str, Decimal] = {}
    lieu: dict[str, int] = {}
    for one in items:
        amounts[one.currency] = amounts.get(one.currency, Decimal(0)) + one.amount
        lieu[one.currency] = lieu.get(one.currency, 0) + one.lieu_minutes
    return [Total(currency, amounts[currency], lieu[currency]) for currency in sorted(amounts)]


def hours_in_text(seconds: int) -> str:
    """128.00, 1.25; with four decimals where two do not say it: 0.3333."""
    hours = Decimal(seconds) / HOUR
    short = hours.quantize(TWO)
    return f"{short if short == hours else hours.quantize(FOUR):f}"


def utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def line_values(user: str, item: Item) -> dict[str, Any]:
    """A line as `manage.py pay` and the JSON export have it: amounts and hours as text, times in UTC."""
    return {
        "user": user,
        "plan": item.plan,
        "kind": str(item.kind),
        "band": item.band,
        "schedule": item.schedule,
        "role": item.role,
        "start": utc(item.start),
        "end": utc(item.end),
        "hours": hours_in_text(item.seconds),
        "amount": shown(item.amount, item.currency),
        "currency": item.currency,
        "rate": item.rate,
        "because": item.because,
        "override": item.override,
        "pages": list(item.pages),
        "lieu_minutes": item.lieu_minutes,
        "lieu_expires": utc(item.lieu_expires) if item.lieu_expires else None,
    }


def total_values(user: str, total: Total) -> dict[str, Any]:
    return {
        "user": user,
        "currency": total.currency,
        "amount": shown(total.amount, total.currency),
        "lieu_minutes": total.lieu_minutes,
    }
