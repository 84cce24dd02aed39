"""Who shares a role's turns, and what each of them has carried already."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from oncall.core.final import Roster, Shift
from oncall.core.plan.load import NOTHING, Load, Person, load_of, total
from oncall.core.plan.problem import Crew, Slot
from oncall.core.plan.turns import Turn
from oncall.core.span import Span, union


def crews_of(
    slots: Sequence[Slot],
    turns: Iterable[Turn],
    people: Mapping[int, Person],
    *,
    shifts: Iterable[Shift],
    roster: Roster,
) -> Iterator[Crew]:
    """One for each role's people who, from layer to layer, share turns with each other.

    What they carried is that of `shifts`. Whoever stood in no layer when those began counts as having carried
    what the others did on average, so that a newcomer does not have to make up for months before their time.
    """
    carried = list(shifts)
    before = roster.versions[0].definition.users()
    for role, members in _shared(turns):
        mine = tuple(n for n, slot in enumerate(slots) if slot.role == role and members & set(slot.loads))
        able = sorted({user for n in mine for user in slots[n].loads if members >= {user}})
        able = [user for user in able if any(user in group for n in mine for group in slots[n].options)]
        loads = {user: load_of(people[user], _spans(carried, role, user)) for user in able}
        yield Crew(role, _with_newcomers(loads, before), mine)


def _shared(turns: Iterable[Turn]) -> list[tuple[str, set[int]]]:
    crews: list[tuple[str, set[int]]] = []
    for turn in turns:
        if not turn.free:
            continue
        touching = [crew for crew in crews if crew[0] == turn.role and crew[1] & turn.people]
        rest = [crew for crew in crews if crew not in touching]
        crews = [*rest, (turn.role, set(turn.people).union(*(crew[1] for crew in touching)))]
    return crews


def _spans(shifts: Iterable[Shift], role: str, user: int) -> list[Span]:
    return union(Span(one.start, one.end) for one in shifts if (one.role, one.user) == (role, user))


def _with_newcomers(loads: dict[int, Load], before: frozenset[int]) -> dict[int, Load]:
    old = [load for user, load in loads.items() if user in before]
    mean = Load(*(count // len(old) for count in total(old))) if old else NOTHING
    return {user: load if user in before else Load(*map(max, load, mean)) for user, load in loads.items()}
