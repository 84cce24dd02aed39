"""What standby pays: for each stretch carried and each band it touches, one exact amount."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from oncall.compensation.core.bands import Place, is_in, of_bands, units
from oncall.compensation.core.carried import Carried, Paid
from oncall.compensation.core.money import hours
from oncall.compensation.core.terms import NOTHING, Band, Terms, Unit
from oncall.core.span import Span, intersection

AROUND = timedelta(days=9)
"""A week or a weekend that touches a stretch reaches no further than this beyond it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standby:
    """What one stretch earns in one band: `spans` are the moments of it, `amount` is not rounded."""

    carried: Carried
    band: Band
    factor: Fraction
    spans: tuple[Span, ...]
    amount: Fraction

    @property
    def length(self) -> timedelta:
        return sum((span.end - span.start for span in self.spans), timedelta(0))


def standby(stretches: Sequence[Paid], terms: Terms, place: Place) -> list[Standby]:
    """In order of time, and of the plan's bands. A band that pays nothing says so, with its hours: that time
    was carried is a fact.
    """
    found: list[Standby] = []
    for one in stretches:
        span, turn = one.carried.span, one.carried.turn
        reach = Span(min(span.start, turn.start), max(span.end, turn.end))
        own = of_bands(terms, place, Span(reach.start - AROUND, reach.end + AROUND))
        for band in terms.bands:
            spans = tuple(intersection(one.spans, own[band.name]))
            if spans:
                whole = _units(band.per, spans, one, place)
                amount = _amount(band, spans, own[band.name], whole) * one.factor
                found.append(
                    Standby(carried=one.carried, band=band, factor=one.factor, spans=spans, amount=amount)
                )
    return found


def _amount(band: Band, spans: Sequence[Span], own: Sequence[Span], whole_units: Iterable[Span]) -> Fraction:
    """Before the role's factor."""
    if band.per is Unit.HOUR:
        return band.amount * _total(spans)
    return sum((_of_unit(band, spans, intersection(own, [unit])) for unit in whole_units), NOTHING)


def _units(per: Unit, spans: Sequence[Span], stretch: Paid, place: Place) -> list[Span]:
    """Those of the calendar, or the turn of the rotation, that the moments lie in."""
    match per:
        case Unit.HOUR:
            return []
        case Unit.SHIFT:
            return [stretch.carried.turn]
        case _:
            return units(per, Span(spans[0].start, spans[-1].end), place.zone)


def _of_unit(band: Band, spans: Sequence[Span], whole: Sequence[Span]) -> Fraction:
    """`whole` is all the time that the band has in the unit, after precedence: who carries all of it gets all
    of the amount, whether the weekend has 47, 48 or 49 hours or a holiday took a day out of the week.
    """
    mine = intersection(spans, whole)
    if not mine:
        return NOTHING
    if band.prorate:
        return band.amount * _total(mine) / _total(whole)
    return band.amount if is_in(whole[0].start, mine) else NOTHING


def _total(spans: Sequence[Span]) -> Fraction:
    return sum((hours(span.end - span.start) for span in spans), NOTHING)


def share_of_shift(stretch: Paid) -> Fraction:
    """How much of its turn was carried."""
    turn = stretch.carried.turn
    carried = _total(intersection(stretch.spans, [turn]))
    return carried / _total([turn])
