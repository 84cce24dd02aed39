"""When a service pages nobody."""

from django.db import models
from django.db.models import F, Q

from escalation.core.maintenance import Repeat
from escalation.models.services import Service
from people.models import User


class MaintenanceWindow(models.Model):
    """While one of its occurrences runs, alerts on its service are recorded and nobody is paged.

    `start` and `end` are wall-clock times of `time_zone`, as `2026-06-01T02:00:00`: those of the first
    occurrence (escalation.core.maintenance). `look_at` is when one next begins or ends, and the keeper has
    to look; `over_at` from when on nothing comes of it any more, if that is known.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="maintenance")
    start = models.CharField(max_length=19)
    end = models.CharField(max_length=19)
    time_zone = models.CharField(max_length=63)
    repeat = models.CharField(
        max_length=7, blank=True, choices=[(one.value, one.value or "once") for one in Repeat]
    )
    until = models.DateField(null=True, blank=True, help_text="The last day on which one begins.")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(
        User, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    look_at = models.DateTimeField(null=True, blank=True, editable=False)
    over_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")),
                name="maintenance_ends_after_its_start",
                violation_error_message="The end is not after the start; write a later time.",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | ~Q(repeat=""),
                name="only_a_repetition_has_a_last_day",
                violation_error_message="A last day ends a repetition; choose a repeat, or leave it out.",
            ),
            models.UniqueConstraint(
                fields=["service", "start", "end", "time_zone", "repeat"],
                condition=Q(cancelled_at__isnull=True, ended_at__isnull=True),
                name="one_maintenance_window_of_a_kind",
                violation_error_message="The service has a maintenance window at these times already.",
            ),
        ]
        indexes = [
            # The keeper: what begins or ends now.
            models.Index(
                fields=["look_at"], condition=Q(look_at__isnull=False), name="maintenance_looked_at"
            ),
        ]

    def __str__(self) -> str:
        return f"maintenance of {self.service} from {self.start[:16].replace('T', ' ')} ({self.time_zone})"
