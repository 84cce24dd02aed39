"""Numbers that reach the on-call, and who was rung."""

from django.db import models
from django.db.models import Q

from escalation.models.incidents import Incident
from escalation.models.services import Service
from people.models import User


class HotLine(models.Model):
    """A number of ours at the phone company: who calls it reaches the on-call of a service."""

    number = models.CharField(max_length=16, help_text="E.164, such as +14155550100.")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="hot_lines")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=Q(retired_at__isnull=True), name="one_hot_line_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.service}"


class HotCall(models.Model):
    """One call to a hot line. Somebody takes it, or it becomes an incident; `caller` is empty if withheld."""

    line = models.ForeignKey(HotLine, on_delete=models.PROTECT, related_name="calls")
    sid = models.CharField(max_length=64, unique=True)
    caller = models.CharField(max_length=16, blank=True)
    began_at = models.DateTimeField()
    taken_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    recording = models.CharField(max_length=1000, blank=True)
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.PROTECT, related_name="hot_calls"
    )

    class Meta:
        verbose_name = "call"
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False, incident__isnull=True),
                name="a_hot_call_is_taken_or_an_incident",
            )
        ]

    def __str__(self) -> str:
        return f"call from {self.caller or 'a withheld number'} to {self.line}"


class Ring(models.Model):
    """One person that a call was put to, and what came of it; no outcome while it rings."""

    call = models.ForeignKey(HotCall, on_delete=models.PROTECT, related_name="rings")
    position = models.PositiveSmallIntegerField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    because = models.CharField(max_length=200)
    at = models.DateTimeField()
    outcome = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "position"], name="one_ring_per_position"),
            models.UniqueConstraint(fields=["call", "user"], name="a_person_is_rung_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.because}): {self.outcome or 'ringing'}"
