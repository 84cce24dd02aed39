"""What sources say: alerts, and changes that they announce."""

import uuid

from django.db import models
from django.db.models import F, Q

from escalation.core.routing import as_sent
from escalation.models.incidents import Incident
from escalation.models.services import Service


class Alert(models.Model):
    """One deduplicated signal of a source. More events with its key are counted on it.

    `origin` is the service by whose key it came, where a routing rule sent it on to this one: further events
    with that key find it here. Its dedup key and group key are then such as no sender to this one uses
    (escalation.core.routing.abroad).
    """

    class Status(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    origin = models.ForeignKey(
        Service,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        editable=False,
    )
    dedup_key = models.CharField(max_length=255)
    group_key = models.CharField(max_length=512, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    severity = models.CharField(max_length=5)
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=255, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    links = models.JSONField(default=list, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    first_event_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    event_count = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "dedup_key"], condition=Q(status="open"), name="one_open_alert_per_key"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True) | Q(resolved_at__gte=F("first_event_at")),
                name="alert_ends_after_it_begins",
            ),
        ]
        indexes = [
            # Whether a key recurred, and an Alertmanager group that resolved whole.
            models.Index(fields=["service", "dedup_key", "-resolved_at"], name="alert_history"),
            models.Index(
                fields=["service", "group_key"], condition=Q(status="open"), name="alert_open_in_group"
            ),
            models.Index(
                fields=["origin", "dedup_key"],
                condition=Q(status="open", origin__isnull=False),
                name="alert_open_from_elsewhere",
            ),
        ]

    def __str__(self) -> str:
        return self.summary

    @property
    def sent_key(self) -> str:
        """The dedup key as its sender wrote it."""
        return as_sent(self.dedup_key, origin=self.origin_id)


class ChangeEvent(models.Model):
    """A change somebody announced (PagerDuty change events): shown beside incidents, pages nobody."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=255, blank=True)
    payload = models.JSONField(default=dict, blank=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["service", "-at"], name="change_of_service")]

    def __str__(self) -> str:
        return self.summary
