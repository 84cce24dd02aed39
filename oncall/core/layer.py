"""One layer of a role: participants who take turns, limited to weekly windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal, NamedTuple

from oncall.core.length import Length
from oncall.core.override import Holder
from oncall.core.restriction import Restriction, windows
from oncall.core.rotation import DAY, Rotation, Turn, Turns, WorkedDays, turns_between
from oncall.core.span import Span
from oncall.core.walltime import first_instant, last_instant

MONDAY_TO_FRIDAY = frozenset(range(5))
WEEK = Length(1, "weeks")


class Piece(NamedTuple):
    """A stretch in which the same people are on call, by the same turn."""

    start: datetime
    end: datetime
    holders: tuple[Holder, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """`participants` are slots of one person, several at once, or nobody, by user id, taking turns in order.

    `start` is the anchor and `end`, if any, where the layer's duty ends: both naive, in the schedule's zone.
    `turns` worked_days counts the length in days that the restrictions work (without restrictions: Monday to
    Friday) and that are not holidays.
    """

    name: str
    participants: tuple[tuple[int, ...], ...]
    start: datetime
    shift_length: Length = WEEK
    turns: Literal["all", "worked_days"] = "all"
    restrictions: tuple[Restriction, ...] = ()
    end: datetime | None = None

    def rotation(self, zone: tzinfo, holidays: Sequence[date]) -> Turns:
        """Its turns, without participants; `holidays` sorted."""
        if self.turns == "all":
            return Rotation(self.start, self.shift_length, zone)
        weekdays = frozenset[int]().union(*(one.worked() for one in self.restrictions)) or MONDAY_TO_FRIDAY
        return WorkedDays(Rotation(self.start, DAY, zone), weekdays, holidays, self.shift_length.count)

    def duty(self, zone: tzinfo, span: Span) -> Span:
        """The part of `span` between the layer's start and its end."""
        start = max(span.start, first_instant(self.start, zone))
        return Span(start, span.end if self.end is None else min(span.end, last_instant(self.end, zone)))


def on_duty(layer: Layer, zone: tzinfo, holidays: Sequence[date], span: Span) -> list[Piece]:
    """Who the layer puts on call within `span`: sorted, disjoint; nobody's stretches are left out."""
    duty = layer.duty(zone, span)
    open_spans = windows(layer.restrictions, zone, duty) if layer.restrictions else [duty]
    return list(_pieces(layer, layer.rotation(zone, holidays), open_spans, duty))


def following(
    layer: Layer, zone: tzinfo, holidays: Sequence[date], span: Span, *, offset: int
) -> list[Piece]:
    """The slot `offset` places on from each turn's own, whatever restricts the layer."""
    duty = layer.duty(zone, span)
    return list(_pieces(layer, layer.rotation(zone, holidays), [duty], duty, offset=offset))


def _pieces(
    layer: Layer, rotation: Turns, open_spans: Sequence[Span], duty: Span, *, offset: int = 0
) -> Iterator[Piece]:
    i = 0
    for turn in turns_between(rotation, duty.start, duty.end) if layer.participants else ():
        slot = layer.participants[(turn.number + offset) % len(layer.participants)]
        while i < len(open_spans) and open_spans[i].start < turn.end:
            start = max(open_spans[i].start, turn.start, duty.start)
            end = min(open_spans[i].end, turn.end, duty.end)
            if slot and start < end:
                yield Piece(start, end, _holders(layer, slot, turn))
            if open_spans[i].end > turn.end:
                break
            i += 1


def _holders(layer: Layer, slot: tuple[int, ...], turn: Turn) -> tuple[Holder, ...]:
    name = (layer.name, turn.start)
    return tuple([Holder(user, "", name) for user in slot])
