"""How to read a table to its end while others write to it, and miss nothing.

Numbers are given out when a row is written, and rows are seen when their transactions end: a lower one may
come to light after a higher one. So the numbers that are missing between those that were seen are kept as
gaps, and looked for again until no transaction is left that could still have one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=1)
"""No transaction runs for so long. (After a restore, transactions are numbered anew, lower than before.)"""


@dataclass(frozen=True)
class Gap:
    """The numbers `first` to `last`, not there at `seen_at`. Only a transaction with a number below
    `transaction` can have one of them.
    """

    first: int
    last: int
    transaction: int
    seen_at: datetime

    def to_json(self) -> list[object]:
        return [self.first, self.last, self.transaction, self.seen_at.isoformat()]

    @classmethod
    def from_json(cls, stored: Sequence[object]) -> "Gap":
        first, last, transaction = (int(str(number)) for number in stored[:3])
        return cls(first, last, transaction, datetime.fromisoformat(str(stored[3])))


def missing(after: int, seen: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The spans of numbers above `after` that are not among `seen`, which ascends, up to its last."""
    for number in seen:
        if number > after + 1:
            yield after + 1, number - 1
        after = max(after, number)


def still_open(gaps: Iterable[Gap], *, oldest: int, now: datetime) -> list[Gap]:
    """Those of which a line may still come: `oldest` is the lowest transaction that was running before they
    were looked for.
    """
    return [gap for gap in gaps if gap.transaction > oldest and now - gap.seen_at < LONGEST]


def without(gap: Gap, seen: Iterable[int]) -> list[Gap]:
    """What is left of it once these numbers of it have been seen."""
    inside = sorted(number for number in seen if gap.first <= number <= gap.last)
    spans = [*missing(gap.first - 1, inside), ((inside[-1] if inside else gap.first - 1) + 1, gap.last)]
    return [Gap(first, last, gap.transaction, gap.seen_at) for first, last in spans if first <= last]
