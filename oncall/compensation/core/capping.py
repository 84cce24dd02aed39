"""The most that a plan pays in a week, month or year: either it stops there, or it warns and pays on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from fractions import Fraction
from typing import NamedTuple

from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import hours
from oncall.compensation.core.terms import NOTHING, Cap, Period
from oncall.core.span import Span
from oncall.core.walltime import first_instant, wall_time


@dataclass(frozen=True, slots=True)
class Used:
    """What was paid of a cap's period already."""

    hours: Fraction = NOTHING
    amount: Fraction = NOTHING


UNUSED = Used()
UNUSED_YET: Mapping[str, Used] = {}


class Stood(NamedTuple):
    """Standby in a period of a cap, and when the cap's hours are reached; None where they are not."""

    hours: Fraction = NOTHING
    reached: datetime | None = None


NO_STANDBY: Mapping[str, Stood] = {}


class Capped(NamedTuple):
    """The lines as they are paid, what is used of each period by then, and a sentence for each one over."""

    lines: list[Line]
    used: Mapping[str, Used]
    warnings: Mapping[str, str]


def capped(
    lines: Sequence[Line],
    cap: Cap | None,
    zone: tzinfo,
    *,
    stood: Mapping[str, Stood] = NO_STANDBY,
    before: Mapping[str, Used] = UNUSED_YET,
) -> Capped:
    """The lines as they are paid, sorted by time, and a sentence for each period over the cap.

    A line counts in the period that it begins in, and none of standby goes on beyond it, or beyond the time
    at which the cap's hours are reached (`edges`, `stood`). `before` says what was used of each period. Hours
    are those of standby: a cap limits how much one is on call, not how often one is called.
    """
    if cap is None:
        return Capped(list(lines), before, {})
    kept: list[Line] = []
    used = dict(before)
    over = {period for period, one in stood.items() if one.reached is not None}
    for line in sorted(lines, key=lambda line: line.span):
        period = named(line.span.start, cap.per, zone)
        so_far = used.get(period, UNUSED)
        share = _share_left(line, cap, so_far, stood.get(period, Stood()))
        if share < 1:
            over.add(period)
        stops = share < 1 and not cap.warn
        kept.append(
            replace(line, exact=line.exact * share, because=_said(line.because, cap)) if stops else line
        )
        used[period] = Used(so_far.hours, so_far.amount + kept[-1].exact)
    for period, one in stood.items():
        so_far = used.get(period, UNUSED)
        used[period] = Used(so_far.hours + one.hours, so_far.amount)
    return Capped(kept, used, {period: _warning(period, cap, used[period]) for period in sorted(over)})


def _share_left(line: Line, cap: Cap, so_far: Used, stood: Stood) -> Fraction:
    """How much of the line is within the cap, from 0 to 1."""
    if line.kind is Kind.STANDBY and stood.reached is not None and line.span.start >= stood.reached:
        return NOTHING
    if cap.amount is None or line.exact <= 0:
        return Fraction(1)
    return max(NOTHING, min(Fraction(1), (cap.amount - so_far.amount) / line.exact))


def standing(
    spans: Iterable[Span], cap: Cap, zone: tzinfo, *, before: Mapping[str, Used] = UNUSED_YET
) -> dict[str, Stood]:
    """By period, of time on standby, which may be twice at once and does not reach over an edge of it."""
    by_period: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        by_period[named(span.start, cap.per, zone)].append(span)
    found = {}
    for period, mine in by_period.items():
        stood = sum((span.end - span.start for span in mine), timedelta(0))
        left = None if cap.hours is None else cap.hours - before.get(period, UNUSED).hours
        over = left is not None and left < hours(stood)
        found[period] = Stood(hours(stood), _reached(mine, max(left or NOTHING, NOTHING)) if over else None)
    return found


def _reached(spans: Collection[Span], left: Fraction) -> datetime:
    """When as many hours have passed as are left."""
    steps = sorted([(span.start, 1) for span in spans] + [(span.end, -1) for span in spans])
    to_go = timedelta(microseconds=int(left * 3_600_000_000))
    at, many = steps[0][0], 0
    for edge, step in steps:
        if many and (edge - at) * many >= to_go:
            return at + to_go / many
        to_go -= (edge - at) * many
        at, many = edge, many + step
    return at


def edges(per: Period, within: Span, zone: tzinfo) -> list[datetime]:
    """Where one period ends and the next begins in `within`, by the clock of `zone`."""
    found: list[datetime] = []
    day = wall_time(within.start, zone).date()
    while True:
        day = _next(per, day)
        at = first_instant(datetime.combine(day, time(0)), zone)
        if at >= within.end:
            return found
        if at > within.start:
            found.append(at)


def _next(per: Period, day: date) -> date:
    match per:
        case Period.WEEK:
            return day + timedelta(days=7 - day.weekday())
        case Period.MONTH:
            return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        case Period.YEAR:
            return date(day.year + 1, 1, 1)


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
