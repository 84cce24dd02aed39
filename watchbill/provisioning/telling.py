"""A plan in words, for the one who applies it."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from oncall.advice import Told
from oncall.core.finding import Level
from paging.core.address import masked
from watchbill.provisioning.document.escalation import Maintenance, Suppress, Trial
from watchbill.provisioning.plan import Change, Difference, Plan

SIGNS = {"create": "+", "change": "~", "retire": "-"}
RETIRING = {
    "user": "deactivated",
    "override": "cancelled",
    "temporary schedule": "cancelled",
    "time off": "cancelled",
    "routing key": "revoked",
    "heartbeat": "retired, its address unknown",
    "maintenance": "cancelled",
    "pay plan": "ended",
    "company day": "taken away",
    "kept pay plan": "removed, nobody was paid by it",
    "announcements": "taken off",
    "followed incidents": "told of none any more",
    "suppress rule": "ended",
    "trial": "ended",
    "routing rules": "taken out",
}
RULES = frozenset({"suppress rule", "trial"})
LONGEST = 200
MOST_ADVICE = 40
KEYS = frozenset({"chat", "webhook"})
SECRET = frozenset({"secret", "key"})
MARKS = {Level.ERROR: "✗", Level.WARNING: "!"}


def tell(plan: Plan) -> Iterator[str]:
    """The plan, line by line; “no change” where there is nothing to do."""
    retiring = [change for change in plan.changes if change.action == "retire"]
    if retiring:
        yield f"not in the document, and retired by --prune: {len(retiring)}"
        yield from (_line(change) for change in retiring)
    for change in plan.changes:
        if change.action != "retire":
            yield _line(change)
            yield from _fields(change)
    yield from (_left(change) for change in plan.history)
    for kind, changes in groupby(plan.left_alone, key=lambda change: change.kind):
        yield f"left alone, not in the document: {kind} {', '.join(change.name for change in changes)}"
    if plan.kept:
        yield f"kept as stored, not yet acted on: {'; '.join(plan.kept)}"
    yield _sum(plan)


def tell_advice(advice: Sequence[Told]) -> Iterator[str]:
    """What the apply causes, and what was so already on the schedules it touches."""
    if advice:
        new = sum(one.new for one in advice)
        yield f"advice on what it touches: {new} new, {len(advice) - new} known"
    for finding, is_new in advice[:MOST_ADVICE]:
        yield f"  {MARKS[finding.level]} {'new: ' if is_new else ''}{finding.what} {finding.mend}".rstrip()
    if len(advice) > MOST_ADVICE:
        yield f"  and {len(advice) - MOST_ADVICE} more; `manage.py doctor` says them all"


def _line(change: Change) -> str:
    becomes = f": {RETIRING.get(change.kind, 'retired')}" if change.action == "retire" else ""
    return f"  {SIGNS[change.action]} {change.kind} {change.name}{becomes}"


def _left(change: Change) -> str:
    if change.action == "change" and isinstance(change.stored, Maintenance | Suppress | Trial):
        until = f"until {change.stored.until}" if change.stored.until else "without an end"
        return f"extended by hand {until}, left so: {change.kind} {change.name}"
    if change.kind in RULES:
        return f"over, and left so: {change.kind} {change.name}; a later until would begin it again"
    return f"left as it was carried: {change.kind} {change.name}"


def _fields(change: Change) -> Iterator[str]:
    if change.action == "change":
        yield from (f"      {_field(change, one)}" for one in change.differences)


def _field(change: Change, one: Difference) -> str:
    if change.kind == "routing key" or one.field in SECRET:
        return f"{one.field}: another value"
    if change.kind == "webhook":  # its address is a key, too
        return f"{one.field}: {masked(one.old)} -> {masked(one.new)}"
    return f"{one.field}: {_spelled(_hushed(one.old))} -> {_spelled(_hushed(one.new))}"


def _hushed(value: Any) -> Any:
    """The address of a chat service or a webhook is a key to it, and an apply is soon in somebody's log."""
    if not isinstance(value, list):
        return value
    return [_hushed_part(one) if isinstance(one, dict) else one for one in value]


def _hushed_part(one: dict[str, Any]) -> dict[str, Any]:
    if one.get("via") in KEYS:
        return one | {"address": masked(one["address"])}
    return one | {"to": masked(one["to"])} if isinstance(one.get("to"), str) else one


def _spelled(value: Any) -> str:
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _sum(plan: Plan) -> str:
    if not plan.changes:
        return f"no change ({plan.unchanged} parts are as the document says)"
    counts = {action: sum(change.action == action for change in plan.changes) for action in SIGNS}
    said = ", ".join(f"{count} to {action}" for action, count in counts.items())
    return f"{said}, {plan.unchanged} unchanged"
