"""What is wrong, or will be: said in a sentence, with plain values beside it for those who link to it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from oncall.core.span import Span, subtraction, union


class Level(StrEnum):
    ERROR = "error"
    """A page would reach nobody, or not in time."""
    WARNING = "warning"
    """It works tonight, and will hurt one day."""


class Kind(StrEnum):
    """The kinds of finding about a schedule; the values are stable, others may rely on them."""

    GAP = "gap"
    UNREACHABLE = "unreachable"
    NOBODY_REACHABLE = "nobody_reachable"
    DOUBLE = "double"
    LONG = "long_shift"
    BACK_TO_BACK = "back_to_back"
    REST = "rest"
    FEW = "few_people"
    SHARE = "share"
    LEFT = "left"
    NOT_IN_TEAM = "not_in_team"
    AWAY = "away"
    VOID = "void_override"
    OVER_CAP = "over_cap"


MORE = {
    Kind.GAP: "gaps",
    Kind.NOBODY_REACHABLE: "such times",
    Kind.DOUBLE: "such times",
    Kind.BACK_TO_BACK: "such cases",
    Kind.SHARE: "people",
    Kind.AWAY: "such shifts",
    Kind.VOID: "such spans",
}
ONE_BY_ONE = frozenset(
    {Kind.UNREACHABLE, Kind.LONG, Kind.REST, Kind.LEFT, Kind.NOT_IN_TEAM, Kind.OVER_CAP, ""}
)


@dataclass(frozen=True)
class Finding:
    """`what` is wrong, and `mend` says what to do about it.

    `kind` is stable (`Kind`; "" for what is not about a schedule). `schedule` and `users` are names and
    usernames; `start` and `end`, if any, are in UTC. Of two with equal words the higher `grade` is worse.
    One that stands for several has them as `parts`, the first of them being the one it names.
    """

    level: Level
    what: str
    mend: str = ""
    kind: str = ""
    schedule: str = ""
    role: str = ""
    users: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    grade: float = 0
    parts: tuple["Finding", ...] = ()

    def to_json(self) -> dict[str, Any]:
        """With nothing but JSON's types; instants in ISO 8601, UTC; `count` is how many it stands for."""
        return {
            "level": str(self.level),
            "what": self.what,
            "mend": self.mend,
            "kind": str(self.kind),
            "schedule": self.schedule or None,
            "role": self.role or None,
            "users": list(self.users),
            "start": _written(self.start),
            "end": _written(self.end),
            "count": max(len(self.parts), 1),
        }


class News(NamedTuple):
    """What an edit does: findings that it causes or makes worse, and findings that it mends."""

    worse: list[Finding]
    better: list[Finding]


Check = Callable[[datetime], Iterable[Finding]]


def error(what: str, mend: str = "") -> Finding:
    return Finding(Level.ERROR, what, mend)


def warning(what: str, mend: str = "") -> Finding:
    return Finding(Level.WARNING, what, mend)


def summed(findings: Iterable[Finding], *, within: str = "") -> list[Finding]:
    """Those of one kind as one, errors first: the first is named, and the others are counted."""
    by_subject: dict[tuple[object, ...], list[Finding]] = {}
    for one in atoms(findings):
        alone = one.users if one.kind in ONE_BY_ONE else ()
        role = one.role if one.kind not in ONE_BY_ONE else ""
        key = (one.kind, one.schedule, role, alone, one.kind or one.what)
        by_subject.setdefault(key, []).append(one)
    found = [_together(parts, within) for parts in by_subject.values()]
    return sorted(found, key=lambda one: one.level is not Level.ERROR)


def atoms(findings: Iterable[Finding]) -> list[Finding]:
    """Each by itself, those that stand for several taken apart."""
    return [part for one in findings for part in (one.parts or (one,))]


def news(before: Sequence[Finding], after: Sequence[Finding]) -> News:
    """What `after` has that `before` had not, or not so bad; and the other way round. Both of one `now`."""
    return News(summed(_added(before, after)), summed(_added(after, before)))


def _together(parts: list[Finding], within: str) -> Finding:
    first = parts[0]
    if len(parts) == 1:
        return first
    level = Level.ERROR if any(one.level is Level.ERROR for one in parts) else first.level
    what = first.what
    if first.kind in MORE:
        noun = MORE[Kind(first.kind)]
        what = f"{what.removesuffix('.')}, and {len(parts) - 1} more {noun}{within}."
    users = tuple(dict.fromkeys(user for one in parts for user in one.users))
    return replace(first, level=level, what=what, users=users, parts=tuple(parts))


def _added(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    known: dict[tuple[object, ...], list[Finding]] = {}
    for one in atoms(before):
        known.setdefault(_subject(one), []).append(one)
    return [one for one in atoms(after) if _is_new(one, known.get(_subject(one), []))]


def _subject(one: Finding) -> tuple[object, ...]:
    return (one.kind, one.schedule, one.role, one.users, one.kind or one.what)


def _is_new(one: Finding, known: Sequence[Finding]) -> bool:
    if not known or one.grade > max(other.grade for other in known):
        return True
    if one.start is None or one.end is None:
        return False
    told = union(Span(other.start, other.end) for other in known if other.start and other.end)
    return bool(subtraction([Span(one.start, one.end)], told))


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().removesuffix("+00:00") + "Z"
