"""What a sender asks about the alerts of its service: Opsgenie's requests, as the verbs that people have.

A routing key speaks for its service alone: what is another's does not exist for it, unless it came by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Q, QuerySet

from escalation.actions import amending, respond
from escalation.actions.respond import Refused
from escalation.intake.heartbeats import call_in
from escalation.intake.receiving import receive
from escalation.intake.routing import of_sender
from escalation.models import Alert, Heartbeat, RoutingKey
from escalation.sources import opsgenie
from escalation.sources.event import Action, Event, severity_of
from escalation.sources.opsgenie import Created, Said
from escalation.sources.opsgenie_ids import Asked, Number, Outcome, read
from people import metrics
from people.ledger.record import Actor
from people.models import User

SOURCE = "opsgenie"


class By(StrEnum):
    """What an identifier is: an alert's id (or that of a request about it), its alias, or the number of an
    incident.
    """

    ID = "id"
    ALIAS = "alias"
    TINY = "tiny"


class UnknownHeartbeat(Exception):
    """The key's service expects no heartbeat of this name."""


def alerts_of(key: RoutingKey, identifier: str, *, by: By, most: int | None = None) -> list[Alert]:
    """Those of the key's service that are meant, and those that it sent on to others: newest first, at most
    `most`. An alias means the open one, an incident's number all of its alerts.
    """
    if "\x00" in identifier:  # no database text holds it
        return []
    rows = Alert.objects.filter(within_reach(key), incident__isnull=False)
    found = _named(rows, identifier, by, key).select_related("incident__acknowledged_by")
    return list(found.order_by("-last_event_at", "-pk")[:most])


def within_reach(key: RoutingKey) -> Q:
    """The alerts of the key's service, and those that its routing rules have sent on to others."""
    return Q(service=key.service) | Q(origin=key.service)


def _named(rows: QuerySet[Alert], identifier: str, by: By, key: RoutingKey) -> QuerySet[Alert]:
    match by:
        case By.ID:
            number = read(identifier)
            return rows.filter(pk=number.alert) if number else rows.none()
        case By.ALIAS:
            meant = of_sender(key.service, opsgenie.dedup_key(identifier))
            return rows.filter(meant, status=Alert.Status.OPEN)
        case By.TINY:
            is_number = identifier.isascii() and identifier.isdecimal() and len(identifier) <= 18
            return rows.filter(incident=int(identifier)) if is_number else rows.none()


def create(created: Created, *, key: RoutingKey, now: datetime) -> Alert:
    """The alert, made or counted on; durable when this returns. Its note is written once the alert is: what
    came by a key is counted last of a transaction (escalation.intake.limits).
    """
    receive(key=key.key, events=[created.event], source=SOURCE, now=now)
    meant = of_sender(key.service, created.event.dedup_key)
    rows = Alert.objects.filter(meant)
    alert = rows.order_by(F("resolved_at").desc(nulls_first=True), "pk")[
        0
    ]  # somebody may have just closed it
    if created.note:
        respond.note(incident_id=_incident(alert), text=created.note, by=_actor(key), now=now)
    return alert


@transaction.atomic
def ask(asked: Asked, said: Said, *, of: Sequence[Alert], key: RoutingKey, now: datetime) -> Number:
    """Do it to the alerts `of`, and say what became of it. Raises Refused, with nothing done."""
    if not of:
        return Number(at=now, asked=asked, outcome=Outcome.NO_SUCH_ALERT)
    number = Number(at=now, asked=asked, alert=of[0].pk)
    metrics.EVENTS.labels(source=SOURCE, action=asked.name.lower()).inc()
    if asked is Asked.NOTE:
        _note(of, said, key, now)
        return number
    still_open = [alert for alert in of if alert.status == Alert.Status.OPEN]
    if not still_open:
        return replace(number, outcome=Outcome.CLOSED_ALREADY)
    VERBS[asked](still_open, said, key, now)
    return number


def ping(name: str, *, key: RoutingKey, now: datetime) -> None:
    """The service's heartbeat of this name has called. Raises UnknownHeartbeat."""
    rows = Heartbeat.objects.filter(service=key.service, name=name, retired_at=None)
    found = None if "\x00" in name else rows.first()
    if found is None:
        raise UnknownHeartbeat
    call_in(key=found.key, now=now)


def _actor(key: RoutingKey) -> Actor:
    return Actor(f"{key.name} ({SOURCE})")


def _incident(alert: Alert) -> int:
    return alert.incident_id or 0


def _incidents(alerts: Sequence[Alert]) -> list[int]:
    """In the order in which incidents are locked."""
    return sorted({_incident(alert) for alert in alerts})


def _close(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    """These alerts alone: an incident ends when all of its alerts have."""
    events = [Event(action=Action.RESOLVE, dedup_key=alert.dedup_key) for alert in alerts]
    receive(key=key.key, events=events, source=SOURCE, now=now)
    if said.words:
        _note(alerts, Said(text=said.words), key, now)


def _acknowledge(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    for pk in _incidents(alerts):
        respond.acknowledge(incident_id=pk, by=_actor(key), now=now, why=said.words)


def _unacknowledge(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    for pk in _incidents(alerts):
        respond.unacknowledge(incident_id=pk, by=_actor(key), now=now, why=said.words)


def _snooze(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    for pk in _incidents(alerts):
        until = said.until or now
        respond.snooze(incident_id=pk, until=until, by=_actor(key), now=now, why=said.words)


def _note(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    for pk in _incidents(alerts):
        respond.note(incident_id=pk, text=said.text, by=_actor(key), now=now)


def _escalate(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    """By the incident's own policy; which escalation was asked for is written down."""
    why = "; ".join(part for part in (said.text and f"asked for “{said.text}”", said.words) if part)
    for pk in _incidents(alerts):
        respond.escalate(incident_id=pk, by=_actor(key), now=now, why=why)


def _assign(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    user = _person(said.person)
    for pk in _incidents(alerts):
        respond.reassign(incident_id=pk, users=[user], by=_actor(key), now=now, why=said.words)


def _person(name: str) -> User:
    called = Q(username__iexact=name) | Q(email__iexact=name)
    found = User.objects.filter(called, is_active=True).order_by("pk").first()
    if found is None:
        raise Refused(f"Nobody here is called “{name[:100]}”; write a username or a mail address.")
    return found


def _message(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    for alert in alerts:
        amending.amend(alert_id=alert.pk, message=said.text, by=_actor(key), now=now, why=said.words)


def _description(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    for alert in alerts:
        amending.amend(alert_id=alert.pk, description=said.text, by=_actor(key), now=now, why=said.words)


def _prioritize(alerts: Sequence[Alert], said: Said, key: RoutingKey, now: datetime) -> None:
    """As one more event: what is worse now is raised, and pages anew, by the rules of the service. Locked, so
    that what another one resolves at this moment is not opened again.
    """
    rows = Alert.objects.select_for_update().filter(pk__in=[alert.pk for alert in alerts])
    still_open = rows.filter(status=Alert.Status.OPEN).order_by("dedup_key")
    events = [
        Event(
            action=Action.TRIGGER,
            dedup_key=alert.dedup_key,
            summary=alert.summary,
            severity=severity_of(said.text),
            word=said.text,
            source=alert.source,
            labels=alert.labels,
            links=tuple((label, address) for label, address in alert.links),
            payload={**alert.payload, "priority": said.text},
            group_key=alert.group_key,
        )
        for alert in still_open
    ]
    receive(key=key.key, events=events, source=SOURCE, now=now)


VERBS: dict[Asked, Callable[[Sequence[Alert], Said, RoutingKey, datetime], None]] = {
    Asked.CLOSE: _close,
    Asked.DELETE: _close,
    Asked.ACKNOWLEDGE: _acknowledge,
    Asked.UNACKNOWLEDGE: _unacknowledge,
    Asked.SNOOZE: _snooze,
    Asked.ESCALATE: _escalate,
    Asked.ASSIGN: _assign,
    Asked.MESSAGE: _message,
    Asked.DESCRIPTION: _description,
    Asked.PRIORITY: _prioritize,
}
