"""What standby pays: for each stretch carried and each band it touches, one exact amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from oncall.compensation.core.bands import is_in
from oncall.compensation.core.carried import Carried, Paid
from oncall.compensation.core.drawn import Drawn, Whole
from oncall.compensation.core.money import hours
from oncall.compensation.core.terms import NOTHING, Band, Terms, Unit
from oncall.core.span import Span, intersection


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
        return _total(self.spans)


def standby(stretch: Paid, terms: Terms, drawn: Drawn) -> list[Standby]:
    """In the order of the plan's bands. A band that pays nothing says so, with its hours: that time was
    carried is a fact.
    """
    found: list[Standby] = []
    if not stretch.spans:
        return found
    whole = Span(stretch.spans[0].start, stretch.spans[-1].end)
    for band in terms.bands:
        spans = tuple(intersection(stretch.spans, drawn.of(band, whole)))
        if spans:
            amount = _amount(band, spans, stretch.carried.turn, drawn) * stretch.factor
            found.append(
                Standby(carried=stretch.carried, band=band, factor=stretch.factor, spans=spans, amount=amount)
            )
    return found


def _amount(band: Band, spans: Sequence[Span], turn: Span, drawn: Drawn) -> Fraction:
    """Before the role's factor."""
    if band.per is Unit.HOUR:
        return band.amount * hours(_total(spans))
    return sum((_of_unit(band, spans, whole) for whole in drawn.wholes(band, spans, turn)), NOTHING)


def _of_unit(band: Band, spans: Sequence[Span], whole: Whole) -> Fraction:
    """Who carries all that the band has in the unit gets all of the amount, whether the weekend has 47, 48 or
    49 hours or a holiday took a day out of the week.
    """
    if not whole.spans:
        return NOTHING
    if band.prorate:
        return band.amount * Fraction(_total(intersection(spans, whole.spans)) // TICK, whole.length // TICK)
    return band.amount if is_in(whole.spans[0].start, spans) else NOTHING


TICK = timedelta(microseconds=1)


def _total(spans: Sequence[Span]) -> timedelta:
    return sum((span.end - span.start for span in spans), timedelta(0))


def share_of_shift(stretch: Paid) -> Fraction:
    """How much of its turn was carried."""
    turn = stretch.carried.turn
    carried = _total(intersection(stretch.spans, [turn]))
    return Fraction(carried // TICK, (turn.end - turn.start) // TICK)
