"""GoAlert's generic API: a summary, details, and a key, as a form, as JSON or in the address."""

from collections.abc import Mapping
from typing import Any

from escalation.sources.event import Action, Event, Malformed
from escalation.sources.fields import dedup_key, first, labels, title
from escalation.sources.request import Sent, read_fields

ACTIONS = {"": Action.TRIGGER, "close": Action.RESOLVE, "ack": Action.ACKNOWLEDGE}
SECRET = "token"  # noqa: S105 - the name of a field


def parse(sent: Sent) -> list[Event]:
    """One event. Without a key the summary and the details are one, as in GoAlert. Raises Malformed."""
    beside = {name: value for name, value in sent.query.items() if name != SECRET}
    fields = {**beside, **(read_fields(sent) if sent.body.strip() else {})}
    fields.pop(SECRET, None)
    summary, details = first(fields.get("summary")), first(fields.get("details"))
    action = first(fields.get("action")).lower()
    key = first(fields.get("dedup")) or f"{summary}:{details}".strip(":")
    if action not in ACTIONS:
        raise Malformed(f"'action' is {action!r}; leave it out, or write close or ack")
    if not key:
        raise Malformed("'summary' is missing")
    return [
        Event(
            action=ACTIONS[action],
            dedup_key=dedup_key("goalert", key),
            summary=title(summary, details, key),
            source="GoAlert",
            labels=_labels(fields),
            payload=fields,
        )
    ]


def _labels(fields: Mapping[str, Any]) -> dict[str, str]:
    meta = fields.get("meta")
    return labels(meta) if isinstance(meta, dict) else {}
