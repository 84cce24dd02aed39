"""Rules as lists and pages show them."""

from datetime import datetime

from django.db.models import Case, Count, Max, QuerySet, Value, When

from escalation.core.matching import matches
from escalation.models import Alert, AlertRule, Incident


def rules() -> QuerySet[AlertRule]:
    """Each with `kept`, how many alerts it kept quiet, and `last_at`, when the last of them came."""
    return AlertRule.objects.select_related("service__team", "owner").annotate(
        kept=Count("matches"), last_at=Max("matches__last_at")
    )


def running(*, now: datetime) -> QuerySet[AlertRule]:
    """Those in force, which end first first."""
    return rules().filter(ended_at=None, ends_at__gt=now).order_by("ends_at", "pk")


def over(*, now: datetime) -> QuerySet[AlertRule]:
    """The last of them first."""
    going = running(now=now).values("pk")
    return rules().exclude(pk__in=going).order_by("-ends_at", "-pk")


def running_first(*, now: datetime) -> QuerySet[AlertRule]:
    """All of them, in the order of `running`, then of `over`, roughly: what has ended by its end."""
    goes = Case(When(ended_at=None, ends_at__gt=now, then=Value(0)), default=Value(1))
    return rules().annotate(is_over=goes).order_by("is_over", "ends_at", "pk")


def keeping_quiet(incident: Incident, *, now: datetime) -> list[AlertRule]:
    """The rules that keep an incident quiet now, the one that ends last first."""
    if incident.quiet_until is None or not incident.service.has_rules:
        return []
    labels = list(incident.alerts.filter(status=Alert.Status.OPEN).values_list("labels", flat=True))
    going = running(now=now).filter(service=incident.service).order_by("-ends_at", "-pk")
    return [rule for rule in going if any(matches(rule.match, one) for one in labels)]
