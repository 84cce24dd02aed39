"""Pieces laid over one another: layers over lower layers, then overrides and temporary schedules over all.

Every list of pieces is sorted and disjoint; where nobody is on call there is no piece.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from oncall.core.layer import Piece
from oncall.core.override import Change, Override, Temporary, settle
from oncall.core.span import Span, subtraction


class ChangeSpan(NamedTuple):
    """The part of a change that is in force."""

    start: datetime
    end: datetime
    change: Change


def topped(layers: Iterable[Callable[[Sequence[Span]], list[Piece]]], span: Span) -> list[Piece]:
    """At each instant of `span` the highest layer's piece.

    `layers`, the highest first, say theirs within spans; each is asked for what those above it leave open.
    """
    found: list[Piece] = []
    left_open = [span]
    for pieces_within in layers:
        pieces = pieces_within(left_open)
        left_open = subtraction(left_open, pieces)
        found += pieces
        if not left_open:
            break
    return sorted(found, key=_start)


def without(left: Mapping[int, datetime], pieces: list[Piece]) -> list[Piece]:
    """The pieces without those who have left, from the instant at which they did."""
    if not left:
        return pieces
    return [part for piece in pieces for part in _staying(left, piece)]


def changes_of(
    role: str, overrides: Sequence[Override], temporaries: Sequence[Temporary], span: Span
) -> list[ChangeSpan]:
    """What is laid over `role` within `span`; a temporary schedule in every role."""
    found = [ChangeSpan(one.start, one.end, one) for one in overrides if one.role == role]
    for temporary in temporaries:
        found.append(ChangeSpan(temporary.start, temporary.end, temporary))
        found += [
            ChangeSpan(max(one.start, temporary.start), min(one.end, temporary.end), one)
            for one in temporary.shifts
            if one.role == role
        ]
    clipped = (ChangeSpan(max(c.start, span.start), min(c.end, span.end), c.change) for c in found)
    return [change for change in clipped if change.start < change.end]


def still_valid(left: Mapping[int, datetime], changes: list[ChangeSpan]) -> list[ChangeSpan]:
    """The changes without those that put on call somebody who has left, from that instant on."""
    if not left:
        return changes
    kept = (ChangeSpan(c.start, min(c.end, _void_from(left, c)), c.change) for c in changes)
    return [change for change in kept if change.start < change.end]


def laid_over(base: list[Piece], changes: Sequence[ChangeSpan]) -> list[Piece]:
    """`base` where nothing changes it; elsewhere whom the changes in force leave on call."""
    if not changes:
        return base
    result = _within(base, None, min(change.start for change in changes))
    for span, active in _stretches(changes):
        if not active:
            result += _within(base, *span)
            continue
        for piece in filled(_within(base, *span), span):
            holders = settle(piece.holders, active)
            if holders:
                result.append(Piece(piece.start, piece.end, holders))
    return result + _within(base, max(change.end for change in changes), None)


def filled(pieces: Sequence[Piece], span: Span) -> Iterator[Piece]:
    """`pieces`, all within `span`, and pieces of nobody where there is none."""
    cursor = span.start
    for piece in pieces:
        if cursor < piece.start:
            yield Piece(cursor, piece.start, ())
        yield piece
        cursor = piece.end
    if cursor < span.end:
        yield Piece(cursor, span.end, ())


def _staying(left: Mapping[int, datetime], piece: Piece) -> Iterator[Piece]:
    leaving = {left[holder.user] for holder in piece.holders if holder.user in left}
    edges = [piece.start, *sorted(at for at in leaving if piece.start < at < piece.end), piece.end]
    for start, end in pairwise(edges):
        holders = tuple(h for h in piece.holders if h.user not in left or left[h.user] > start)
        if holders:
            yield Piece(start, end, holders)


def _void_from(left: Mapping[int, datetime], span: ChangeSpan) -> datetime:
    change = span.change
    if isinstance(change, Temporary) or (isinstance(change, Override) and change.kind == "remove"):
        return span.end
    return left.get(change.user, span.end)


def _stretches(changes: Sequence[ChangeSpan]) -> Iterator[tuple[Span, list[Change]]]:
    """Each stretch between two edges of the changes, with those in force in it."""
    starting: dict[datetime, list[ChangeSpan]] = defaultdict(list)
    for change in changes:
        starting[change.start].append(change)
    edges = sorted({edge for change in changes for edge in (change.start, change.end)})
    active: list[ChangeSpan] = []
    for start, end in pairwise(edges):
        active = [change for change in active if change.end > start] + starting.get(start, [])
        yield Span(start, end), [span.change for span in active]


def _within(pieces: list[Piece], since: datetime | None, until: datetime | None) -> list[Piece]:
    """The parts of `pieces` in [since, until); None is without end."""
    first = 0 if since is None else bisect_right(pieces, since, key=_end)
    last = len(pieces) if until is None else bisect_left(pieces, until, key=_start)
    found = pieces[first:last]
    if found and since is not None and found[0].start < since:
        found[0] = Piece(since, found[0].end, found[0].holders)
    if found and until is not None and found[-1].end > until:
        found[-1] = Piece(found[-1].start, until, found[-1].holders)
    return found


def _start(piece: Piece) -> datetime:
    return piece.start


def _end(piece: Piece) -> datetime:
    return piece.end
