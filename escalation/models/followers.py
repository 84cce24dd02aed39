"""Webhooks that follow incidents: which, how they do, and every event with what came of it."""

import uuid

from django.db import models
from django.db.models import Q

from escalation.models.policies import Webhook
from escalation.models.services import Service
from people.models import Team


class Follower(models.Model):
    """Which incidents a webhook hears of, and how its server does.

    Of all services, or of those named and of the services of the teams named; none at all: it follows
    nothing. `events` are the names of `escalation.core.following.EVENTS`, [] for all of them.

    `fails` counts the tries in a row that its server did not take, since `failing_since`; `failed_at` was the
    last. Nothing is posted before `rest_until`. `ended_at`: it was given up, because of `ended_why`.
    `dropped` counts events that were thrown away, the oldest first, because too many waited.
    """

    webhook = models.OneToOneField(
        Webhook, on_delete=models.PROTECT, primary_key=True, related_name="follower"
    )
    everything = models.BooleanField(default=False)
    teams = models.ManyToManyField(Team, blank=True, related_name="+")
    services = models.ManyToManyField(Service, blank=True, related_name="+")
    events = models.JSONField(default=list, blank=True)

    fails = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    rest_until = models.DateTimeField(null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_why = models.CharField(max_length=200, blank=True, default="", editable=False)
    dropped = models.PositiveIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return f"{self.webhook} follows"


class HookDelivery(models.Model):
    """One event to one follower. `said` is what the document says of it, as JSON text that never changes, so
    that every try and every replay posts the same; `message_id` is its `webhook-id`.

    `sequence` is the number of the line of the ledger that it tells of. There is no key to the incident, so
    that writing this never waits for whoever decides about it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for its time"
        SENDING = "sending", "on its way"
        DELIVERED = "delivered", "taken"
        FAILED = "failed", "given up"

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    sequence = models.BigIntegerField()
    incident_id = models.BigIntegerField()
    event = models.CharField(max_length=64)
    at = models.DateTimeField()
    said = models.TextField()
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=200, blank=True, default="")
    settled_at = models.DateTimeField(null=True, blank=True)
    claim = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        constraints = [
            # The first index of a webhook: a change is told to it once.
            models.UniqueConstraint(fields=["webhook", "sequence"], name="a_change_is_told_once"),
            models.CheckConstraint(
                condition=~Q(state="sending") | Q(claim__isnull=False, lease_until__isnull=False),
                name="a_delivery_on_its_way_has_a_lease",
            ),
        ]
        indexes = [
            # dispatch: what of one webhook is due, oldest first; and how much waits.
            models.Index(
                fields=["webhook", "due_at", "id"], condition=Q(state="waiting"), name="delivery_waiting"
            ),
            # dispatch: what is on its way, and what a worker died over.
            models.Index(
                fields=["webhook", "lease_until"], condition=Q(state="sending"), name="delivery_leased"
            ),
            # The keeper: what is old enough to be forgotten.
            models.Index(fields=["created_at"], name="delivery_to_forget"),
            # The log: what failed.
            models.Index(fields=["webhook", "-id"], condition=Q(state="failed"), name="delivery_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.event} of #{self.incident_id}"


class HookTry(models.Model):
    """One post of a delivery: how long it took, and what came back. `status` is None where no answer came;
    `answer` the beginning of what a server said that did not take it.
    """

    delivery = models.ForeignKey(HookDelivery, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "hook tries"

    def __str__(self) -> str:
        return self.error or str(self.status)


class LedgerReading(models.Model):
    """How far the ledger was read for followers: every line up to `upto`, but for the `gaps`, whose lines may
    still be committed (`escalation.core.gaps`). There is one row.
    """

    upto = models.BigIntegerField()
    gaps = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"read up to {self.upto}"
