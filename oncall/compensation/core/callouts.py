"""Being called out: interruptions outside working hours, joined where they lie close together, and what they
earn in money or in time off.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple

from oncall.compensation.core.bands import Place, covers, holiday_spans, is_in
from oncall.compensation.core.money import HOUR, hours
from oncall.compensation.core.terms import (
    NOTHING,
    ONE,
    CallOutPay,
    CallOuts,
    LieuByNight,
    LieuByTime,
    Terms,
)
from oncall.core.restriction import Restriction
from oncall.core.span import Span

NIGHT = (Restriction(tuple(range(7)), time(22), time(8)),)
"""Sleep hours, as the pager-load report has them; a plan with a band `night` says itself what night is."""
EVENING = (Restriction(tuple(range(7)), time(18), time(22)),)
WEEKENDS = (Restriction((5, 6), time(0), time(0)),)
KINDS: Mapping[str, tuple[Restriction, ...]] = {"weekend": WEEKENDS, "night": NIGHT, "evening": EVENING}
OTHERWISE = "weekday"
HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """One interruption of a person, from its first page to their own last action about it, or the resolve.

    `pages` are the ids of what they were paged with, `paged` when each began, where that is known; `ended_by`
    is for people (“resolved by Ana”). A `settled` one lasts as long as two people said it did, whatever the
    plan says is the longest; `correction` is the row that says so. `answered`: they did something about it.
    One that is `going` on lasts until now, as far as is known.
    """

    span: Span
    pages: tuple[int, ...] = ()
    paged: tuple[datetime, ...] = ()
    settled: bool = False
    correction: int | None = None
    answered: bool = False
    going: bool = False
    schedule: str = ""
    role: str = ""
    ended_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOut:
    """Engagements that count as one. `kind` is the kind of time it began in; `woken` whether that was night.

    `paid` is the length that is paid for; `amount` and `lieu` (time off) are not rounded.
    """

    engagements: tuple[Engagement, ...]
    kind: str
    woken: bool
    paid: timedelta
    amount: Fraction
    lieu: Fraction
    """Minutes."""

    @property
    def span(self) -> Span:
        return Span(self.engagements[0].span.start, max(one.span.end for one in self.engagements))

    @property
    def pages(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(page for one in self.engagements for page in one.pages))


class Under(NamedTuple):
    """While `span` lasts, being called out is paid by these terms, at this place."""

    span: Span
    terms: Terms
    place: Place


@dataclass(slots=True)
class _Open:
    """A call-out that may go on: what it has so far, and until when."""

    under: Under
    rules: CallOuts
    engagements: list[Engagement]
    end: datetime

    def goes_on(self, at: datetime) -> bool:
        return at <= self.end + self.rules.merge


def call_outs(engagements: Iterable[Engagement], unders: Sequence[Under]) -> Iterator[tuple[CallOut, Under]]:
    """In order of time, each with what it began under, which pays all of it. `unders` are in order and do not
    overlap.

    An engagement that begins in working hours is none; a holiday has no working hours. One that goes on where
    other terms, or none, have come into force belongs to the call-out that it goes on with.
    """
    open_one: _Open | None = None
    starts = [under.span.start for under in unders]
    waiting = sorted(engagements, key=_first)
    while waiting:
        one = waiting.pop(0)
        at = one.span.start
        before = open_one if open_one is not None and open_one.goes_on(at) else None
        n = bisect_right(starts, at) - 1
        here = unders[n] if n >= 0 and at < unders[n].span.end and unders[n].terms.call_outs else None
        judge = here or (before.under if before else None)
        if judge is None or judge.terms.call_outs is None:
            continue
        rules = before.rules if before else judge.terms.call_outs
        cut, rest = _cut(one, rules.longest)
        if rest is not None:
            insort(waiting, rest, key=_first)
        if not is_outside(at, judge.terms.call_outs, judge.place):
            continue
        if before is not None:
            before.engagements.append(cut)
            before.end = max(before.end, cut.span.end)
        else:
            if open_one is not None:
                yield _call_out(open_one), open_one.under
            open_one = _Open(judge, rules, [cut], cut.span.end)
    if open_one is not None:
        yield _call_out(open_one), open_one.under


def _first(one: Engagement) -> tuple[Span, tuple[int, ...]]:
    return one.span, one.pages


def is_outside(at: datetime, rules: CallOuts, place: Place) -> bool:
    return _is_holiday(at, place) or not covers(rules.working, at, place.zone)


def limited(engagements: Iterable[Engagement], longest: timedelta) -> list[Engagement]:
    """Each for `longest` at most, in order of time. A page that came after that begins another."""
    found: list[Engagement] = []
    for one in engagements:
        rest: Engagement | None = one
        while rest is not None:
            cut, rest = _cut(rest, longest)
            found.append(cut)
    return sorted(found, key=lambda one: (one.span, one.pages))


def _cut(one: Engagement, longest: timedelta) -> tuple[Engagement, Engagement | None]:
    start, end = one.span.start, max(one.span.end, one.span.start)
    ends = end if one.settled else min(end, start + longest)
    later = next((n for n, at in enumerate(one.paged) if at > ends), None)
    if ends == end:
        return replace(one, span=Span(start, end)), None
    first = replace(one, span=Span(start, ends), ended_by="the longest that counts", going=False)
    if later is None:
        return first, None
    first = replace(first, pages=one.pages[:later], paged=one.paged[:later])
    span = Span(one.paged[later], end)
    return first, replace(one, span=span, pages=one.pages[later:], paged=one.paged[later:])


def _call_out(one: _Open) -> CallOut:
    rules, start = one.rules, one.engagements[0].span.start
    lasted = one.end - start
    counted = max(_rounded_up(lasted, rules.round_up_to), rules.minimum)
    kind = kind_of(start, one.under.terms, one.under.place)
    woken = _is_night(start, one.under.terms, one.under.place)
    return CallOut(
        engagements=tuple(one.engagements),
        kind=kind,
        woken=woken,
        paid=counted,
        amount=_pay(rules.pay, counted, kind),
        lieu=_lieu(rules.lieu, lasted=lasted, counted=counted, woken=woken),
    )


def _rounded_up(length: timedelta, unit: timedelta) -> timedelta:
    return -(-length // unit) * unit


def _pay(pay: CallOutPay | None, counted: timedelta, kind: str) -> Fraction:
    if pay is None:
        return NOTHING
    return pay.amount * (hours(counted) if pay.per_hour else ONE) * pay.multipliers.get(kind, ONE)


def _lieu(
    lieu: LieuByTime | LieuByNight | None, *, lasted: timedelta, counted: timedelta, woken: bool
) -> Fraction:
    match lieu:
        case None:
            return NOTHING
        case LieuByTime(rate=rate):
            return hours(counted) * 60 * rate
        case LieuByNight():
            further = max(0, -(-(lasted - HOUR) // HOUR))
            days = (lieu.woken if woken else lieu.awake) + further * lieu.further_hour
            return days * hours(lieu.day) * 60


def kind_of(at: datetime, terms: Terms, place: Place) -> str:
    """holiday, weekend, night, evening or weekday: the first of them that has `at`, as the plan's bands of
    these names draw them, or as usual where it has none.
    """
    if _is_holiday(at, place):
        return HOLIDAY
    order = [name for name in terms.precedence if name in KINDS]
    names = [*order, *(name for name in KINDS if name not in order)]
    return next((name for name in names if covers(_drawn(name, terms), at, place.zone)), OTHERWISE)


def _drawn(name: str, terms: Terms) -> tuple[Restriction, ...]:
    drawn = [band.within for band in terms.bands if band.name == name and band.within and not band.outside]
    return drawn[0] if drawn else KINDS[name]


def night_of(terms: Terms | None) -> tuple[Restriction, ...]:
    """As the plan's band of that name draws it, or as usual."""
    return NIGHT if terms is None else _drawn("night", terms)


def _is_night(at: datetime, terms: Terms, place: Place) -> bool:
    return covers(night_of(terms), at, place.zone)


def _is_holiday(at: datetime, place: Place) -> bool:
    return is_in(at, holiday_spans(place, Span(at, at + timedelta(microseconds=1))))
