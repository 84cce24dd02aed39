"""From what on a number is amber, and from what on it is red. A team may have its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from fractions import Fraction
from typing import Any, Literal

from oncall.core.faults import Gathering, unknown

Said = Literal["green", "amber", "red"]
MOST = 10_000


class Colour(IntEnum):
    """The worst is the greatest."""

    GREEN = 0
    AMBER = 1
    RED = 2

    @property
    def said(self) -> Said:
        return SAID[self]

    def __str__(self) -> str:
        return self.said


SAID: Mapping[Colour, Said] = {Colour.GREEN: "green", Colour.AMBER: "amber", Colour.RED: "red"}


@dataclass(frozen=True, slots=True)
class Limit:
    """Amber over `amber`, red over `red`; where `reached`, as soon as it is there. A `share` is of one."""

    amber: Fraction
    red: Fraction
    reached: bool = False
    share: bool = False

    def colour(self, value: Fraction | int) -> Colour:
        def is_over(limit: Fraction) -> bool:
            return value >= limit if self.reached else value > limit

        return Colour.RED if is_over(self.red) else Colour.AMBER if is_over(self.amber) else Colour.GREEN


def share(amber: int, red: int) -> Limit:
    """Of hundred."""
    return Limit(Fraction(amber, 100), Fraction(red, 100), share=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Shares are fractions of one. The defaults and where they come from: Google's SRE books (incidents a
    shift, 25 % on call), directive 2003/88 (11 h of rest); the others are choices.
    """

    incidents_per_12_hours: Limit = field(default_factory=lambda: Limit(Fraction(2), Fraction(4)))
    over_budget: Limit = field(default_factory=lambda: Limit(Fraction(1), Fraction(2)))
    """Pages in a shift, in budgets of its team."""
    sleep_interruptions: Limit = field(default_factory=lambda: Limit(Fraction(2), Fraction(4), reached=True))
    """In any seven nights in a row."""
    in_one_night: Limit = field(default_factory=lambda: Limit(Fraction(2), Fraction(2), reached=True))
    not_actionable: Limit = field(default_factory=lambda: share(30, 50))
    self_resolved: Limit = field(default_factory=lambda: share(20, 40))
    one_key: Limit = field(default_factory=lambda: share(30, 50))
    short_rests: Limit = field(default_factory=lambda: Limit(Fraction(1), Fraction(2), reached=True))
    escalated: Limit = field(default_factory=lambda: share(5, 15))
    shifts_over_budget: Limit = field(default_factory=lambda: share(10, 33))
    on_call_share: Limit = field(default_factory=lambda: share(25, 33))
    uneven_sleep: Limit = field(default_factory=lambda: Limit(Fraction(3, 2), Fraction(2)))
    labels_needed: int = 5
    pages_needed: int = 5


def read_thresholds(data: Any) -> Thresholds:
    """What differs from the usual, as {name: [amber, red]} in numbers or text. Raises DefinitionFaults."""
    into = Gathering()
    usual = Thresholds()
    known = [one.name for one in fields(Thresholds)]
    found: dict[str, Any] = {}
    for name, value in into.mapping(data, (), None).items():
        before = getattr(usual, name, None)
        if before is None:
            into.fault((name,), unknown("threshold", name, known))
        elif isinstance(before, Limit):
            found[name] = _limit(value, before, name, into)
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
            into.fault((name,), f"“{value}” is no count; write a whole number from 1 to 1000.")
        else:
            found[name] = value
    into.finish()
    return replace(usual, **found)


def _limit(value: Any, usual: Limit, name: str, into: Gathering) -> Limit:
    try:
        amber, red = read_pair(value, share=usual.share)
    except ValueError as fault:
        into.fault((name,), str(fault))
        return usual
    return replace(usual, amber=amber, red=red)


def read_pair(value: Any, *, share: bool = False) -> tuple[Fraction, Fraction]:
    """Amber and red. Raises ValueError with a sentence."""
    try:
        amber, red = (Fraction(str(one)) for one in (() if isinstance(value, str) else value))
    except (TypeError, ValueError, ZeroDivisionError):
        raise ValueError(f"“{value}” is no pair of numbers; write amber and red, such as [2, 4].") from None
    if not 0 <= amber <= red:
        raise ValueError(f"Amber ({plain(amber)}) comes before red ({plain(red)}), and neither is below 0.")
    if share and red > 1:
        raise ValueError(f"{plain(red)} is more than all of them; write a part of one, such as 0.3 for 30 %.")
    if red > MOST:
        raise ValueError(f"{plain(red)} is never reached; write at most {MOST}.")
    return amber, red


def plain(number: Fraction) -> int | float | str:
    """As a person writes it: 2, 0.3, and “1/3” where no decimal is the same."""
    if number.denominator == 1:
        return number.numerator
    decimal = float(number)
    return decimal if Fraction(str(decimal)) == number else str(number)


def write_thresholds(thresholds: Thresholds) -> dict[str, Any]:
    """What differs from the usual, with nothing but JSON's types."""
    usual, said = Thresholds(), {}
    for name in (one.name for one in fields(Thresholds)):
        value = getattr(thresholds, name)
        if value != getattr(usual, name):
            said[name] = [str(value.amber), str(value.red)] if isinstance(value, Limit) else value
    return said
