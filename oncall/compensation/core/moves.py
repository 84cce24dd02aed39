"""Where a person was before and after they moved: their days and weeks go by the clock that they had."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from oncall.compensation.core.bands import Days, Place, of_bands
from oncall.compensation.core.terms import Terms
from oncall.core.span import Span, union


class Move(NamedTuple):
    """That a person was at `place` until they moved on; the last one is for ever."""

    place: Place
    until: datetime


Moves = Sequence[Move]
"""In order of time; none for one who never moved."""


ALWAYS = datetime.min.replace(tzinfo=UTC)


def days_of(days: Days, place: Place, moves: Moves) -> list[Span]:
    """The time at which those days were those that the person's clock showed: a day to which somebody flew
    over the date line may be two hours long, and one that they flew back into has two parts.
    """
    if not moves:
        return [days.by(place.zone)]
    return union(_cut(days.by(there.zone), reign) for there, reign in _reigns(moves))


def bands_of(terms: Terms, place: Place, moves: Moves, within: Span) -> Mapping[str, list[Span]]:
    """By band, its own time in `within`, sorted and disjoint, by the clocks that the person had."""
    if not moves:
        return of_bands(terms, place, within)
    found: dict[str, list[Span]] = {band.name: [] for band in terms.bands}
    for there, reign in _reigns(moves):
        for name, spans in of_bands(terms, there, _cut(within, reign)).items():
            found[name] += spans
    return {name: union(spans) for name, spans in found.items()}


def _reigns(moves: Moves) -> Iterator[tuple[Place, Span]]:
    since = ALWAYS
    for move in moves:
        yield move.place, Span(since, move.until)
        since = move.until


def _cut(span: Span, reign: Span) -> Span:
    return Span(max(span.start, reign.start), min(span.end, reign.end))
