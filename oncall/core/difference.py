"""Where two final schedules differ: who would be on call instead of whom, and when."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.core.definition import in_order
from oncall.core.final import Shift


@dataclass(frozen=True, slots=True)
class Difference:
    """From `start` to `end` (UTC) `after` hold the role, not `before`; ids in order, and nobody is ()."""

    role: str
    start: datetime
    end: datetime
    before: tuple[int, ...]
    after: tuple[int, ...]


def differences(before: Iterable[Shift], after: Iterable[Shift]) -> list[Difference]:
    """By role, then start. What put somebody there does not count, and neither does a gap that stays one."""
    changes: defaultdict[str, list[tuple[datetime, bool, int, int]]] = defaultdict(list)
    for newer, final in ((False, before), (True, after)):
        for shift in final:
            if shift.user is not None:
                changes[shift.role].append((shift.start, newer, shift.user, 1))
                changes[shift.role].append((shift.end, newer, shift.user, -1))
    return [one for role in in_order(set(changes)) for one in _joined(_swept(role, changes[role]))]


def _swept(role: str, changes: list[tuple[datetime, bool, int, int]]) -> Iterator[Difference]:
    held: dict[bool, Counter[int]] = {False: Counter(), True: Counter()}
    since = changes[0][0]
    for at, newer, user, by in sorted(changes):
        old, new = (tuple(sorted(+held[side])) for side in (False, True))
        if at > since and old != new:
            yield Difference(role, since, at, old, new)
        since = at
        held[newer][user] += by


def _joined(found: Iterator[Difference]) -> Iterator[Difference]:
    """Neighbours that say the same are one."""
    last: Difference | None = None
    for one in found:
        if last and (last.end, last.before, last.after) == (one.start, one.before, one.after):
            last = replace(last, end=one.end)
        else:
            if last:
                yield last
            last = one
    if last:
        yield last
