"""The turns of a stretch of time: which are free to be given to anybody, and which stay as they are.

A turn is all that one turn of a layer's rotation carries of a role, restrictions and higher layers taken
out. What an override or a temporary schedule has changed stays as it is, and so does a turn that the
stretch cuts, unless whoever had it has left.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from oncall.core.definition import Role
from oncall.core.final import Roster, Shift, held, roles, shifts
from oncall.core.layer import Layer, Piece
from oncall.core.plan.problem import Group
from oncall.core.span import Span, intersection, subtraction, union

BEFORE = timedelta(days=90)  # what was carried in these days counts
AFTER = timedelta(days=62)  # so far the turn that follows is looked for


@dataclass(frozen=True, slots=True)
class Turn:
    """`free` hours can be given to one of `groups`; the rest of `spans` stays. `usual` is the rotation's.

    `layer` and `begins` tell one turn of a role from another. `people` are all who stand in the layer;
    `guests` are groups of the role's other layers, for hours that nobody of this one can carry.
    """

    role: str
    layer: str
    begins: datetime
    spans: tuple[Span, ...]
    free: tuple[Span, ...]
    groups: tuple[Group, ...]
    guests: tuple[Group, ...]
    usual: Group
    people: frozenset[int]

    @property
    def key(self) -> tuple[str, str, datetime]:
        return self.role, self.layer, self.begins


def turns_of(roster: Roster, since: datetime, until: datetime) -> list[Turn]:
    """Those that touch [since - BEFORE, until + AFTER), for each role in order of time."""
    plain = replace(roster, overrides=(), temporaries=(), deactivated={})
    wide = Span(since - BEFORE, until + AFTER)
    found: list[Turn] = []
    for role in roles(plain, *wide):
        pieces: dict[tuple[str, datetime], list[Piece]] = {}
        for piece in held(plain, role, *wide):
            key = cast("tuple[str, datetime]", piece.holders[0].turn)  # a layer's holder has both
            pieces.setdefault(key, []).append(piece)
        found += [_turn(roster, role, key, of, span=Span(since, until)) for key, of in pieces.items()]
    return sorted(found, key=lambda turn: (turn.role, turn.spans[0].start, turn.layer))


def staying(roster: Roster, turns: Iterable[Turn], since: datetime, until: datetime) -> list[Shift]:
    """What is carried in [since, until) whatever is planned there."""
    free: dict[str, list[Span]] = {}
    for turn in turns:
        free.setdefault(turn.role, []).extend(turn.free)
    kept = []
    for shift in shifts(roster, since, until, split_at_handoffs=True):
        mine = union(free.get(shift.role, ()))
        kept += [
            replace(shift, start=start, end=end)
            for start, end in subtraction([Span(shift.start, shift.end)], mine)
            if shift.user is not None
        ]
    return kept


def _turn(
    roster: Roster, role: str, key: tuple[str, datetime], pieces: Sequence[Piece], *, span: Span
) -> Turn:
    spans = union(Span(piece.start, piece.end) for piece in pieces)
    every = _layers(roster, role, pieces[0].start)
    layers = [layer for layer in every if layer.name == key[0]]
    whole = tuple(holder.user for holder in pieces[0].holders)
    groups, of_role = (
        dict.fromkeys(group for layer in of for group in layer.participants if len(group) == len(whole))
        for of in (layers, every)
    )
    return Turn(
        role=role,
        layer=key[0],
        begins=key[1],
        spans=tuple(spans),
        free=tuple(_free(roster, role, spans, whole, span=span)),
        groups=tuple(groups),
        guests=tuple(group for group in of_role if group not in groups),
        usual=tuple(user for user in whole if not _gone(roster, user, spans[-1].end)),
        people=frozenset(user for layer in layers for group in layer.participants for user in group),
    )


def _free(roster: Roster, role: str, spans: Sequence[Span], whole: Group, *, span: Span) -> Iterator[Span]:
    inside = intersection(spans, [span])
    cut = inside != list(spans)
    if cut and not any(_gone(roster, user, span.end) for user in whole):
        return
    laid = [Span(one.start, one.end) for one in roster.overrides if one.role == role]
    laid += [Span(one.start, one.end) for one in roster.temporaries]
    yield from subtraction(inside, union(laid))


def _gone(roster: Roster, user: int, by: datetime) -> bool:
    return user in roster.deactivated and roster.deactivated[user] < by


def _layers(roster: Roster, role: str, at: datetime) -> tuple[Layer, ...]:
    """The layers that a role had at `at`: its own, or the one it follows."""
    version = [one for one in roster.versions if one.effective_from <= at][-1]
    how = version.definition.roles[role]
    if isinstance(how, Role):
        return how.layers
    followed = version.definition.followed(how)
    return (followed,) if followed else ()
