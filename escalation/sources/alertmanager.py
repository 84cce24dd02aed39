"""Alertmanager's webhook, version 4. One alert is one fingerprint; a group is its groupKey."""

import hashlib
from collections.abc import Mapping
from typing import Any

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

LINK_ANNOTATIONS = {
    "runbook_url": "runbook", "runbook": "runbook", "dashboard_url": "dashboard", "dashboard": "dashboard",
}  # fmt: skip


def parse(body: bytes) -> list[Event]:
    """One event for each alert in the post; for a group that resolved, one more for all the rest of it,
    because a truncated post does not list every alert. Raises Malformed.
    """
    sent = read_object(body)
    alerts = sent.get("alerts")
    if not isinstance(alerts, list):
        raise Malformed("'alerts' is missing or not a list; is this an Alertmanager webhook?")
    group_key = _text(sent, "groupKey", "")
    events = [_event(alert, sent, number, group_key) for number, alert in enumerate(alerts)]
    if sent.get("status") == "resolved" and group_key:
        events.append(
            Event(action=Action.RESOLVE, dedup_key="", group_key=_group(group_key), whole_group=True)
        )
    return events


def _event(alert: Any, sent: Mapping[str, Any], number: int, group_key: str) -> Event:
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
        source=_text(sent, "externalURL", "Alertmanager")[:255],
        labels=labels,
        links=_links(alert, annotations),
        payload={**alert, "receiver": sent.get("receiver"), "groupLabels": sent.get("groupLabels")},
        began_at=read_time(alert.get("startsAt")),
        group_key=_group(group_key),
    )


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
    return hashlib.sha256(repr(sorted(labels.items())).encode("utf-8", "replace")).hexdigest()


def _summary(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """A title that is too long is cut: a refusal would lose the page, for the sender does not retry."""
    said = annotations.get("summary") or annotations.get("message") or annotations.get("description")
    name = labels.get("alertname", "alert")
    others = ", ".join(
        f"{key}={value}" for key, value in sorted(labels.items()) if key not in {"alertname", "severity"}
    )
    title = said or (f"{name} ({others})" if others else name)
    return title if len(title) <= MAX_SUMMARY else title[: MAX_SUMMARY - 1] + "…"


def _links(alert: Mapping[str, Any], annotations: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    sent = [(label, annotations[name]) for name, label in LINK_ANNOTATIONS.items() if name in annotations]
    sent.append(("graph", alert.get("generatorURL", "")))
    return tuple((label, address) for label, value in sent if (address := web_address(value)))


def _group(group_key: str) -> str:
    """A group key has no bound; its digest identifies it as well."""
    return hashlib.sha256(group_key.encode("utf-8", "replace")).hexdigest() if group_key else ""


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
