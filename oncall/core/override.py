"""What is laid over the base shifts, and who is on call under it.

Precedence: a temporary schedule replaces its span whole, but for overrides that were made to change it; a
cover holds the role alone; else `remove`, `replace` and `add` change who is on, in that order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["cover", "replace", "add", "remove"]


@dataclass(frozen=True, slots=True)
class Override:
    """One override of one role. `number` grows with creation: a later replace sees what earlier ones did.

    A temporary schedule replaces those that are not `over_temporary`; those that are apply to its shifts.
    """

    role: str
    kind: Kind
    start: datetime
    end: datetime
    user: int
    instead_of: int | None = None
    number: int = 0
    over_temporary: bool = False


@dataclass(frozen=True, slots=True)
class TemporaryShift:
    role: str
    start: datetime
    end: datetime
    user: int


@dataclass(frozen=True, slots=True)
class Temporary:
    """From `start` to `end` its shifts are all there is, in every role; the rest of the span is nobody's."""

    start: datetime
    end: datetime
    shifts: tuple[TemporaryShift, ...] = ()


class Holder(NamedTuple):
    """One person in one role: by which kind of override, and in which turn (equal while it is one turn)."""

    user: int
    override: str
    turn: object


Change = Override | Temporary | TemporaryShift


def settle(base: tuple[Holder, ...], changes: Sequence[Change]) -> tuple[Holder, ...]:
    """Who holds the role while exactly `changes` are in force over `base`."""
    if any(isinstance(change, Temporary) for change in changes):
        shifts = (change for change in changes if isinstance(change, TemporaryShift))
        base = _distinct(Holder(shift.user, "temporary", shift) for shift in shifts)
        changes = [change for change in changes if isinstance(change, Override) and change.over_temporary]
    return _overridden(base, changes) if changes else base


def _overridden(base: tuple[Holder, ...], changes: Sequence[Change]) -> tuple[Holder, ...]:
    overrides = sorted((o for o in changes if isinstance(o, Override)), key=lambda o: o.number)
    covers = [override for override in overrides if override.kind == "cover"]
    if covers:
        return (Holder(covers[-1].user, "cover", covers[-1]),)
    removed = {override.user for override in overrides if override.kind == "remove"}
    on = [holder for holder in base if holder.user not in removed]
    for override in overrides:
        if override.kind == "replace":
            new = Holder(override.user, "replace", override)
            on = [new if holder.user == override.instead_of else holder for holder in on]
    on += [Holder(o.user, "add", o) for o in overrides if o.kind == "add"]
    return _distinct(on)


def in_the_way(new: Override, others: Iterable[Override]) -> Override | None:
    """The override that `new` cannot stand beside: of the same role and kind, at the same time.

    Two covers never can; two others cannot where they are about the same person.
    """
    at_once = (other for other in others if other.start < new.end and new.start < other.end)
    return next((other for other in at_once if _about(other) == _about(new)), None)


def _about(override: Override) -> tuple[str, str, int | None]:
    whom = {"cover": None, "replace": override.instead_of}.get(override.kind, override.user)
    return override.role, override.kind, whom


def _distinct(holders: Iterable[Holder]) -> tuple[Holder, ...]:
    """Each person once, by what put them there first."""
    found: dict[int, Holder] = {}
    for holder in holders:
        found.setdefault(holder.user, holder)
    return tuple(found.values())
