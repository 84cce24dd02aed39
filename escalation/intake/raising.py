"""Incidents that people open: by a form, by the API, by an SMS. Each has an alert, as any other."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from escalation.actions import respond
from escalation.actions.respond import Refused
from escalation.core.severity import SEVERITIES
from escalation.intake.receiving import raise_alert
from escalation.models import Alert, Incident, Service
from escalation.sources.event import MAX_DEDUP_KEY, MAX_SUMMARY, UNKNOWN_SEVERITY, Action, Event
from paging.core.render import clean
from people.ledger.record import Actor

SOURCE = "Watchbill"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What somebody says is wrong; `detail` is the first note. One `dedup_key` is one open incident."""

    service: Service
    title: str
    severity: str = UNKNOWN_SEVERITY
    detail: str = ""
    dedup_key: str = ""


@transaction.atomic
def raise_incident(trouble: Trouble, *, by: Actor, now: datetime) -> tuple[Incident, bool]:
    """A new incident, which pages by its service's policy, and True. Where an alert with the same key is
    open, it counts on that one, whose incident comes back with False.

    Raises Refused.
    """
    service, severity = trouble.service, trouble.severity
    title = " ".join(trouble.title.replace("\x00", "").split())
    if not title:
        raise Refused("Say in a few words what is wrong.")
    if len(title) > MAX_SUMMARY:
        raise Refused(f"The title is longer than {MAX_SUMMARY} characters; put the rest into the details.")
    if severity not in SEVERITIES:
        raise Refused(f"“{clean(severity, limit=20)}” is no severity; write {', '.join(SEVERITIES)}.")
    if service.retired_at is not None:
        raise Refused(f"{service.name} is retired; choose a service that is in use.")
    if len(trouble.dedup_key) > MAX_DEDUP_KEY:
        raise Refused(f"The dedup_key is longer than {MAX_DEDUP_KEY} characters.")
    key = trouble.dedup_key or f"by-hand:{uuid4()}"
    known = Alert.objects.filter(service=service, dedup_key=key, status=Alert.Status.OPEN).exists()
    event = Event(
        action=Action.TRIGGER, dedup_key=key, summary=title, severity=severity, source=SOURCE, alone=True,
    )  # fmt: skip
    incident = raise_alert(service=service, event=event, by=by, now=now)
    if trouble.detail.strip() and not known:
        respond.note(incident_id=incident.pk, text=trouble.detail.replace("\x00", ""), by=by, now=now)
    return incident, not known
