"""What is read of incidents."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max, QuerySet

from escalation.core.cause import incident_in
from escalation.models import Alert, Heartbeat, HotLine, Incident
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User


def incidents() -> QuerySet[Incident]:
    """Every incident with what a list shows, newest first."""
    return Incident.objects.select_related(
        "service", "service__team", "acknowledged_by", "resolved_by"
    ).order_by("-triggered_at", "-pk")


def open_incidents() -> QuerySet[Incident]:
    return incidents().exclude(status=Incident.Status.RESOLVED)


def incident_about(cause: str) -> Incident | None:
    """What a page is about; None for what is no incident, such as a test page."""
    return incidents_about([cause]).get(cause)


def incidents_about(causes: Iterable[str]) -> dict[str, Incident]:
    """By cause, in their order; what is no incident is left out. One query."""
    ids = {cause: number for cause in causes if (number := incident_in(cause)) is not None}
    found = incidents().in_bulk(list(ids.values())) if ids else {}
    return {cause: found[pk] for cause, pk in ids.items() if pk in found}


def answered(incident: Incident) -> list[User]:
    """Who has acknowledged it since it was last triggered, in that order."""
    ids = incident.answered or []
    people = User.objects.in_bulk(ids) if ids else {}
    return [people[pk] for pk in ids if pk in people]


def timeline(incident_id: int) -> QuerySet[Entry]:
    """Who did what, when and why, oldest first."""
    return Entry.objects.filter(subject_type="incident", subject_id=incident_id).order_by("id")


def newest_alerts(incident: Incident, *, most: int) -> list[Alert]:
    """The `most` of it of which something was heard last, the newest first: a storm may give it thousands."""
    return list(incident.alerts.order_by("-last_event_at", "-pk")[:most])


def heartbeats() -> QuerySet[Heartbeat]:
    """Those that are in use, with what a list shows, by service and name."""
    rows = Heartbeat.objects.filter(retired_at=None).select_related("service__team", "muted_by")
    return rows.order_by("service__name", "name", "pk")


def hot_numbers() -> list[str]:
    """The numbers on which the on-call can be called."""
    lines = HotLine.objects.filter(retired_at=None, service__retired_at=None)
    return list(lines.order_by("pk").values_list("number", flat=True))


def snoozed(incident_ids: Iterable[int]) -> set[int]:
    """Those of the incidents that are put off rather than worked on: what was said last tells which."""
    held = Incident.objects.filter(
        pk__in=list(incident_ids), status=Incident.Status.ACKNOWLEDGED, hold_until__isnull=False
    )
    said = Entry.objects.filter(
        subject_type="incident",
        subject_id__in=list(held.values_list("pk", flat=True)),
        verb__in=[Verb.INCIDENT_ACKNOWLEDGED, Verb.INCIDENT_SNOOZED],
    )
    last = dict(said.order_by("id").values_list("subject_id", "verb"))
    return {pk for pk, verb in last.items() if verb == Verb.INCIDENT_SNOOZED}


def resolves_at(row: Incident) -> datetime | None:
    """When it ends by itself if nothing more is heard of it; None where it does not, or is put off."""
    after = row.service.auto_resolve_after
    if row.resolve_at is None or after is None or row.status == Incident.Status.RESOLVED or snoozed([row.pk]):
        return None
    last = row.alerts.aggregate(last=Max("last_event_at"))["last"]
    return max(row.resolve_at, last + after if last else row.resolve_at)
