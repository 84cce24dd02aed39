"""Datadog's webhook. What it sends is a template of one's own: docs/sources.md has the one to paste."""

import re
from collections.abc import Mapping
from typing import Any

from escalation.sources.event import Action, Event, Malformed, read_object, severity_of
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, labels, links, title
from escalation.sources.request import Sent

TRANSITION = re.compile(
    r"\s*(?:\[P[1-5]\]\s*)?\[((?:Re-)?(?:Triggered|Warn|No Data)|Renotify|Recovered)\b", re.IGNORECASE
)
TEST = "[TEST]"
PRIORITY = re.compile(r"P[1-5]", re.IGNORECASE)
TYPES = ("error", "warning")
TEXTS = {"title", "message", "link", "snapshot", "tags", "query", "body", "date", "last_updated"}


def parse(sent: Sent) -> list[Event]:
    """One event; none of a test notification. Datadog's own template has no key: there the title is one.

    Raises Malformed.
    """
    fields = read_object(sent.body)
    heading = first(fields.get("title"))
    if heading.startswith(TEST):
        return []
    transition = _known(fields.get("transition")) or _of_title(heading)
    key = _key(fields, heading)
    if not key:
        raise Malformed("Neither 'cycle_key', 'aggreg_key', 'alert_id' nor 'title' says which alert it is.")
    word = _word(fields, transition)
    return [
        Event(
            action=Action.RESOLVE if "recovered" in transition.lower() else Action.TRIGGER,
            dedup_key=dedup_key("datadog", key),
            summary=title(heading, fields.get("message"), fields.get("body"), "Datadog alert"),
            severity=severity_of(word),
            word=word,
            source=first(_known(fields.get("host")), "Datadog")[:MAX_SOURCE],
            labels=_labels(fields),
            links=links([("Datadog", fields.get("link")), ("graph", fields.get("snapshot"))]),
            payload=fields,
        )
    ]


def _known(value: object) -> str:
    """A variable that Datadog does not know stays as it is written."""
    said = first(value)
    return "" if said.startswith("$") else said


def _of_title(heading: str) -> str:
    match = TRANSITION.match(heading)
    return match.group(1) if match else ""


def _key(fields: Mapping[str, Any], heading: str) -> str:
    """One cycle from trigger to recovery, where Datadog says which; else the monitor and its scope."""
    cycle = first(_known(fields.get("cycle_key")), _known(fields.get("aggreg_key")))
    monitor = _known(fields.get("alert_id"))
    if cycle or monitor:
        return cycle or f"{monitor}:{_known(fields.get('scope'))}"
    return TRANSITION.sub("[", heading, count=1).strip()


def _word(fields: Mapping[str, Any], transition: str) -> str:
    """The monitor's own priority; without one, whether it is an alert or a warning."""
    priority = _known(fields.get("priority"))
    if PRIORITY.fullmatch(priority):
        return priority
    if "warn" in transition.lower():
        return "warning"
    kind = _known(fields.get("type")).lower()
    return kind if kind in TYPES else ""


def _labels(fields: Mapping[str, Any]) -> dict[str, str]:
    """Its tags, `name:value` each, and the fields beside them."""
    tags = [tag.strip().partition(":") for tag in _known(fields.get("tags")).split(",")]
    said = {name: _known(value) for name, value in fields.items() if name not in TEXTS}
    return labels({name: value or "true" for name, _, value in tags if name} | said)
