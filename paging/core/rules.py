"""Which method at which moment, for one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HIGH = "high"
LOW = "low"
INFO = "info"  # a notice: read when there is time
HOOK = "hook"
"""A kind of method that no person has: the address of a webhook which steps tell (docs/webhooks-out.md). One
of its own, so that the threads that wait for such servers are none that a person's page waits for.
"""
QUIET = frozenset({"email"})
"""Kinds that wake nobody. Chat and webhooks are none of them: a push service may ring through the night at
the priority that its owner wrote into the address, and a webhook may drive a siren. So low urgency takes
them only where a rule says so, or where there is nothing quiet.
"""
RINGING = frozenset({"voice"})
"""Kinds that no notice is worth. Chat and webhooks may have it: nothing of ours makes them ring."""


@dataclass(frozen=True)
class Method:
    """A usable way to reach the person: verified, and not disabled."""

    id: int
    kind: str


@dataclass(frozen=True)
class Rule:
    via: str
    after: timedelta


@dataclass(frozen=True)
class Moment:
    method: Method
    after: timedelta


@dataclass(frozen=True)
class Told:
    """A notification there is already. `waiting`: not yet handed over."""

    id: int
    method_id: int
    due_at: datetime
    waiting: bool


@dataclass(frozen=True)
class Detour:
    """What goes at once instead of a method that failed: waiting notifications, and methods without one."""

    forward: tuple[int, ...] = ()
    extra: tuple[Method, ...] = ()


def moments(rules: Sequence[Rule], methods: Sequence[Method], *, urgency: str) -> tuple[Moment, ...]:
    """The person's rules for this urgency, matched to `methods` by kind, soonest first.

    Without a rule that fits, every method is used at once; at low urgency only email, as long as there
    is one, because low urgency wakes nobody. Empty only if `methods` is, or has only what rings for a notice.
    """
    if urgency == INFO:
        methods = [method for method in methods if method.kind not in RINGING]
    matched = {
        Moment(method, rule.after): None for rule in rules for method in methods if method.kind == rule.via
    }
    if matched:
        return tuple(sorted(matched, key=lambda moment: (moment.after, moment.method.id)))
    return tuple(Moment(method, timedelta(0)) for method in _unasked(methods, urgency=urgency))


def _unasked(methods: Sequence[Method], *, urgency: str) -> Sequence[Method]:
    """The methods to use where no rule says which."""
    if urgency == HIGH:
        return methods
    return [method for method in methods if method.kind in QUIET] or methods


def detour(methods: Sequence[Method], told: Sequence[Told], *, urgency: str) -> Detour:
    """What to do at once when a method failed for good.

    The next method that still waits for its moment is brought forward. Where none waits, a
    high-urgency page takes every method that it has not tried; a low one stays with its rules.
    """
    usable = {method.id for method in methods}
    tried = {notification.method_id for notification in told if not notification.waiting}
    ahead = [
        notification
        for notification in told
        if notification.waiting and notification.method_id in usable - tried
    ]
    if ahead:
        soonest = min(notification.due_at for notification in ahead)
        return Detour(
            forward=tuple(notification.id for notification in ahead if notification.due_at == soonest)
        )
    if urgency != HIGH:
        return Detour()
    return Detour(extra=tuple(method for method in methods if method.id not in tried))


@dataclass(frozen=True)
class Instead:
    """What goes at once instead of a method that a limit holds back; `method_id` is None for nothing."""

    method_id: int | None = None
    forward: tuple[int, ...] = ()
    extra: tuple[Method, ...] = ()


def instead(free: Sequence[Method], told: Sequence[Told]) -> Instead:
    """The next of the `free` methods: one that waits for its moment before one that no rule names, and of
    those, what rings before what wakes nobody.
    """
    kinds = {method.id: method.kind for method in free}
    ahead = [one for one in told if one.waiting and one.method_id in kinds]
    if ahead:
        soonest = min(ahead, key=lambda one: (kinds[one.method_id] in QUIET, one.due_at, one.id))
        return Instead(soonest.method_id, forward=(soonest.id,))
    tried = {one.method_id for one in told}
    fresh = sorted((one for one in free if one.id not in tried), key=lambda one: (one.kind in QUIET, one.id))
    return Instead(fresh[0].id, extra=(fresh[0],)) if fresh else Instead()


def in_words(after: timedelta) -> str:
    """How long after the page: “at once”, “after 2 min”, “after 90 s”."""
    seconds = round(after.total_seconds())
    if not seconds:
        return "at once"
    return f"after {seconds // 60} min" if seconds % 60 == 0 else f"after {seconds} s"
