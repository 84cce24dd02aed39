"""What is read of incidents."""

from django.db.models import QuerySet

from escalation.models import Incident
from people.ledger.models import Entry


def incidents() -> QuerySet[Incident]:
    """Every incident with what a list shows, newest first."""
    return Incident.objects.select_related(
        "service", "service__team", "acknowledged_by", "resolved_by"
    ).order_by("-triggered_at", "-pk")


def open_incidents() -> QuerySet[Incident]:
    return incidents().exclude(status=Incident.Status.RESOLVED)


def timeline(incident_id: int) -> QuerySet[Entry]:
    """Who did what, when and why, oldest first."""
    return Entry.objects.filter(subject_type="incident", subject_id=incident_id).order_by("id")
