"""One layer of a role: participants who take turns, limited to weekly windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Literal, NamedTuple

from oncall.core.length import Length
from oncall.core.override import Holder
from oncall.core.restriction import Restriction, windows
from oncall.core.rotation import DAY, Holidays, Rotation, Turn, Turns, WorkedDays, turns_between
from oncall.core.span import Span, intersection
from oncall.core.walltime import first_instant, last_instant

MONDAY_TO_FRIDAY = frozenset(range(5))
WEEK = Length(1, "weeks")
FOREVER = datetime.max.replace(tzinfo=UTC)


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

    def rotation(self, zone: tzinfo, holidays: Holidays) -> Turns:
        """Its turns, without participants."""
        if self.turns == "all":
            return Rotation(self.start, self.shift_length, zone)
        weekdays = frozenset[int]().union(*(one.worked() for one in self.restrictions)) or MONDAY_TO_FRIDAY
        return WorkedDays(Rotation(self.start, DAY, zone), weekdays, holidays, self.shift_length.count)

    def duty(self, zone: tzinfo, within: Sequence[Span]) -> Sequence[Span]:
        """The parts of `within` between the layer's start and its end."""
        start = first_instant(self.start, zone)
        end = FOREVER if self.end is None else last_instant(self.end, zone)
        whole = not within or (start <= within[0].start and within[-1].end <= end)
        return within if whole else intersection([Span(start, end)], within)


def on_duty(layer: Layer, zone: tzinfo, holidays: Holidays, within: Sequence[Span]) -> list[Piece]:
    """Who the layer puts on call `within`: sorted, disjoint; nobody's stretches are left out."""
    duty = layer.duty(zone, within)
    if layer.restrictions and duty:
        duty = intersection(windows(layer.restrictions, zone, Span(duty[0].start, duty[-1].end)), duty)
    return list(_pieces(layer, layer.rotation(zone, holidays), duty))


def following(
    layer: Layer, zone: tzinfo, holidays: Holidays, within: Sequence[Span], *, offset: int
) -> list[Piece]:
    """The slot `offset` places on from each turn's own, whatever restricts the layer."""
    return list(_pieces(layer, layer.rotation(zone, holidays), layer.duty(zone, within), offset=offset))


def _pieces(layer: Layer, turns: Turns, duty: Sequence[Span], *, offset: int = 0) -> Iterator[Piece]:
    if not duty or not layer.participants:
        return
    i = 0
    for turn in turns_between(turns, duty[0].start, duty[-1].end):
        slot = layer.participants[(turn.number + offset) % len(layer.participants)]
        holders = _holders(layer, slot, turn)
        while i < len(duty) and duty[i].start < turn.end:
            open_from, open_until = duty[i]
            if holders and open_until > turn.start:
                yield Piece(max(open_from, turn.start), min(open_until, turn.end), holders)
            if open_until > turn.end:
                break
            i += 1


def _holders(layer: Layer, slot: tuple[int, ...], turn: Turn) -> tuple[Holder, ...]:
    name = (layer.name, turn.start)
    return tuple([Holder(user, "", name) for user in slot])
