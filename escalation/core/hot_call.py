"""Whom to ring next when somebody calls for the on-call."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

MOST = 2
"""The primary and the secondary: a caller does not wait for more phones to ring out."""


@dataclass(frozen=True)
class Candidate:
    """Somebody on call, in the order in which they are paged; no number: none of theirs is verified."""

    user: int
    because: str
    number: str = ""


@dataclass(frozen=True)
class Asked:
    """Whom to ring, if anybody, and who was passed over on the way for want of a number."""

    ring: Candidate | None
    without_number: tuple[Candidate, ...] = ()


def whom_to_ring(candidates: Sequence[Candidate], *, asked: Collection[int], rung: int) -> Asked:
    """The next after those of `asked`, who were rung or passed over; `rung` counts phones that rang."""
    passed: list[Candidate] = []
    if rung >= MOST:
        return Asked(None)
    for one in candidates:
        if one.user in asked:
            continue
        if one.number:
            return Asked(one, tuple(passed))
        passed.append(one)
    return Asked(None, tuple(passed))
