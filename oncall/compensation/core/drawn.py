"""A plan's bands on one person's clock, drawn once for all that they carried."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from oncall.compensation.core.bands import Days, Place, units
from oncall.compensation.core.moves import Moves, bands_of, days_of
from oncall.compensation.core.terms import Band, Terms, Unit
from oncall.core.span import Span, intersection, union

AROUND = timedelta(days=9)
"""A week or a weekend that touches a stretch reaches no further than this beyond it."""


class Whole(NamedTuple):
    """All the time that a band has in one unit, after precedence."""

    spans: list[Span]
    length: timedelta


class Drawn:
    """The time of each band around `within`, which is all that is asked about but for whole shifts.

    Shifts are drawn as they come: one may begin long before.
    """

    def __init__(self, terms: Terms, place: Place, moves: Moves, within: Span) -> None:
        self._terms, self._place, self._moves = terms, place, moves
        self._within = Span(within.start - AROUND, within.end + AROUND)
        self._own = bands_of(terms, place, moves, self._within)
        self._any: list[Span] | None = None
        self._wholes: dict[tuple[str, Days | Span], Whole] = {}

    def of(self, band: Band, span: Span) -> Sequence[Span]:
        """The band's own time that touches `span`, which lies in `within`."""
        own = self._own[band.name]
        return own[bisect_right(own, span.start, key=_end) : bisect_left(own, span.end, key=_start)]

    def of_any(self, spans: Sequence[Span]) -> list[Span]:
        """What of the time `spans` is in some band."""
        if self._any is None:
            self._any = union(span for own in self._own.values() for span in own)
        first = bisect_right(self._any, spans[0].start, key=_end)
        return intersection(spans, self._any[first : bisect_left(self._any, spans[-1].end, key=_start)])

    def wholes(self, band: Band, spans: Sequence[Span], turn: Span) -> Iterator[Whole]:
        """Those of the calendar, or that of the turn, which `spans` of the band lie in, in order."""
        if band.per is Unit.SHIFT:
            yield self._whole(band, turn)
        else:
            for days in units(band.per, Span(spans[0].start, spans[-1].end), self._place.zone):
                yield self._whole(band, days)

    def _whole(self, band: Band, unit: Days | Span) -> Whole:
        found = self._wholes.get((band.name, unit))
        if found is None:
            parts = [unit] if isinstance(unit, Span) else days_of(unit, self._place, self._moves)
            spans = [span for part in parts for span in intersection(self._known(band, part), [part])]
            found = Whole(spans, sum((span.end - span.start for span in spans), timedelta(0)))
            self._wholes[band.name, unit] = found
        return found

    def _known(self, band: Band, span: Span) -> Sequence[Span]:
        if self._within.start <= span.start and span.end <= self._within.end:
            return self.of(band, span)
        return bands_of(self._terms, self._place, self._moves, span)[band.name]


def _start(span: Span) -> datetime:
    return span.start


def _end(span: Span) -> datetime:
    return span.end
