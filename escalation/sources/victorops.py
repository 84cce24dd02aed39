"""Splunk On-Call's REST endpoint (VictorOps): one message about one entity."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from escalation.sources.event import Action, Event, Malformed, read_object, read_time, severity_of
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, labels, links, spelled, title
from escalation.sources.request import Sent

ACTIONS = {
    "CRITICAL": Action.TRIGGER, "WARNING": Action.TRIGGER, "INFO": Action.TRIGGER,
    "ACKNOWLEDGEMENT": Action.ACKNOWLEDGE, "ACK": Action.ACKNOWLEDGE,
    "RECOVERY": Action.RESOLVE, "OK": Action.RESOLVE,
}  # fmt: skip
LINK_FIELD = "vo_annotate.u."
TEXTS = {
    "message_type", "state_message", "entity_id", "entity_display_name", "state_start_time", "timestamp",
}  # fmt: skip


def parse(sent: Sent) -> list[Event]:
    """One event. Where the address has a routing word, it is the label `routing_key`. Raises Malformed."""
    fields = read_object(sent.body)
    kind = spelled(fields.get("message_type")).upper()
    if kind not in ACTIONS:
        raise Malformed(f"'message_type' is {kind!r}; it must be one of {', '.join(ACTIONS)}")
    action = ACTIONS[kind]
    entity = first(fields.get("entity_id"), fields.get("entity_display_name"))
    if not entity and action is not Action.TRIGGER:
        raise Malformed(f"'entity_id' is missing: message_type {kind} needs it")
    said = {name: value for name, value in fields.items() if name not in TEXTS}
    return [
        Event(
            action=action,
            dedup_key=dedup_key(entity or secrets.token_hex(16)),
            summary=title(fields.get("entity_display_name"), entity, fields.get("state_message"), "alert"),
            severity=severity_of(kind),
            word=kind.lower() if action is Action.TRIGGER else "",
            source=first(fields.get("monitoring_tool"), "VictorOps")[:MAX_SOURCE],
            labels=labels(said) | labels({"routing_key": sent.query.get("routing_key")}),
            links=_links(fields),
            payload=fields,
            began_at=_time(fields.get("state_start_time")),
        )
    ]


def answer(events: Sequence[Event]) -> dict[str, Any]:
    """As Splunk On-Call answers it."""
    return {"result": "success", "entity_id": events[0].dedup_key}


def _links(fields: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Annotations of the kind u are addresses: `vo_annotate.u.Runbook`."""
    noted = [
        (name.removeprefix(LINK_FIELD), value)
        for name, value in fields.items()
        if name.startswith(LINK_FIELD)
    ]
    return links([*noted, ("source", fields.get("alert_url")), ("source", fields.get("client_url"))])


def _time(value: object) -> datetime | None:
    """Unix seconds, or a time in words."""
    seconds = spelled(value)
    if not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 11:
        return read_time(value)
    return read_time(datetime.fromtimestamp(int(seconds), UTC).isoformat())
