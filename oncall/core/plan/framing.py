"""From a roster and what is known of people to the puzzle: who can have which turn, and what is too near."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from oncall.core.final import Roster, Shift
from oncall.core.plan.crews import crews_of
from oncall.core.plan.load import Person, load_of
from oncall.core.plan.problem import Group, Pair, Problem, Slot
from oncall.core.plan.turns import AFTER, BEFORE, Turn, staying, turns_of
from oncall.core.span import Span, intersection, union

REST = timedelta(hours=11)  # Directive 2003/88/EC, article 3


@dataclass(frozen=True, slots=True)
class Frame:
    """The puzzle of [since, until), and what it was made of. `kept` is carried whatever is chosen."""

    problem: Problem
    turns: tuple[Turn, ...]
    kept: tuple[Shift, ...]
    around: tuple[Shift, ...]
    people: Mapping[int, Person]
    since: datetime
    until: datetime


def frame(roster: Roster, people: Mapping[int, Person], since: datetime, until: datetime) -> Frame:
    """The puzzle; the roster has to reach from BEFORE `since` to AFTER `until`, both in UTC.

    A turn that nobody could carry whole is cut where somebody's time off, or what they carry already, begins
    or ends, so that only the hours that are nobody's stay so.
    """
    turns = turns_of(roster, since, until)
    kept = staying(roster, turns, since, until)
    around = [
        shift
        for span in (Span(since - BEFORE, since), Span(until, until + AFTER))
        for shift in staying(roster, (), *span)
    ]
    past = [shift for shift in around if shift.start < since]
    fixed = _by_person([*kept, *around])
    slots = [slot for turn in turns if turn.free for slot in _slots(turn, people, fixed)]
    near = list(_near(slots))
    problem = Problem(
        slots=tuple(slots),
        crews=tuple(crews_of(slots, turns, people, shifts=[*past, *kept], roster=roster)),
        apart=tuple((one, other) for one, other, at_once in near if at_once),
        rest=tuple((one, other) for one, other, at_once in near if not at_once),
        unrested=tuple(_unrested(slots, fixed)),
        in_a_row=tuple(sorted(set(_in_a_row(turns, slots)))),
        tied=tuple(sorted(set(_tied(turns, slots, [*around, *kept])))),
    )
    return Frame(problem, tuple(turns), tuple(kept), tuple(around), people, since, until)


def _by_person(shifts: Iterable[Shift]) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for shift in shifts:
        if shift.user is not None:
            found.setdefault(shift.user, []).append(Span(shift.start, shift.end))
    return {user: union(spans) for user, spans in found.items()}


def blocked(person: Person, fixed: Sequence[Span]) -> list[Span]:
    """When `person` cannot be on call: away, on call already, or gone."""
    gone = (
        [Span(person.left_at, datetime.max.replace(tzinfo=person.left_at.tzinfo))] if person.left_at else []
    )
    return union([*person.away, *person.elsewhere, *fixed, *gone])


def _slots(turn: Turn, people: Mapping[int, Person], fixed: Mapping[int, Sequence[Span]]) -> Iterator[Slot]:
    every = [*turn.groups, *turn.guests]
    busy = {user: blocked(people[user], fixed.get(user, ())) for group in every for user in group}
    own, all_of_role = (
        {_staying(group, people, turn.free[-1].end) for group in groups} - {()}
        for groups in (turn.groups, every)
    )
    for spans, able in _parts(turn.free, sorted(all_of_role), busy):
        yield Slot(
            role=turn.role,
            turn=turn.key,
            spans=tuple(spans),
            options=tuple(able),
            usual=turn.usual,
            loads={user: load_of(people[user], spans) for group in able for user in group},
            guests=tuple(group for group in able if group not in own),
        )


def _staying(group: Group, people: Mapping[int, Person], end: datetime) -> Group:
    left = {user: people[user].left_at for user in group}
    return tuple(user for user in group if (at := left[user]) is None or at >= end)


def _parts(
    free: Sequence[Span], groups: Sequence[Group], busy: Mapping[int, Sequence[Span]]
) -> list[tuple[list[Span], list[Group]]]:
    """`free` whole where a group can carry it whole, else in few parts; and who can have each of them."""
    whole = _able(free, groups, busy)
    if whole:
        return [(list(free), whole)]
    parts: list[tuple[list[Span], list[Group]]] = []
    for span in _cut(free, [edge for spans in busy.values() for one in spans for edge in one]):
        able = _able([span], groups, busy)
        both = [group for group in parts[-1][1] if group in able] if parts else []
        if both or (parts and not able and not parts[-1][1]):
            parts[-1] = (union([*parts[-1][0], span]), both)
        else:
            parts.append(([span], able))
    return parts


def _able(spans: Sequence[Span], groups: Iterable[Group], busy: Mapping[int, Sequence[Span]]) -> list[Group]:
    return [g for g in groups if not any(intersection(spans, busy[user]) for user in g)]


def _cut(spans: Iterable[Span], edges: Iterable[datetime]) -> Iterator[Span]:
    cuts = sorted(set(edges))
    for span in spans:
        inside = [span.start, *(edge for edge in cuts if span.start < edge < span.end), span.end]
        yield from (Span(start, end) for start, end in pairwise(inside))


def _near(slots: Sequence[Slot]) -> Iterator[tuple[int, int, bool]]:
    """Pairs of slots that are at once (True), or too near for a rest between them (False)."""
    order = sorted(range(len(slots)), key=lambda n: slots[n].start)
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            if slots[other].start >= slots[one].end + REST:
                break
            if intersection(slots[one].spans, slots[other].spans):
                yield one, other, True
            elif slots[one].turn != slots[other].turn and short_of_rest(slots[one].spans, slots[other].spans):
                yield one, other, False


def short_of_rest(one: Sequence[Span], other: Sequence[Span]) -> bool:
    """Whether a break between them is shorter than REST; what goes on without a break is one shift."""
    return any(
        timedelta(0) < gap < REST for a in one for b in other for gap in (b.start - a.end, a.start - b.end)
    )


def _unrested(slots: Sequence[Slot], fixed: Mapping[int, Sequence[Span]]) -> Iterator[Pair]:
    for n, slot in enumerate(slots):
        for user in slot.loads:
            near = [span for span in fixed.get(user, ()) if span.start < slot.end + REST]
            if short_of_rest(slot.spans, [span for span in near if span.end > slot.start - REST]):
                yield n, user


def consecutive(turns: Sequence[Turn]) -> Iterator[tuple[Turn, Turn]]:
    """Turns of a role, or of a layer of it, of which the second follows the first; `turns` in order."""
    by_role: dict[tuple[str, ...], list[Turn]] = {}
    for turn in turns:
        by_role.setdefault((turn.role,), []).append(turn)
        by_role.setdefault((turn.role, turn.layer), []).append(turn)
    for of in by_role.values():
        yield from pairwise(of)


def _in_a_row(turns: Sequence[Turn], slots: Sequence[Slot]) -> Iterator[Pair]:
    first, last = _ends(slots)
    for one, other in consecutive(turns):
        if one.key in last and other.key in first:
            yield last[one.key], first[other.key]


def _tied(turns: Sequence[Turn], slots: Sequence[Slot], fixed: Sequence[Shift]) -> Iterator[Pair]:
    first, last = _ends(slots)
    for one, other in consecutive(turns):
        if one.key in last and other.key not in first:
            yield from ((last[one.key], user) for user in carrier(other, fixed))
        elif one.key not in last and other.key in first:
            yield from ((first[other.key], user) for user in carrier(one, fixed))


def _ends(slots: Sequence[Slot]) -> tuple[dict[object, int], dict[object, int]]:
    """By turn, the index of its first and of its last part."""
    first: dict[object, int] = {}
    for n, slot in enumerate(slots):
        first.setdefault(slot.turn, n)
    return first, {slot.turn: n for n, slot in enumerate(slots)}


def carrier(turn: Turn, shifts: Iterable[Shift]) -> Group:
    """Who carries most of a turn that stays as it is; all of them where several carry as much."""
    hours: dict[int, timedelta] = {}
    for shift in shifts:
        if shift.role == turn.role and shift.user is not None:
            common = intersection(turn.spans, [Span(shift.start, shift.end)])
            hours[shift.user] = hours.get(shift.user, timedelta(0)) + _length(common)
    most = max(hours.values(), default=timedelta(0))
    return tuple(sorted(user for user, carried in hours.items() if carried == most and most))


def _length(spans: Iterable[Span]) -> timedelta:
    return sum((span.end - span.start for span in spans), timedelta(0))
