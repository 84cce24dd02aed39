"""The puzzle itself: turns to be given to people, what may not be together, and what each choice costs.

In order: as few minutes as possible that nobody carries; as few rests as possible that are cut short; as
few turns as possible that are carried by people of another layer; as few as possible that follow one another
with the same person; then the points of WEIGHTS, which make what people carry equal, and CHANGE.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from oncall.core.plan.load import NOTHING, Load, total
from oncall.core.span import Span

Group = tuple[int, ...]
Pair = tuple[int, int]
NOBODY: Group = ()

# Points for each unit by which the busiest of a crew carries more than the least busy: an hour of
# difference is 1200, a night 4800, a weekend day 3600, a holiday 2400. A turn that differs from the plain
# rotation is 1, so that of two plans that are equally fair the one that changes less is taken.
WEIGHTS = Load(minutes=20, nights=4800, weekend_days=3600, holidays=2400)
CHANGE = 1


@dataclass(frozen=True, slots=True)
class Slot:
    """A turn, or a part of one: `spans` are the hours it is carried in.

    `options` are those who could have it, each a group that is on call together (mostly of one); those of
    them who stand in other layers of the role are `guests`. `usual` is whom the plain rotation has. `loads`
    is what it costs each person who stands in an option. Parts of one turn have one `turn`.
    """

    role: str
    turn: object
    spans: tuple[Span, ...]
    options: tuple[Group, ...]
    usual: Group
    loads: Mapping[int, Load] = field(default_factory=dict)
    guests: tuple[Group, ...] = ()

    @property
    def start(self) -> datetime:
        return self.spans[0].start

    @property
    def end(self) -> datetime:
        return self.spans[-1].end

    @property
    def minutes(self) -> int:
        return sum(int((span.end - span.start).total_seconds()) // 60 for span in self.spans)


@dataclass(frozen=True, slots=True)
class Crew:
    """People who share a role's turns, and what each carried of it `before` this plan's free turns."""

    role: str
    before: Mapping[int, Load]
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """`apart`: pairs of slots, by their index, of which a person can have only one: they are at once.

    `rest` and `in_a_row`: pairs of which a person should have only one. `unrested` and `tied`: (slot, person)
    where what that person carries anyway is as near.
    """

    slots: tuple[Slot, ...]
    crews: tuple[Crew, ...]
    apart: tuple[Pair, ...] = ()
    rest: tuple[Pair, ...] = ()
    unrested: tuple[Pair, ...] = ()
    in_a_row: tuple[Pair, ...] = ()
    tied: tuple[Pair, ...] = ()


Choice = Sequence[Group]


class Cost(NamedTuple):
    """Compared from left to right; less is better."""

    vacant_minutes: int
    short_rests: int
    guests: int
    in_a_row: int
    points: int


def is_allowed(problem: Problem, choice: Choice) -> bool:
    """Whether nobody is given what they cannot have."""
    fits = all(not who or who in slot.options for slot, who in zip(problem.slots, choice, strict=True))
    return fits and not any(set(choice[one]) & set(choice[other]) for one, other in problem.apart)


def cost(problem: Problem, choice: Choice) -> Cost:
    """What a choice costs; `is_allowed` says whether it may be made at all."""
    vacant = sum(slot.minutes for slot, who in zip(problem.slots, choice, strict=True) if not who)
    spread = sum(_points(problem, crew, choice) for crew in problem.crews)
    return Cost(
        vacant,
        _met(choice, problem.rest, problem.unrested),
        sum(who in slot.guests for slot, who in zip(problem.slots, choice, strict=True)),
        _met(choice, problem.in_a_row, problem.tied),
        spread + CHANGE * changes(problem, choice),
    )


def changes(problem: Problem, choice: Choice) -> int:
    """How many turns, or parts of one, are not as in the plain rotation."""
    return sum(sorted(slot.usual) != sorted(who) for slot, who in zip(problem.slots, choice, strict=True))


def carried(problem: Problem, crew: Crew, choice: Choice) -> dict[int, Load]:
    """What each of the crew has carried in the end, `before` included."""
    return {
        person: total([before, *(problem.slots[n].loads[person] for n in crew.slots if person in choice[n])])
        for person, before in crew.before.items()
    }


def free_for(problem: Problem, choice: Choice, slot: int) -> Iterator[Group]:
    """Those who could have `slot` while everything else stays as it is."""
    busy: set[int] = set()
    for one, other in problem.apart:
        if slot in (one, other):
            busy |= set(choice[other if slot == one else one])
    return (group for group in problem.slots[slot].options if not busy & set(group))


def _met(choice: Choice, pairs: Sequence[Pair], alone: Sequence[Pair]) -> int:
    """How often somebody has both slots of a pair, or the slot they should not have."""
    both = sum(len(set(choice[one]) & set(choice[other])) for one, other in pairs)
    return both + sum(person in choice[slot] for slot, person in alone)


def _points(problem: Problem, crew: Crew, choice: Choice) -> int:
    loads = list(carried(problem, crew, choice).values()) or [NOTHING]
    columns = zip(*loads, strict=True)
    return sum(weight * (max(column) - min(column)) for weight, column in zip(WEIGHTS, columns, strict=True))
