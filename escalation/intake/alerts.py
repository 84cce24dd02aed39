"""The rows of alerts, many at once. In SQL: what Django has for it tells no new row from an old one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from escalation.models import Alert, Incident, Service
from escalation.sources.event import Event

TABLE = Alert._meta.db_table  # noqa: SLF001 - Django's documented Meta API
ROW = "(%s, %s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, %s, %s, %s, 1)"
UPSERT = """
INSERT INTO {table} (service_id, origin_id, dedup_key, group_key, status, severity, summary, source, labels,
                     links, payload, began_at, first_event_at, last_event_at, event_count)
VALUES {rows}
ON CONFLICT (service_id, dedup_key) WHERE status = 'open'
DO UPDATE SET event_count = {table}.event_count + 1, last_event_at = excluded.last_event_at,
              group_key = excluded.group_key, labels = excluded.labels, links = excluded.links,
              payload = excluded.payload
RETURNING dedup_key, id, incident_id, event_count, severity
"""
FIRED_AGAIN = "the alert fired again ({} times so far)"
LINK = """
UPDATE {table} SET incident_id = linked.column2 FROM (VALUES {rows}) AS linked
WHERE {table}.id = linked.column1
"""


@dataclass(frozen=True)
class Upserted:
    """What one statement found: `severity` is the alert's own, from before this event."""

    event: Event
    alert: int
    incident: int | None
    count: int
    severity: str


def upsert(service: Service, events: Sequence[Event], *, now: datetime) -> list[Upserted]:
    """Make their alerts, or count on the open ones; the keys are different ones. Of 50 that come at once
    about one key, one makes the alert and 49 count.
    """
    moment, json = connection.ops.adapt_datetimefield_value, connection.ops.adapt_json_value
    given = [
        value
        for event in events
        for value in (
            service.pk,
            event.routed.origin if event.routed else None,
            event.dedup_key,
            event.group_key,
            event.severity,
            event.summary,
            event.source,
            json(dict(event.labels), None),
            json([list(link) for link in event.links], None),
            json(dict(event.payload), None),
            None if event.began_at is None else moment(event.began_at),
            moment(now),
            moment(now),
        )
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT.format(table=TABLE, rows=", ".join([ROW] * len(events))), given)
        found = {key: rest for key, *rest in cursor.fetchall()}
    return [Upserted(event, *found[event.dedup_key]) for event in events]


def link(incidents: Mapping[int, Incident]) -> None:
    """Each alert (its id) is one of this incident from now on."""
    given = [pk for alert, incident in incidents.items() for pk in (alert, incident.pk)]
    with connection.cursor() as cursor:
        cursor.execute(LINK.format(table=TABLE, rows=", ".join(["(%s, %s)"] * len(incidents))), given)
