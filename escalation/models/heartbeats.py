"""Sources that must call in."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from escalation.core.heartbeat import USUAL_GRACE
from escalation.models.services import Service, new_routing_key
from escalation.sources.event import UNKNOWN_SEVERITY
from people.models import User


class Heartbeat(models.Model):
    """A source that must call in: silence longer than `every` and `grace` is an alert of the service.

    What the core reckons with (`escalation.core.heartbeat.Beat`) lies in columns. `due_at` is when its
    silence is an alert: None before its first call, and while it is one already (`silent_since`). One row for
    each name of a service, for ever: a retired one is brought back. Looked up by digest, as a routing key is.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="heartbeats")
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=64, default=new_routing_key)
    digest = models.CharField(max_length=64, editable=False)
    every = models.DurationField(help_text="It calls at least so often, such as 24h.")
    grace = models.DurationField(default=USUAL_GRACE, help_text="It may be so late.")
    severity = models.CharField(max_length=5, default=UNKNOWN_SEVERITY)
    created_at = models.DateTimeField()
    last_call_at = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    silent_since = models.DateTimeField(null=True, blank=True, editable=False)
    excused_at = models.DateTimeField(null=True, blank=True, editable=False)
    muted_until = models.DateTimeField(null=True, blank=True, editable=False)
    muted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="one_heartbeat_per_name"),
            models.UniqueConstraint(
                fields=["digest"], condition=Q(retired_at__isnull=True), name="one_heartbeat_per_key"
            ),
            models.CheckConstraint(
                condition=Q(every__gt=timedelta(0), grace__gte=timedelta(0)), name="heartbeat_takes_time"
            ),
            # One that has called and that nobody will miss again is an alarm, not a state.
            models.CheckConstraint(
                condition=Q(last_call_at__isnull=True, due_at__isnull=True, silent_since__isnull=True)
                | Q(last_call_at__isnull=False, due_at__isnull=False, silent_since__isnull=True)
                | Q(last_call_at__isnull=False, due_at__isnull=True, silent_since__isnull=False)
                | Q(retired_at__isnull=False, due_at__isnull=True),
                name="called_heartbeat_is_due_or_silent",
            ),
        ]
        indexes = [
            # The keeper: whose silence is an alert now.
            models.Index(fields=["due_at", "id"], condition=Q(due_at__isnull=False), name="heartbeat_due")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.service}"

    @property
    def dedup_key(self) -> str:
        """Of the alert that its silence is."""
        return f"heartbeat:{self.pk}"
