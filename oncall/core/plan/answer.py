"""What a plan means for people: its shifts, its figures, and what it cannot keep."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from oncall.core.final import Shift
from oncall.core.plan.framing import REST, Frame
from oncall.core.plan.load import Load, Person, load_of
from oncall.core.plan.problem import Choice
from oncall.core.span import Span, intersection, union


@dataclass(frozen=True, slots=True)
class Figures:
    """What one person carries of one role in the planned time; `before` is what fairness counts besides."""

    role: str
    user: int
    turns: int
    load: Load
    time_off: int  # turns that fall on days the person is away
    short_rests: int  # breaks of less than 11 h before one of these shifts
    before: Load


@dataclass(frozen=True, slots=True)
class Vacancy:
    """Hours that nobody can carry, and for each who might have, in which way they are taken."""

    role: str
    start: datetime
    end: datetime
    reasons: tuple[tuple[int, str, datetime, datetime], ...]


def shifts_of(frame: Frame, choice: Choice) -> list[Shift]:
    """Everything that is carried in the planned time: the chosen turns, and what stays as it is."""
    found = [
        Shift(slot.role, user, span.start, span.end)
        for slot, who in zip(frame.problem.slots, choice, strict=True)
        for user in who
        for span in slot.spans
    ]
    return sorted([*found, *frame.kept], key=lambda shift: (shift.start, shift.role, shift.user or 0))


def figures(frame: Frame, shifts: Sequence[Shift]) -> list[Figures]:
    """By role and person, for everyone who has a turn or could have one."""
    before = {(crew.role, user): load for crew in frame.problem.crews for user, load in crew.before.items()}
    pairs = {(one.role, one.user) for one in shifts if one.user is not None} | set(before)
    rests = _short_rests(frame, shifts)
    return [
        _figures(frame, shifts, role, user, rests.count((role, user)), before.get((role, user), Load()))
        for role, user in sorted(pairs)
    ]


def spread(rows: Iterable[Figures], *, with_before: bool) -> dict[str, Load]:
    """By role, by how much the one who carries most is above the one who carries least."""
    by_role: dict[str, list[Load]] = {}
    for row in rows:
        load = Load(*map(sum, zip(row.load, row.before, strict=True))) if with_before else row.load
        by_role.setdefault(row.role, []).append(load)
    return {
        role: Load(*(max(column) - min(column) for column in zip(*loads, strict=True)))
        for role, loads in by_role.items()
    }


def _figures(  # noqa: PLR0917 - the parts of one row
    frame: Frame, shifts: Sequence[Shift], role: str, user: int, rests: int, before: Load
) -> Figures:
    mine = union(Span(one.start, one.end) for one in shifts if (one.role, one.user) == (role, user))
    turns = [turn for turn in frame.turns if turn.role == role and intersection(turn.spans, mine)]
    away = frame.people[user].away
    off = sum(bool(intersection(intersection(turn.spans, mine), away)) for turn in turns)
    return Figures(role, user, len(turns), load_of(frame.people[user], mine), off, rests, before)


def _short_rests(frame: Frame, shifts: Sequence[Shift]) -> list[tuple[str, int]]:
    """The role and person of each shift that begins less than REST after another of theirs has ended."""
    found = []
    for user in {shift.user for shift in shifts if shift.user is not None}:
        spans = [Span(one.start, one.end) for one in [*shifts, *frame.around] if one.user == user]
        for earlier, later in pairwise(union(spans)):
            if later.start - earlier.end < REST:
                found += [(one.role, user) for one in shifts if one.user == user and one.start == later.start]
    return found


def vacancies(frame: Frame, choice: Choice) -> Iterator[Vacancy]:
    """The turns that nobody is given, with what keeps everyone from them."""
    shifts = [*shifts_of(frame, choice), *frame.around]
    for slot, who in zip(frame.problem.slots, choice, strict=True):
        if not who:
            turn = next(turn for turn in frame.turns if turn.key == slot.turn)
            people = sorted({user for group in (*turn.groups, *turn.guests) for user in group})
            reasons = [_reason(frame.people[user], slot.spans, shifts) for user in people]
            yield Vacancy(slot.role, slot.start, slot.end, tuple(found for found in reasons if found))


def _reason(
    person: Person, spans: Sequence[Span], shifts: Iterable[Shift]
) -> tuple[int, str, datetime, datetime] | None:
    taken: Mapping[str, Sequence[Span]] = {
        "left": [Span(person.left_at, spans[-1].end)] if person.left_at else [],
        "away": person.away,
        "elsewhere": person.elsewhere,
        "busy": union(Span(one.start, one.end) for one in shifts if one.user == person.number),
    }
    for why, times in taken.items():
        met = [span for span in times if intersection(list(spans), [span])]
        if met:
            return person.number, why, met[0].start, met[-1].end
    return None
