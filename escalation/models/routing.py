"""Rules by which what comes by a service's keys goes elsewhere, or counts as better or worse."""

from django.db import models
from django.db.models import F, Q

from escalation.models.services import Service


class RoutingRule(models.Model):
    """What to make of events that come by a key of `service` and have the labels of `match` ({label: value},
    with * for anything). Of a service's rules, in the order of `position`, the first that fits counts.

    It names at least one of: another service, whose policy then pages; a severity (SEV-1 to SEV-4), over
    what the source and the service say; an urgency (high or low), over what the service makes of that.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="routing_rules")
    position = models.PositiveSmallIntegerField()
    match = models.JSONField()
    to_service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.PROTECT, related_name="routed_here"
    )
    severity = models.CharField(max_length=5, blank=True)
    urgency = models.CharField(max_length=4, blank=True)

    class Meta:
        ordering = ("service", "position", "pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_service__isnull=False) | ~Q(severity="") | ~Q(urgency=""),
                name="routing_rule_does_something",
            ),
            models.CheckConstraint(
                condition=Q(to_service__isnull=True) | ~Q(to_service=F("service")),
                name="routing_rule_leads_elsewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"routing rule {self.position} of {self.service}"
