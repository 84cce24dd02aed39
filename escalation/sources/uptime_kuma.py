"""Uptime Kuma's webhook: JSON, a form, or the address's query; a monitor is one alert."""

from collections.abc import Mapping
from typing import Any

from escalation.sources.event import Action, Event, Malformed, read_object, read_time
from escalation.sources.fields import MAX_SOURCE, dedup_key, first, inner, labels, links, title
from escalation.sources.request import Sent, read_fields

DOWN, UP = "0", "1"
ACTIONS = {DOWN: Action.TRIGGER, UP: Action.RESOLVE}
WAITS = {"2", "3"}
"""Pending and maintenance: nobody is paged for either."""
EXPIRES = (" will expire", " expires")
OBJECTS = ("heartbeat", "monitor")


def parse(sent: Sent) -> list[Event]:
    """At most one event: none of the button “Test”, which is about no monitor. That a certificate runs out
    is said without one, too, and is a warning that nothing resolves. Raises Malformed.
    """
    fields = _fields(sent)
    heartbeat, monitor = inner(fields, "heartbeat"), inner(fields, "monitor")
    said = first(fields.get("msg"))
    if not heartbeat:
        if not said and not monitor:
            raise Malformed("'heartbeat', 'monitor' and 'msg' are missing; is this of Uptime Kuma?")
        what = next((said.partition(word)[0] for word in EXPIRES if word in said), "")
        return [_expiring(fields, said, what)] if what else []
    status = first(heartbeat.get("status"))
    if status in WAITS:
        return []
    if status not in ACTIONS:
        raise Malformed(f"'heartbeat.status' is {status!r}; it must be 0 (down), 1 (up), 2 or 3")
    return [_event(fields, heartbeat, monitor, ACTIONS[status])]


def _event(
    fields: Mapping[str, Any], heartbeat: Mapping[str, Any], monitor: Mapping[str, Any], action: Action
) -> Event:
    which = first(monitor.get("id"), heartbeat.get("monitorID"), heartbeat.get("monitor_id"))
    name = first(monitor.get("pathName"), monitor.get("name"))
    if not which and not name:
        raise Malformed("'monitor.id' is missing")
    down = f"{name or f'monitor {which}'} is down"
    why = first(heartbeat.get("msg"))
    where = {"monitor": name, **{key: monitor.get(key) for key in ("type", "hostname", "url", "port")}}
    return Event(
        action=action,
        dedup_key=dedup_key("uptime-kuma", which or name),
        summary=title(f"{down}: {why}" if why else down),
        source=first(monitor.get("hostname"), monitor.get("url"), "Uptime Kuma")[:MAX_SOURCE],
        labels=labels({**_tags(monitor.get("tags")), **where}),
        links=links([("monitored", monitor.get("url"))]),
        payload=dict(fields),
        began_at=read_time(heartbeat.get("time")),
    )


def _expiring(fields: Mapping[str, Any], said: str, what: str) -> Event:
    return Event(
        action=Action.TRIGGER,
        dedup_key=dedup_key("uptime-kuma", "expires", what),
        summary=title(said),
        severity="SEV-3",
        word="warning",
        source="Uptime Kuma",
        payload=dict(fields),
    )


def _fields(sent: Sent) -> dict[str, Any]:
    """A form has all of it as JSON in `data`, a query each object in a field of its own."""
    fields = read_fields(sent)
    data = fields.get("data")
    if isinstance(data, str):
        return read_object(data.encode("utf-8", "replace"))
    for name in OBJECTS:
        written = fields.get(name)
        if isinstance(written, str):
            fields[name] = _object(written)
    return fields


def _object(written: str) -> dict[str, Any] | None:
    return None if written in {"", "null"} else read_object(written.encode("utf-8", "replace"))


def _tags(tags: object) -> dict[str, object]:
    found = [tag for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return {first(tag.get("name")): first(tag.get("value")) or "true" for tag in found}
