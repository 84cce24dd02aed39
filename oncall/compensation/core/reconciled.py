"""What a month that was paid is owed more, or less, when it is reckoned anew."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

NOTHING = Decimal(0)
MOST_SAID = 3


class Sum(NamedTuple):
    """Money of one currency, or with "" as the currency minutes of time in lieu."""

    currency: str
    amount: Decimal


MINUTES = ""


def missing(
    *, paid: Iterable[Sum], found: Iterable[Sum], entered: Iterable[Sum], now: Iterable[Sum]
) -> dict[str, Decimal]:
    """By currency, what is still to be made good, so that what was `paid` and all that was `found` missing
    before come to what is owed `now`.

    What people `entered` about the month counts as far as it makes good the same; what they gave or took
    beyond that was their decision, and stays.
    """
    owed, was_paid, was_found, gave = (_totals(sums) for sums in (now, paid, found, entered))
    left = {}
    for currency in sorted({*owed, *was_paid, *was_found}):
        difference = owed[currency] - was_paid[currency] - was_found[currency]
        given = gave[currency]
        if difference > 0 and given > 0:
            difference -= min(difference, given)
        elif difference < 0 and given < 0:
            difference -= max(difference, given)
        if difference:
            left[currency] = difference
    return left


def _totals(sums: Iterable[Sum]) -> defaultdict[str, Decimal]:
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in sums:
        found[one.currency] += one.amount
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line, as far as people tell it from others; `name` is “standby weekend, primary of Checkout”."""

    name: str
    start: datetime
    amount: str


def changes(before: Iterable[Said], after: Iterable[Said]) -> str:
    """Which lines went, came, and say another amount: “standby weekend, primary of Checkout, 7 Jun: 250.00
    instead of 500.00; gone: ...; new: ...”. At most MOST_SAID of them.
    """
    old, new = Counter(before), Counter(after)
    gone, came = _listed(old - new), _listed(new - old)
    parts = []
    for key in sorted({*gone, *came}, key=lambda key: (key[1], key[0])):
        name, start = key
        at = f"{name}, {start.day} {start:%b}"
        was, now = gone.get(key, ""), came.get(key, "")
        if was and now:
            parts.append(f"{at}: {now} instead of {was}")
        else:
            parts.append(f"gone: {at}, {was}" if was else f"new: {at}, {now}")
    more = len(parts) - MOST_SAID
    return "; ".join(parts[:MOST_SAID] + ([f"and {more} more"] if more > 0 else []))


def _listed(lines: Mapping[Said, int]) -> dict[tuple[str, datetime], str]:
    found: dict[tuple[str, datetime], str] = {}
    for line in sorted(lines, key=lambda line: line.amount):
        key = (line.name, line.start)
        found[key] = f"{found[key]} and {line.amount}" if key in found else line.amount
    return found
