"""Half-open stretches of time, `[start, end)` in UTC, and the algebra of sorted lists of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Span(NamedTuple):
    """From `start` (included) to `end` (not included), both aware and in UTC. Empty when end <= start."""

    start: datetime
    end: datetime


class Stretch(Protocol):
    """Whatever lasts from a start to an end."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as sorted, disjoint spans; touching ones become one, empty ones vanish."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if merged and span.start <= merged[-1].end:
            if span.end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, span.end)
        else:
            merged.append(span)
    return merged


def intersection(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The time in both; each must be sorted and disjoint, as `union` leaves it."""
    common: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        a, b = one[i], other[j]
        start, end = max(a.start, b.start), min(a.end, b.end)
        if start < end:
            common.append(Span(start, end))
        if a.end < b.end:
            i += 1
        else:
            j += 1
    return common


def subtraction(whole: Sequence[Span], taken: Sequence[Stretch]) -> list[Span]:
    """The time in `whole` that is not in `taken`; each must be sorted and disjoint."""
    left: list[Span] = []
    j = 0
    for start, end in whole:
        while j < len(taken) and taken[j].end <= start:
            j += 1
        cursor, i = start, j
        while i < len(taken) and taken[i].start < end:
            if taken[i].start > cursor:
                left.append(Span(cursor, taken[i].start))
            cursor = max(cursor, taken[i].end)
            i += 1
        if cursor < end:
            left.append(Span(cursor, end))
    return left
