"""What is laid over the base shifts, and who is on call under it.

Precedence: a temporary schedule replaces its span whole, but for overrides that were made to change it; a
cover holds the role alone; else `remove`, `replace` and `add` change who is on, in that order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from oncall.core.span import Span, subtraction, union

Kind = Literal["cover", "replace", "add", "remove"]
LONGEST = timedelta(days=366)


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


def too_long(start: datetime, end: datetime) -> str:
    """What to say of an override that is longer than a year; "" of any other."""
    if end - start <= LONGEST:
        return ""
    return (
        f"It lasts {(end - start).days} days, and an override lasts at most {LONGEST.days}; end it earlier, "
        "or change the layers, which is what a lasting change is for."
    )


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


def in_the_way(
    new: Override, others: Iterable[Override], temporaries: Iterable[Temporary] = ()
) -> Override | None:
    """The override that `new` cannot stand beside: of the same role and kind, in force at the same time.

    Two covers never can; two others cannot where they are about the same person. One that a temporary
    schedule hides is not in force meanwhile, so that one made over the temporary schedule may stand there.
    """
    alike = (other for other in others if _about(other) == _about(new))
    return next((other for other in alike if _meet(new, other, temporaries)), None)


def _meet(one: Override, other: Override, temporaries: Iterable[Temporary]) -> bool:
    """Whether there is an instant at which both are in force."""
    shared = union([Span(max(one.start, other.start), min(one.end, other.end))])
    if not (one.over_temporary and other.over_temporary):
        shared = subtraction(shared, union(Span(each.start, each.end) for each in temporaries))
    return bool(shared)


def _about(override: Override) -> tuple[str, str, int | None]:
    whom = {"cover": None, "replace": override.instead_of}.get(override.kind, override.user)
    return override.role, override.kind, whom


def _distinct(holders: Iterable[Holder]) -> tuple[Holder, ...]:
    """Each person once, by what put them there first."""
    found: dict[int, Holder] = {}
    for holder in holders:
        found.setdefault(holder.user, holder)
    return tuple(found.values())
