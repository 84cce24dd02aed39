"""One person's statement: every line says what it is for, and is rounded once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from oncall.compensation.core.bands import Place
from oncall.compensation.core.callouts import CallOut, Engagement, Under, call_outs
from oncall.compensation.core.capping import (
    NO_STANDBY,
    UNUSED_YET,
    Capped,
    Stood,
    Used,
    capped,
    edges,
    standing,
)
from oncall.compensation.core.carried import Carried, Paid, cut, paid, within
from oncall.compensation.core.drawn import Drawn
from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import Per, Rounding
from oncall.compensation.core.moves import Moves
from oncall.compensation.core.standby import Standby, share_of_shift, standby
from oncall.compensation.core.terms import NOTHING, Band, Terms, Unit, decimal
from oncall.core.span import Span

WHOLE_MINUTES = Rounding(unit=Decimal(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """While `span` lasts, these terms apply to the person, at this place.

    One that is not `shown` is over before the statement begins: it counts for what a cap has left, and for
    the call-outs that began in it. `moves` are all the places of somebody who has moved.
    """

    span: Span
    terms: Terms
    place: Place
    shown: bool = True
    moves: Moves = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is owed for some time. `warnings` are sentences for those who approve it."""

    lines: tuple[Line, ...]
    warnings: tuple[str, ...] = ()

    def totals(self) -> dict[str, Decimal]:
        """By currency."""
        found: dict[str, Decimal] = {}
        for line in self.lines:
            found[line.currency] = found.get(line.currency, Decimal(0)) + line.amount
        return found

    @property
    def lieu_minutes(self) -> int:
        return sum(line.lieu_minutes for line in self.lines)


def reckon(
    stages: Iterable[Stage], carried: Sequence[Carried], engagements: Sequence[Engagement]
) -> Statement:
    """Everything of all stages, which do not overlap. A call-out is of the stage it begins in, so that stages
    and `engagements` reach back far enough to tell whether the first belongs to one that began before, and
    `engagements` beyond the last. Stages of one plan share its cap. The order in which anything is given
    changes nothing.
    """
    ordered = sorted(stages, key=lambda stage: stage.span)
    outs: dict[Span, list[CallOut]] = defaultdict(list)
    for one, under in call_outs(engagements, [Under(each.span, each.terms, each.place) for each in ordered]):
        outs[under.span].append(one)
    lines: list[tuple[Line, Rounding]] = []
    warnings: dict[tuple[str, str], str] = {}
    used: dict[str, Mapping[str, Used]] = {}
    for stage in (one for one in ordered if one.shown or one.terms.cap):
        plan = stage.terms.plan
        found = _of_stage(stage, carried, outs[stage.span], used.get(plan, UNUSED_YET))
        used[plan] = found.used
        if stage.shown:
            lines += [(line, stage.terms.rounding) for line in sorted(found.lines, key=_place)]
            warnings |= {(plan, period): said for period, said in found.warnings.items()}
    return Statement(lines=tuple(_rounded(lines)), warnings=tuple(dict.fromkeys(warnings.values())))


def _of_stage(
    stage: Stage, carried: Sequence[Carried], outs: Iterable[CallOut], used: Mapping[str, Used]
) -> Capped:
    terms, cap, zone = stage.terms, stage.terms.cap, stage.place.zone
    mine = paid(within(carried, stage.span), terms)
    drawn = Drawn(terms, stage.place, stage.moves, stage.span)
    stood: Mapping[str, Stood] = NO_STANDBY
    cuts: list[datetime] = []
    if cap is not None:
        cuts = edges(cap.per, stage.span, zone)
        stood = standing(_on_standby(mine, drawn, cuts), cap, zone, before=used)
        cuts = sorted({*cuts, *(one.reached for one in stood.values() if one.reached is not None)})
    lines: list[Line] = []
    for stretch in mine:
        earned = [one for part in cut(stretch, cuts) for one in standby(part, terms, drawn)]
        lines += [_standby(one, terms) for one in earned]
        if terms.minimum_per_shift:
            lines.append(_missing(stretch, earned, terms))
    lines += [_call_out(one, terms) for one in outs]
    counted = [line for line in lines if line.exact or line.kind is not Kind.MINIMUM]
    return capped(counted, cap, zone, stood=stood, before=used)


def _on_standby(stretches: Iterable[Paid], drawn: Drawn, cuts: Sequence[datetime]) -> Iterator[Span]:
    """What counts for a cap of hours: the time that is in some band, but what a role is paid nothing for."""
    for stretch in stretches:
        for part in cut(stretch, cuts) if stretch.factor else ():
            yield from drawn.of_any(part.spans)


def _place(line: Line) -> tuple[Span, str, str, Kind, str, Fraction]:
    return line.span, line.schedule, line.role, line.kind, line.band, line.exact


def _standby(one: Standby, terms: Terms) -> Line:
    return Line(
        kind=Kind.STANDBY,
        plan=terms.plan,
        band=one.band.name,
        schedule=one.carried.schedule,
        role=one.carried.role,
        span=Span(one.spans[0].start, one.spans[-1].end),
        spans=one.spans,
        length=one.length,
        rate=_rate(one.band, one.factor),
        exact=one.amount,
        currency=terms.currency,
        override=one.carried.override,
    )


def _rate(band: Band, factor: Fraction) -> str:
    shared = ", shared by time" if band.prorate and band.per is not Unit.HOUR else ""
    by_role = f", times {decimal(factor):f} for the role" if factor != 1 else ""
    return f"{decimal(band.amount):f} per {band.per}{shared}{by_role}"


def _missing(stretch: Paid, earned: Sequence[Standby], terms: Terms) -> Line:
    """To the least that a shift pays; of a part of the shift, to that part of it."""
    least = terms.minimum_per_shift * share_of_shift(stretch) * stretch.factor
    so_far = sum((one.amount for one in earned), NOTHING)
    carried = stretch.carried
    return Line(
        kind=Kind.MINIMUM,
        plan=terms.plan,
        band="",
        schedule=carried.schedule,
        role=carried.role,
        span=carried.span,
        length=carried.span.end - carried.span.start,
        rate=f"at least {decimal(terms.minimum_per_shift):f} a shift",
        exact=max(NOTHING, least - so_far),
        currency=terms.currency,
        override=carried.override,
    )


def _call_out(one: CallOut, terms: Terms) -> Line:
    first = one.engagements[0]
    pay = terms.call_outs.pay if terms.call_outs else None
    rate = f"{decimal(pay.amount):f} per {'hour' if pay.per_hour else 'call-out'}" if pay else ""
    times = pay.multipliers.get(one.kind) if pay else None
    return Line(
        kind=Kind.CALL_OUT,
        plan=terms.plan,
        band=one.kind,
        schedule=first.schedule,
        role=first.role,
        span=one.span,
        length=one.paid,
        rate=f"{rate}, times {decimal(times):f}" if times is not None else rate,
        exact=one.amount,
        currency=terms.currency,
        lieu_minutes=int(WHOLE_MINUTES.rounded(one.lieu)),
        pages=one.pages,
        because="woken" if one.woken else "",
    )


def _rounded(lines: Sequence[tuple[Line, Rounding]]) -> list[Line]:
    """What stages round alike is rounded together: a total is one, wherever a person was meanwhile."""
    done = [line for line, _ in lines]
    for rounding in {rounding for _, rounding in lines}:
        alike = [place for place, (_, its) in enumerate(lines) if its == rounding]
        for place, line in zip(alike, rounded([done[place] for place in alike], rounding), strict=True):
            done[place] = line
    return done


def rounded(lines: Sequence[Line], rounding: Rounding) -> list[Line]:
    """Each line by itself; where totals are rounded, the last line carries the difference, so that the lines
    add up to the total that is paid.
    """
    done = [replace(line, amount=rounding.rounded(line.exact)) for line in lines]
    if rounding.per is Per.LINE:
        return done
    last: dict[str, int] = {line.currency: place for place, line in enumerate(done)}
    exact: defaultdict[str, Fraction] = defaultdict(Fraction)
    shown: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in done:
        exact[line.currency] += line.exact
        shown[line.currency] += line.amount
    for currency, place in last.items():
        difference = rounding.rounded(exact[currency]) - shown[currency]
        done[place] = replace(done[place], amount=done[place].amount + difference)
    return done
