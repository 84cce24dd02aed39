"""How an alert, and what became of a request, look to those who know Opsgenie."""

from datetime import datetime
from typing import Any

from escalation import selectors
from escalation.models import Alert, Incident, RoutingKey
from escalation.sources.opsgenie import alias_of, priority_of
from escalation.sources.opsgenie_ids import Asked, Number, Outcome, alert_id

ACTIONS = {
    Asked.CREATE: ("Create", "Created alert"),
    Asked.CLOSE: ("Close", "Closed alert"),
    Asked.ACKNOWLEDGE: ("Acknowledge", "Acknowledged alert"),
    Asked.UNACKNOWLEDGE: ("UnAcknowledge", "Unacknowledged alert"),
    Asked.SNOOZE: ("Snooze", "Snoozed alert"),
    Asked.NOTE: ("Add Note", "Added note to alert"),
    Asked.ESCALATE: ("Escalate", "Escalated alert to the next step"),
    Asked.ASSIGN: ("Assign", "Assigned alert"),
    Asked.MESSAGE: ("Update Message", "Updated message of alert"),
    Asked.DESCRIPTION: ("Update Description", "Updated description of alert"),
    Asked.PRIORITY: ("Update Priority", "Updated priority of alert"),
    Asked.DELETE: ("Delete", "Closed alert; nothing is deleted here"),
}
FAILED = {
    Outcome.NO_SUCH_ALERT: "Alert does not exist",
    Outcome.CLOSED_ALREADY: "Alert is already closed",
}


def alert_data(alert: Alert, *, key: RoutingKey, now: datetime) -> dict[str, Any]:
    """`tinyId` is the number of its incident, by which people know it."""
    incident, payload = alert.incident, alert.payload
    snoozed = incident is not None and incident.pk in selectors.snoozed([incident.pk])
    until = incident.hold_until if incident is not None and snoozed else None
    open_ = alert.status == Alert.Status.OPEN
    owner = incident.acknowledged_by if incident else None
    return {
        "id": alert_id(alert.pk, at=alert.first_event_at),
        "tinyId": str(alert.incident_id or 0),
        "alias": alias_of(alert.sent_key, payload),
        "message": alert.summary,
        "status": "open" if open_ else "closed",
        "acknowledged": incident is not None
        and incident.status == Incident.Status.ACKNOWLEDGED
        and not snoozed,
        "isSeen": owner is not None,
        "tags": payload.get("tags") or [],
        "snoozed": snoozed,
        **({"snoozedUntil": _instant(until)} if until else {}),
        "count": alert.event_count,
        "lastOccurredAt": _instant(alert.last_event_at),
        "createdAt": _instant(alert.first_event_at),
        "updatedAt": _instant(alert.resolved_at or alert.last_event_at),
        "source": alert.source,
        "owner": owner.username if owner else "",
        "priority": priority_of(alert.severity, payload),
        "responders": payload.get("responders") or [],
        "integration": {"id": str(key.pk), "name": key.name, "type": "API"},
        "actions": payload.get("actions") or [],
        "entity": payload.get("entity") or "",
        "description": payload.get("description") or "",
        "details": payload.get("details") or {},
    }


def number_data(number: Number, alert: Alert | None, *, key: RoutingKey) -> dict[str, Any]:
    action, done = ACTIONS[number.asked]
    success = number.outcome is Outcome.DONE
    named = {"alertId": alert_id(alert.pk, at=alert.first_event_at)} if alert else {"alertId": ""}
    return {
        "success": success,
        "isSuccess": success,
        "action": action,
        "processedAt": _instant(number.at),
        "integrationId": str(key.pk),
        "status": done if success else FAILED[number.outcome],
        **named,
        "alias": alias_of(alert.sent_key, alert.payload) if alert else "",
    }


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
