"""One person's statement: every line says what it is for, and is rounded once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from oncall.compensation.core.bands import Place
from oncall.compensation.core.callouts import CallOut, Engagement, call_outs
from oncall.compensation.core.capping import UNUSED_YET, Capped, Used, capped
from oncall.compensation.core.carried import Carried, Paid, paid, within
from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import Per, Rounding
from oncall.compensation.core.standby import Standby, share_of_shift, standby
from oncall.compensation.core.terms import NOTHING, Band, Terms, Unit, decimal
from oncall.core.span import Span

WHOLE_MINUTES = Rounding(unit=Decimal(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """While `span` lasts, these terms apply to the person, at this place.

    One that is not `shown` is over before the statement begins: it counts for what a cap has left.
    """

    span: Span
    terms: Terms
    place: Place
    shown: bool = True


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
    """Everything of all stages, which do not overlap. A call-out is of the stage it begins in, so that
    `engagements` reach back far enough to tell whether the first of a stage belongs to one that began before.
    Stages of one plan share its cap. The order in which anything is given changes nothing.
    """
    lines: list[Line] = []
    warnings: list[str] = []
    used: dict[str, Mapping[str, Used]] = {}
    for stage in sorted(stages, key=lambda stage: stage.span):
        plan = stage.terms.plan
        found = _of_stage(stage, carried, engagements, used.get(plan, UNUSED_YET))
        used[plan] = found.used
        if stage.shown:
            lines += rounded(sorted(found.lines, key=_place), stage.terms.rounding)
            warnings += found.warnings
    return Statement(lines=tuple(lines), warnings=tuple(dict.fromkeys(warnings)))


def _of_stage(
    stage: Stage, carried: Sequence[Carried], engagements: Sequence[Engagement], used: Mapping[str, Used]
) -> Capped:
    terms, place = stage.terms, stage.place
    mine = paid(within(carried, stage.span), terms)
    earned = standby(mine, terms, place)
    lines = [_standby(one, terms) for one in earned]
    lines += [_missing(stretch, earned, terms) for stretch in mine if terms.minimum_per_shift]
    outs = call_outs(engagements, terms, place)
    lines += [_call_out(one, terms) for one in outs if stage.span.start <= one.span.start < stage.span.end]
    counted = [line for line in lines if line.exact or line.kind is not Kind.MINIMUM]
    return capped(counted, terms.cap, place.zone, before=used)


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
    so_far = sum((one.amount for one in earned if one.carried == stretch.carried), NOTHING)
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
