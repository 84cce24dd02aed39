"""What a person carried, cut so that each moment is paid once, or as often as the plan says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from oncall.compensation.core.terms import Overlap, Terms
from oncall.core.span import Span, intersection, subtraction, union


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A stretch of one role of one schedule that one person really carried, and what put them there.

    `turn` is the whole turn of the rotation that it is a part of; the stretch itself where there is none.
    """

    schedule: str
    role: str
    span: Span
    turn: Span
    override: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """The part of a stretch that is paid, sorted and disjoint, at one factor."""

    carried: Carried
    spans: tuple[Span, ...]
    factor: Fraction


def within(carried: Iterable[Carried], span: Span) -> list[Carried]:
    """The parts in `span`; turns stay whole."""
    cut = (
        replace(one, span=Span(max(one.span.start, span.start), min(one.span.end, span.end)))
        for one in carried
    )
    return [one for one in cut if one.span.start < one.span.end]


def paid(carried: Sequence[Carried], terms: Terms) -> list[Paid]:
    """What of it is paid, in order of time. Where a person carries several at once and the plan pays once,
    each moment goes to the highest factor; of equal ones to the schedule and role that come first by name,
    so that the order in which they are given changes nothing.
    """
    ordered = sorted(carried, key=_place)
    if terms.overlap is Overlap.EACH:
        return [Paid(one, (one.span,), terms.factor(one.role)) for one in ordered]
    ranked = sorted(ordered, key=lambda one: (-terms.factor(one.role), one.schedule, one.role, _place(one)))
    taken: list[Span] = []
    found: list[Paid] = []
    for one in ranked:
        left = tuple(subtraction([one.span], taken))
        taken = union([*taken, one.span])
        if left:
            found.append(Paid(one, left, terms.factor(one.role)))
    return sorted(found, key=lambda part: _place(part.carried))


def cut(stretch: Paid, at: Sequence[datetime]) -> list[Paid]:
    """Its parts between those instants, which are in order; of the same turn, so that they earn the same."""
    if not at:
        return [stretch]
    spans = stretch.spans
    edges = [spans[0].start, *(one for one in at if spans[0].start < one < spans[-1].end), spans[-1].end]
    parts = (tuple(intersection(spans, [Span(*pair)])) for pair in pairwise(edges))
    return [replace(stretch, spans=part) for part in parts if part]


def _place(one: Carried) -> tuple[Span, str, str, Span, str]:
    return one.span, one.schedule, one.role, one.turn, one.override
