"""The most that a plan pays in a week, month or year: either it stops there, or it warns and pays on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from fractions import Fraction
from typing import NamedTuple

from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import hours
from oncall.compensation.core.terms import NOTHING, Cap, Period
from oncall.core.walltime import wall_time


@dataclass(frozen=True, slots=True)
class Used:
    """What was paid of a cap's period already."""

    hours: Fraction = NOTHING
    amount: Fraction = NOTHING


UNUSED = Used()
UNUSED_YET: Mapping[str, Used] = {}


class Capped(NamedTuple):
    """The lines as they are paid, what is used of each period by then, and a sentence for each one over."""

    lines: list[Line]
    used: Mapping[str, Used]
    warnings: list[str]


def capped(
    lines: Sequence[Line], cap: Cap | None, zone: tzinfo, *, before: Mapping[str, Used] = UNUSED_YET
) -> Capped:
    """The lines as they are paid, sorted by time, and a sentence for each period over the cap. A line counts
    in the period that it begins in; `before` says what was used of each. Hours are those of standby: a cap
    limits how much one is on call, not how often one is called.
    """
    if cap is None:
        return Capped(list(lines), before, [])
    kept: list[Line] = []
    used = dict(before)
    over: dict[str, None] = {}
    for line in sorted(lines, key=lambda line: line.span):
        period = named(line.span.start, cap.per, zone)
        so_far = used.get(period, UNUSED)
        share = _share_left(line, cap, so_far)
        if share < 1:
            over[period] = None
        stops = share < 1 and not cap.warn
        kept.append(
            replace(line, exact=line.exact * share, because=_said(line.because, cap)) if stops else line
        )
        counted = hours(line.length) if line.kind is Kind.STANDBY else NOTHING
        used[period] = Used(so_far.hours + counted, so_far.amount + kept[-1].exact)
    return Capped(kept, used, [_warning(period, cap, used[period]) for period in over])


def _share_left(line: Line, cap: Cap, so_far: Used) -> Fraction:
    """How much of the line is within the cap, from 0 to 1."""
    shares = [Fraction(1)]
    if cap.hours is not None and line.kind is Kind.STANDBY and line.length:
        shares.append((cap.hours - so_far.hours) / hours(line.length))
    if cap.amount is not None and line.exact > 0:
        shares.append((cap.amount - so_far.amount) / line.exact)
    return max(NOTHING, min(shares))


def named(at: datetime, per: Period, zone: tzinfo) -> str:
    """“2025-W11”, “2025-03” or “2025”, by the clock of `zone`."""
    day = wall_time(at, zone).date()
    match per:
        case Period.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case Period.MONTH:
            return f"{day:%Y-%m}"
        case Period.YEAR:
            return f"{day:%Y}"


def _said(because: str, cap: Cap) -> str:
    return "; ".join(part for part in (because, f"beyond the cap of a {cap.per}") if part)


def _warning(period: str, cap: Cap, used: Used) -> str:
    limits: Iterable[str] = (
        f"{float(limit):g}{unit}"
        for limit, unit in ((cap.hours, " h"), (cap.amount, " in money"))
        if limit is not None
    )
    did = "all of it is paid" if cap.warn else "what is beyond it is not paid"
    return (
        f"{period}: {float(used.hours):.1f} h of standby and {float(used.amount):.2f} earned, over the cap "
        f"of {' and '.join(limits)} a {cap.per}; {did}."
    )
