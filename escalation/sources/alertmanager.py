"""Alertmanager's webhook, version 4. One alert is one fingerprint; a group is its groupKey."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from escalation.sources.event import (
    MAX_DEDUP_KEY,
    MAX_SUMMARY,
    Action,
    Event,
    Malformed,
    read_object,
    read_time,
    severity_of,
    web_address,
)
from escalation.sources.fields import MAX_SOURCE, digest, links
from escalation.sources.request import Sent

LINK_ANNOTATIONS = {
    "runbook_url": "runbook", "runbook": "runbook", "dashboard_url": "dashboard", "dashboard": "dashboard",
    "graph_url": "graph", "silence_url": "silence",
}  # fmt: skip
IN_EACH_ALERT = {"alerts", "commonLabels", "commonAnnotations"}
MOST_SHARED = 4096
"""Bytes: what a group says is kept with each of its alerts, and there may be thousands."""
LONGEST_ADDRESS = 2000


@dataclass(frozen=True, kw_only=True)
class _Group:
    """What the alerts of one post have in common. `silences` is where Alertmanager's own are made, if any."""

    key: str
    source: str
    shared: Mapping[str, Any]
    silences: str = ""


def parse(sent: Sent) -> list[Event]:
    """The events of the post, with a link to silence each alert where Alertmanager is. Raises Malformed."""
    return events_of(read_object(sent.body), silences="/#/silences/new?filter=")


def events_of(group: Mapping[str, Any], *, silences: str = "") -> list[Event]:
    """One event for each alert in the group; for a group that resolved, one more for all the rest of it,
    because a truncated post does not list every alert. Raises Malformed. `silences` is where one is made
    of matchers, below the group's own address.
    """
    alerts = group.get("alerts")
    if not isinstance(alerts, list):
        raise Malformed("'alerts' is missing or not a list; is this an Alertmanager webhook?")
    key, source = _text(group, "groupKey", ""), _text(group, "externalURL", "Alertmanager")
    base = web_address(source).rstrip("/")
    common = _Group(
        key=digest(key) if key else "",
        source=source[:MAX_SOURCE],
        shared=_shared(group),
        silences=base + silences if base and silences else "",
    )
    events = [_event(alert, common, number) for number, alert in enumerate(alerts)]
    if group.get("status") == "resolved" and key:
        events.append(Event(action=Action.RESOLVE, dedup_key="", group_key=common.key, whole_group=True))
    return events


def _event(alert: Any, group: _Group, number: int) -> Event:
    if not isinstance(alert, dict):
        raise Malformed(f"'alerts[{number}]' is not an object")
    labels = _texts(alert, "labels", number)
    annotations = _texts(alert, "annotations", number)
    return Event(
        action=_action(alert, number),
        dedup_key=_dedup_key(alert, labels),
        summary=_summary(labels, annotations),
        severity=severity_of(labels.get("severity", "")),
        word=labels.get("severity", ""),
        source=group.source,
        labels=labels,
        links=_links(alert, annotations, _silence(group, labels)),
        payload={**group.shared, **alert},
        began_at=read_time(alert.get("startsAt")),
        group_key=group.key,
    )


def _shared(group: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the alerts, known or not, as much of it as is short."""
    kept: dict[str, Any] = {}
    left = MOST_SHARED
    for name, value in group.items():
        if name in IN_EACH_ALERT:
            continue
        left -= len(name) + len(orjson.dumps(value))
        if left < 0:
            break
        kept[name] = value
    return kept


def _action(alert: Mapping[str, Any], number: int) -> Action:
    match alert.get("status"):
        case "firing":
            return Action.TRIGGER
        case "resolved":
            return Action.RESOLVE
        case other:
            raise Malformed(f"'alerts[{number}].status' is {other!r}; it must be firing or resolved")


def _dedup_key(alert: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """The fingerprint; for a sender that gives none, a digest of the labels, which identify an alert."""
    fingerprint = alert.get("fingerprint")
    if isinstance(fingerprint, str) and fingerprint:
        return fingerprint[:MAX_DEDUP_KEY]
    return digest(repr(sorted(labels.items())))


def _summary(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """A title that is too long is cut: a refusal would lose the page, for the sender does not retry."""
    said = annotations.get("summary") or annotations.get("message") or annotations.get("description")
    name = labels.get("alertname", "alert")
    others = ", ".join(
        f"{key}={value}" for key, value in sorted(labels.items()) if key not in {"alertname", "severity"}
    )
    title = said or (f"{name} ({others})" if others else name)
    return title if len(title) <= MAX_SUMMARY else title[: MAX_SUMMARY - 1] + "…"


def _links(
    alert: Mapping[str, Any], annotations: Mapping[str, str], silence: str
) -> tuple[tuple[str, str], ...]:
    said = [(label, annotations[name]) for name, label in LINK_ANNOTATIONS.items() if name in annotations]
    found = links([*said, ("graph", alert.get("generatorURL"))])
    return (*found, ("silence", silence)) if silence else found


def _silence(group: _Group, labels: Mapping[str, str]) -> str:
    """The page where exactly this alert is silenced; none where its address would be cut off."""
    if not group.silences or not labels:
        return ""
    matchers = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    address = group.silences + quote("{" + matchers + "}", safe="")
    return address if len(address) <= LONGEST_ADDRESS else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _text(sent: Mapping[str, Any], name: str, default: str) -> str:
    value = sent.get(name, default)
    if not isinstance(value, str):
        raise Malformed(f"'{name}' must be text")
    return value


def _texts(alert: Mapping[str, Any], name: str, number: int) -> dict[str, str]:
    values = alert.get(name) or {}
    if not isinstance(values, dict):
        raise Malformed(f"'alerts[{number}].{name}' must be an object")
    return {str(key): str(value) for key, value in values.items()}
