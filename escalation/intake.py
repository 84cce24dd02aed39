"""Events to alerts and incidents. Durable when the caller's answer goes out, and never twice.

One open alert per (service, dedup key) is a constraint of the database: an event either makes the alert
or counts on it, in one statement, however many arrive at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from escalation import engine
from escalation.core.incident import is_worse
from escalation.core.stimulus import Acknowledged, Repeated, Resolved, Triggered
from escalation.loading import closed_at, policy_of, service_urgency
from escalation.models import Alert, ChangeEvent, Incident, RoutingKey, Service
from escalation.sources.event import Action, Change, Event
from paging.queue import nudge_on_commit
from people import metrics
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

BATCH = 200
RECURS_WITHIN = timedelta(minutes=60)


class UnknownKey(Exception):
    """No live routing key has this value. The answer must be the same for every such value."""


@dataclass(frozen=True)
class _Upserted:
    """What one statement found: `severity` is the alert's own, from before this event."""

    alert: int
    incident: int | None
    count: int
    severity: str


def service_key(key: str) -> RoutingKey:
    """The live routing key with this value, its service and policy beside it. Raises UnknownKey."""
    found = (
        RoutingKey.objects.select_related("service__policy")
        .filter(digest=RoutingKey.digest_of(key), revoked_at=None, service__retired_at=None)
        .first()
    )
    if found is None:
        raise UnknownKey
    return found


def receive(*, key: str, events: Sequence[Event], source: str, now: datetime) -> int:
    """Take in what one post said; all of it is durable when this returns. Returns the number of new
    incidents. Raises UnknownKey, with nothing written.

    A post of thousands is written in batches, so that it does not keep every other sender waiting; a
    sender that hears of a fault in between sends all of it again, and what is there already only counts.
    Alerts are touched in the order of their keys, so that two posts that name the same alerts never wait
    for each other in a circle.
    """
    found = service_key(key)
    ordered = sorted(events, key=lambda event: (event.whole_group, event.dedup_key))
    opened = 0
    for first in range(0, len(ordered), BATCH):
        opened += _receive_batch(found, ordered[first : first + BATCH], source=source, now=now)
    return opened


@transaction.atomic
def _receive_batch(key: RoutingKey, events: Sequence[Event], *, source: str, now: datetime) -> int:
    by = Actor(f"{key.name} ({source})")
    for event in events:
        metrics.EVENTS.labels(source=source, action=event.action.value).inc()
    return sum(_receive_one(key.service, event, by=by, now=now) for event in events)


@transaction.atomic
def raise_alert(*, service: Service, event: Event, by: Actor, now: datetime) -> Incident:
    """The incident of an alert that no sender with a key raised; of one raised already, the same."""
    _trigger(service, event, by=by, now=now)
    return Incident.objects.get(
        alerts__service=service, alerts__dedup_key=event.dedup_key, alerts__status=Alert.Status.OPEN
    )


@transaction.atomic
def receive_change(*, key: str, change: Change, now: datetime) -> None:
    """Keep a change event. Raises UnknownKey."""
    ChangeEvent.objects.create(
        service=service_key(key).service,
        at=change.at or now,
        received_at=now,
        summary=change.summary,
        source=change.source,
        payload=dict(change.payload),
    )


def _receive_one(service: Service, event: Event, *, by: Actor, now: datetime) -> bool:
    if event.action is Action.TRIGGER:
        return _trigger(service, event, by=by, now=now)
    for alert in _open_alerts(service, event):
        if event.action is Action.RESOLVE:
            _resolve(alert, by=by, now=now)
        else:
            _stimulate(alert, Acknowledged(), by=by, now=now)
    return False


def _trigger(service: Service, event: Event, *, by: Actor, now: datetime) -> bool:
    upserted = _upsert(service, event, now)
    if upserted.incident is None:
        _open(service, Alert.objects.get(pk=upserted.alert), by=by, now=now)
        return True
    _repeat(service, upserted, event, by=by, now=now)
    return False


def _open(service: Service, alert: Alert, *, by: Actor, now: datetime) -> None:
    alert.service = service
    urgency, raise_at = service_urgency(service, alert.severity, at=now)
    incident = engine.open_incident(
        alert=alert,
        policy=policy_of(service),
        stimulus=Triggered(severity=alert.severity, urgency=urgency, raise_at=raise_at),
        recurred=_recurred(alert, now),
        by=by,
        now=now,
    )
    Alert.objects.filter(pk=alert.pk).update(incident=incident)
    nudge_on_commit()


def _recurred(alert: Alert, now: datetime) -> bool:
    return Alert.objects.filter(
        service_id=alert.service_id, dedup_key=alert.dedup_key, resolved_at__gte=now - RECURS_WITHIN
    ).exists()


def _repeat(service: Service, upserted: _Upserted, event: Event, *, by: Actor, now: datetime) -> None:
    """One more event of an open alert: counted and written down; a worse severity raises the incident."""
    what = f"the alert fired again ({upserted.count} times so far)"
    record([Line(Verb.ALERT_REPEATED, ("incident", upserted.incident or 0), by, what)], now=now)
    if not is_worse(event.severity, than=upserted.severity):
        return
    alert = Alert.objects.get(pk=upserted.alert)
    Alert.objects.filter(pk=alert.pk).update(severity=event.severity)
    urgency, raise_at = service_urgency(service, event.severity, at=now)
    _stimulate(alert, Repeated(severity=event.severity, urgency=urgency, raise_at=raise_at), by=by, now=now)


def _open_alerts(service: Service, event: Event) -> list[Alert]:
    """The open alerts that an event speaks of, locked. An unknown key is no error: there is nothing to do."""
    rows = Alert.objects.select_for_update().filter(service=service, status=Alert.Status.OPEN)
    if event.whole_group:
        return list(rows.filter(group_key=event.group_key).order_by("dedup_key"))
    return list(rows.filter(dedup_key=event.dedup_key))


def _resolve(alert: Alert, *, by: Actor, now: datetime) -> None:
    """The source says that it is over. The incident is over when none of its alerts is left open, which
    is asked under the incident's lock: of two alerts that resolve at once, the second sees the first.
    """
    Alert.objects.filter(pk=alert.pk).update(**closed_at(now))
    row = _locked(alert)
    if Alert.objects.filter(incident=row, status=Alert.Status.OPEN).exists():
        what = f"one alert resolved: {alert.summary}"
        record([Line(Verb.ALERT_RESOLVED, ("incident", row.pk), by, what)], now=now)
        return
    engine.apply(row, Resolved(), now=now, by=by)


def _stimulate(alert: Alert, stimulus: Acknowledged | Repeated, *, by: Actor, now: datetime) -> None:
    engine.apply(_locked(alert), stimulus, now=now, by=by)
    nudge_on_commit()


def _locked(alert: Alert) -> Incident:
    return (
        Incident.objects.select_for_update(of=("self",))
        .select_related("service", "service__team")
        .get(alerts=alert)
    )


UPSERT = """
INSERT INTO {table} (service_id, dedup_key, group_key, status, severity, summary, source, labels, links,
                     payload, began_at, first_event_at, last_event_at, event_count)
VALUES (%s, %s, %s, 'open', %s, %s, %s, %s, %s, %s, %s, %s, %s, 1)
ON CONFLICT (service_id, dedup_key) WHERE status = 'open'
DO UPDATE SET event_count = {table}.event_count + 1, last_event_at = excluded.last_event_at,
              group_key = excluded.group_key, labels = excluded.labels, links = excluded.links,
              payload = excluded.payload
RETURNING id, incident_id, event_count, severity
"""


def _upsert(service: Service, event: Event, now: datetime) -> _Upserted:
    """Make the alert, or count on the open one. Of 50 that come at once, one makes it and 49 count."""
    moment, json = connection.ops.adapt_datetimefield_value, connection.ops.adapt_json_value
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT.format(table=Alert._meta.db_table),  # noqa: SLF001 - Django's documented Meta API
            [
                service.pk,
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
            ],
        )
        pk, incident, count, severity = cursor.fetchone()
    return _Upserted(alert=pk, incident=incident, count=count, severity=severity)
