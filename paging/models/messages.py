"""What was asked to reach people, and what became of each message."""

import uuid

from django.db import models
from django.db.models import Q

from paging.models.contacts import ContactMethod
from people.models import User


class Page(models.Model):
    """A request to reach one person about one cause.

    `cause` says what for in the words of the floor above ("incident:42"); `run` says which step
    run asked, so that the same decision applied twice makes one page. `facts` is what a message may
    say (`paging.core.message.Facts` as JSON). Pages of one `service` may be said by one message.
    `stopped_at` is all dispatch asks before it sends.
    `unreachable_at` is when the last of its messages had failed and no other way was left.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="pages")
    cause = models.CharField(max_length=64)
    run = models.CharField(max_length=64)
    urgency = models.CharField(max_length=4)
    facts = models.JSONField()
    service = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    unreachable_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cause", "run", "user"], name="one_page_per_run_and_person")
        ]
        indexes = [
            # The pages of a cause that a stop has to reach.
            models.Index(fields=["cause"], condition=Q(stopped_at__isnull=True), name="page_running"),
            # The engine: pages of which every message failed, to be looked at by the floor above.
            models.Index(
                fields=["cause", "run"],
                condition=Q(unreachable_at__isnull=False, stopped_at__isnull=True),
                name="page_unreachable",
            ),
            # Whether anybody has just been paged about a service: the first page of one jumps the queue.
            models.Index(fields=["service", "-created_at"], name="page_of_service"),
            # What is counted of people: the pages of one person and some weeks, of years of them.
            models.Index(fields=["user", "created_at"], name="page_of_person"),
        ]

    def __str__(self) -> str:
        return f"page to {self.user} about {self.cause}"


class Notification(models.Model):
    """One message to one contact method, due at `due_at`. Each state says what the phone did.

    `provider` is where it is: the one that it was last handed to, or is to be handed to next; empty
    before the first one was asked.

    The lowest `priority` leaves first. `held_since`: when a limit first held it back; it is due again when
    the limit allows. `admitted_at`: when it was let go; its tries after that ask no limit. `says` counts what
    it speaks of: its own page, and the notifications that are `bundled_into` it.
    """

    class Priority(models.IntegerChoices):
        FIRST = 0, "the first page of a service"
        MORE = 1, "another page"
        NOTICE = 2, "a notice"

    class State(models.TextChoices):
        PENDING = "pending", "waiting for its time"
        CLAIMED = "claimed", "a worker is handing it over"
        SENT = "sent", "the provider took it"
        DELIVERED = "delivered", "the phone has it"
        UNDELIVERED = "undelivered", "the carrier gave it back"
        FAILED = "failed", "the provider refused it for good"
        BUNDLED = "bundled", "said by another message"
        SUPPRESSED = "suppressed", "stopped before it left"
        UNKNOWN = "unknown", "handed over by a worker that died: perhaps it left"

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="notifications")
    method = models.ForeignKey(ContactMethod, on_delete=models.PROTECT, related_name="notifications")
    due_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    provider = models.CharField(max_length=32, blank=True, default="", db_default="")
    claim = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(
        choices=Priority, default=Priority.MORE, db_default=Priority.MORE
    )
    held_since = models.DateTimeField(null=True, blank=True)
    admitted_at = models.DateTimeField(null=True, blank=True)
    beyond_limit = models.BooleanField(default=False, db_default=False)
    says = models.PositiveSmallIntegerField(default=1, db_default=1)
    bundled_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="members"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["page", "method", "due_at"], name="one_notification_per_moment"),
            models.CheckConstraint(
                condition=~Q(state="bundled") | Q(bundled_into__isnull=False),
                name="what_is_bundled_is_said_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claim__isnull=False, lease_until__isnull=False),
                name="a_claim_has_a_lease",
            ),
        ]
        indexes = [
            # dispatch: what is due now, oldest first.
            models.Index(
                fields=["due_at", "id"],
                condition=Q(state__in=["pending", "unknown"]),
                name="notification_due",
            ),
            # dispatch: of one priority, what is due now, oldest first.
            models.Index(
                fields=["priority", "due_at", "id"],
                condition=Q(state__in=["pending", "unknown"]),
                name="notification_turn",
            ),
            # dispatch: what waits for the same address.
            models.Index(
                fields=["method", "due_at"],
                condition=Q(state__in=["pending", "unknown"]),
                name="notification_of_method",
            ),
            # Limits: what an address was sent lately.
            models.Index(
                fields=["method", "-admitted_at"],
                condition=Q(admitted_at__isnull=False),
                name="notification_admitted",
            ),
            # dispatch: claims whose worker died.
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="notification_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.method} ({self.state})"


class Attempt(models.Model):
    """One call of a provider: what was handed over, what it answered and how long after.

    `fault` is one of `paging.core.delivery.Fault`; empty where it was accepted. `cost` is by the operator's
    prices; none: not known.
    """

    notification = models.ForeignKey(Notification, on_delete=models.PROTECT, related_name="tries")
    at = models.DateTimeField()
    provider = models.CharField(max_length=32)
    accepted = models.BooleanField()
    provider_id = models.CharField(max_length=128, blank=True)
    error = models.CharField(max_length=500, blank=True)
    fault = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=5, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "outbox"
        constraints = [
            models.CheckConstraint(
                condition=Q(cost__isnull=True) | (Q(cost__gte=0) & ~Q(currency="")),
                name="a_cost_has_a_currency",
            )
        ]
        indexes = [
            # What providers did lately, and what this month cost.
            models.Index(fields=["at"], name="attempt_at"),
            # doctor: providers that refuse us altogether.
            models.Index(
                fields=["provider", "-id"], condition=Q(fault="provider"), name="attempt_provider_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.subject or self.body.partition(chr(10))[0][:60]}"
