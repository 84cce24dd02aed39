"""Time in lieu as an account: what was earned, used and lost, and what is left on any date."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """`minutes` earned at `at`, to be used before `expires` (None: for ever)."""

    at: datetime
    minutes: int
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """`minutes` taken off at `at`."""

    at: datetime
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """`left` can be used; `lost` had expired unused; `overdrawn` was used and not there. `next_loss` is what
    expires first, if nothing of it is used.
    """

    left: int
    lost: int
    overdrawn: int
    next_loss: Credit | None


class What(StrEnum):
    EARNED = "earned"
    USED = "used"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """One entry of the account: `minutes` more (or, with a minus, less) at `at`, and what was `left` then."""

    at: datetime
    what: What
    minutes: int
    left: int


@dataclass(slots=True)
class _Left:
    credit: Credit
    minutes: int


def balance(credited: Iterable[Credit], uses: Iterable[Use], *, at: datetime) -> Balance:
    """At `at`: what happened by then counts. Each use takes what expires first, of what is there by then."""
    left = [_Left(one, one.minutes) for one in sorted(credited, key=_order) if one.at <= at]
    overdrawn = 0
    for use in sorted((one for one in uses if one.at <= at), key=lambda one: one.at):
        wanted = use.minutes
        for one in left:
            if one.credit.at <= use.at and not _is_over(one.credit, use.at):
                taken = min(one.minutes, wanted)
                one.minutes, wanted = one.minutes - taken, wanted - taken
        overdrawn += wanted
    going = [one for one in left if one.minutes and not _is_over(one.credit, at)]
    first = next((one for one in going if one.credit.expires is not None), None)
    return Balance(
        left=sum(one.minutes for one in going),
        lost=sum(one.minutes for one in left if _is_over(one.credit, at)),
        overdrawn=overdrawn,
        next_loss=None if first is None else replace(first.credit, minutes=first.minutes),
    )


def booked(credited: Iterable[Credit], uses: Iterable[Use], *, at: datetime) -> list[Booked]:
    """Everything that happened by `at`, in order; at one instant what is lost comes before what is earned,
    and that before what is used. What is left after the last is what `balance` says.
    """
    credited, uses = list(credited), list(uses)
    earned = [(one.at, 1, What.EARNED, one.minutes) for one in credited if one.at <= at]
    used = [(one.at, 2, What.USED, -one.minutes) for one in uses if one.at <= at]
    lost, before = [], 0
    for end in sorted({one.expires for one in credited if one.expires is not None and one.expires <= at}):
        after = balance(credited, uses, at=end).lost
        if after > before:
            lost.append((end, 0, What.LOST, before - after))
        before = after
    found, left = [], 0
    for when, _, what, minutes in sorted([*earned, *used, *lost]):
        left += minutes
        found.append(Booked(at=when, what=what, minutes=minutes, left=left))
    return found


def _order(credit: Credit) -> tuple[bool, float, datetime]:
    """What expires first comes first; what never does, last."""
    expires = credit.expires
    return expires is None, expires.timestamp() if expires else 0.0, credit.at


def _is_over(credit: Credit, at: datetime) -> bool:
    return credit.expires is not None and credit.expires <= at
