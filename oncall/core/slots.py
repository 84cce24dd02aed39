"""Shifts as calendars know them: slots with a name for ever, and what became of them since."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from oncall.core.final import EARLIEST, Roster, Shift, roles, shifts
from oncall.core.span import Span

MARGIN = timedelta(days=35)  # most shifts at the edges of a window are whole within it
Name = tuple[str, datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A shift, named for ever by role, start and `place`: which one it is of those that begin at once.

    `sequence` counts its changes, the last at `changed_at`. Of a slot that ceased to be (`cancelled`) the
    rest is what was last known.
    """

    role: str
    start: datetime
    end: datetime
    user: int | None
    place: int = 0
    override: str = ""
    sequence: int = 0
    changed_at: datetime = EARLIEST
    cancelled: bool = False

    @property
    def name(self) -> Name:
        return self.role, self.start, self.place

    def says(self, other: "Slot") -> bool:
        """Whether the two say the same of the same name."""
        mine, others = ((s.user, s.end, s.override, s.cancelled) for s in (self, other))
        return mine == others


@dataclass(frozen=True, slots=True)
class SlotChange:
    """What a slot was and is; None where it was not, or is no more."""

    name: Name
    before: Slot | None
    after: Slot | None

    def matters(self) -> bool:
        """Whether somebody has to hear of it, or a calendar of one person or of gaps has to take it back."""
        before, after = (slot and (slot.user, slot.end) for slot in (self.before, self.after))
        nobody = all(slot is None or slot.user is None for slot in (self.before, self.after))
        return before != after and not (nobody and self.before and self.after)


@dataclass(slots=True)
class Difference:
    """What is to be written: slots as they are now, what people have to hear of, and what nobody ever saw."""

    written: list[Slot] = field(default_factory=list)
    changes: list[SlotChange] = field(default_factory=list)
    forgotten: list[Name] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where a comparison ends. What was over by `settled` (None: nothing was ever published) stays as it is.

    Slots from `unseen` on were not published so far, and nobody is told that they came. From `until` on they
    are not in view even now.
    """

    settled: datetime | None
    unseen: datetime
    until: datetime


def widest(since: datetime, until: datetime) -> Span:
    """The whole years in which the shifts of [since, until) are looked for: at a new year the rest is cut,
    so that a gap that never ends keeps its name for a year.
    """
    return Span(datetime(since.year - 1, 1, 1, tzinfo=UTC), datetime(until.year + 2, 1, 1, tzinfo=UTC))


def whole_shifts(roster: Roster, since: datetime, until: datetime) -> list[Shift]:
    """The shifts that overlap [since, until), uncut, split at handoffs, and their neighbours on either side.

    `roster` has to be that of `widest(since, until)`. A role is nobody's gap where there is no such role.
    """
    if not roster.versions:
        return []
    years = widest(since, until)
    first = max(years.start, roster.versions[0].effective_from)
    last = min(years.end, roster.retired_at or years.end)
    window, reach = Span(since, until), Span(first, last)
    found = [shift for role in roles(roster, since, until) for shift in _whole(roster, role, window, reach)]
    return sorted(
        (shift for shift in found if shift.user is not None or _there(roster, shift)),
        key=lambda shift: (shift.start, shift.role, shift.user or 0),
    )


def named(found: Iterable[Shift], known: Iterable[Slot] = ()) -> list[Slot]:
    """The shifts as slots: of people who begin a role at once each keeps the place they have in `known`."""
    held: defaultdict[tuple[str, datetime], dict[int, int | None]] = defaultdict(dict)
    for slot in known:
        if not slot.cancelled:
            held[slot.role, slot.start][slot.place] = slot.user
    together: defaultdict[tuple[str, datetime], list[Shift]] = defaultdict(list)
    for shift in found:
        together[shift.role, shift.start].append(shift)
    return [
        Slot(
            role=shift.role,
            start=shift.start,
            end=shift.end,
            user=shift.user,
            place=place,
            override=shift.override,
        )
        for key, group in together.items()
        for place, shift in _placed(group, held.get(key, {}))
    ]


def difference(known: Collection[Slot], found: Sequence[Slot], edges: Edges) -> Difference:
    """What to write so that `known` becomes `found`. Nothing that was over by `edges.settled` changes."""
    result = Difference()
    before = {slot.name: slot for slot in known}
    for slot in found:
        was = before.get(slot.name)
        if _settled(edges, was, slot) or (was is not None and was.says(slot)):
            continue
        result.written.append(slot if was is None else replace(slot, sequence=was.sequence + 1))
        if was is not None or (edges.settled is not None and slot.start < edges.unseen):
            result.changes.append(SlotChange(slot.name, was if was and not was.cancelled else None, slot))
    _vanished(result, before, {slot.name for slot in found}, edges)
    return result


def _vanished(result: Difference, before: Mapping[Name, Slot], now: set[Name], edges: Edges) -> None:
    for name, was in before.items():
        if name in now or was.cancelled or _settled(edges, was):
            continue
        if was.start >= edges.until:
            result.forgotten.append(name)
            continue
        result.written.append(replace(was, cancelled=True, sequence=was.sequence + 1))
        result.changes.append(SlotChange(name, was, None))


def _settled(edges: Edges, *slots: Slot | None) -> bool:
    return edges.settled is not None and all(slot is None or slot.end <= edges.settled for slot in slots)


def _whole(roster: Roster, role: str, window: Span, reach: Span) -> list[Shift]:
    kept: list[Shift] = []
    near = Span(max(window.start - MARGIN, reach.start), min(window.end + MARGIN, reach.end))
    for span in (near, reach):
        if span.start >= span.end:
            return []
        found = shifts(roster, span.start, span.end, role=role, split_at_handoffs=True)
        kept = _with_neighbours(found, window)
        cut = (span.start if span.start > reach.start else None, span.end if span.end < reach.end else None)
        if not any(shift.start == cut[0] or shift.end == cut[1] for shift in kept):
            break
    return kept


def _with_neighbours(found: Sequence[Shift], window: Span) -> list[Shift]:
    inside = [shift for shift in found if shift.start < window.end and shift.end > window.start]
    if not inside:
        return []
    first, last = min(shift.start for shift in inside), max(shift.end for shift in inside)
    return [shift for shift in found if shift.start <= last and shift.end >= first]


def _there(roster: Roster, shift: Shift) -> bool:
    return shift.role in roles(roster, shift.start, shift.end)


def _placed(group: Sequence[Shift], held: Mapping[int, int | None]) -> Iterator[tuple[int, Shift]]:
    if len(group) == 1 and not held:
        yield 0, group[0]
        return
    taken: dict[int, Shift] = {}
    others: list[Shift] = []
    for shift in group:
        mine = (place for place, user in held.items() if user == shift.user and place not in taken)
        place = next(mine, None)
        if place is None:
            others.append(shift)
        else:
            taken[place] = shift
    free = (place for place in count() if place not in taken)
    yield from taken.items()
    yield from zip(free, others, strict=False)
