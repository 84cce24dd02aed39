"""Rows of the paging floor: how a person is reached, and what became of each message."""

import uuid

from django.db import models
from django.db.models import Q

from paging.core.address import shown
from people.models import User


class ContactMethod(models.Model):
    """One way to reach a person. An unverified or disabled one is never paged.

    `signing_secret` is a webhook's: what is posted to it is signed with it.
    """

    class Kind(models.TextChoices):
        SMS = "sms", "SMS"
        VOICE = "voice", "Voice"
        EMAIL = "email", "Email"
        CHAT = "chat", "Chat"
        WEBHOOK = "webhook", "Webhook"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contact_methods")
    kind = models.CharField(max_length=16, choices=Kind)
    address = models.CharField(
        max_length=1000,
        help_text="E.164 number such as +14155550101, an email, a chat service as apprise spells it "
        "(ntfys://ntfy.example/topic), or a webhook's https:// address.",
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    signing_secret = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "address"], name="one_method_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.shown}"

    @property
    def shown(self) -> str:
        """The address, for its own person."""
        return shown(self.kind, self.address)


class Verification(models.Model):
    """One code that was asked for, to prove that a contact method is its person's own.

    The code itself is kept nowhere: `paging.core.code` makes it of `seed` and of SECRET_KEY. Only the
    newest one of a method counts, for 15 minutes. `wrong` counts guesses.
    """

    method = models.ForeignKey(ContactMethod, on_delete=models.PROTECT, related_name="verifications")
    seed = models.UUIDField(default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["method", "asked_at"], name="verification_recent")]

    def __str__(self) -> str:
        return f"code for {self.method}"


class NotificationRule(models.Model):
    """At this urgency, this kind of method, `after` this long. Who has none is paged on all at once."""

    class Urgency(models.TextChoices):
        HIGH = "high"
        LOW = "low"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notification_rules")
    urgency = models.CharField(max_length=4, choices=Urgency, default=Urgency.HIGH)
    via = models.CharField(max_length=16, choices=ContactMethod.Kind)
    after = models.DurationField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "urgency", "via", "after"], name="one_rule_per_moment")
        ]

    def __str__(self) -> str:
        return f"{self.via} after {self.after}"


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
        return f"{self.provider}: {self.subject or self.body[:60]}"


class ReplyCode(models.Model):
    """What a number in a reply means on one phone: the cause that it was last shown for, to `user`.

    A number is free again a while after its cause is over (`freed_at`); until it is given to another cause,
    a reply to it is still understood.
    """

    phone = models.CharField(max_length=254, help_text="E.164")
    number = models.PositiveIntegerField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cause = models.CharField(max_length=64)
    shown_at = models.DateTimeField()
    freed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone", "number"], name="one_cause_per_reply_number"),
            models.UniqueConstraint(fields=["phone", "cause"], name="one_reply_number_per_cause"),
        ]
        indexes = [
            # The numbers that the end of a cause frees.
            models.Index(fields=["cause"], condition=Q(freed_at__isnull=True), name="reply_code_taken")
        ]

    def __str__(self) -> str:
        return f"{self.number} for {self.cause}"


class Inbound(models.Model):
    """A message that a known phone sent us, and what it was answered. One that a provider posts again
    gets the same answer, and nothing happens twice.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "it was done, or had been done already"
        CARRIER = "carrier", "a word of the carrier's, such as STOP"
        WRONG = "wrong", "not understood, or it named nothing"

    provider = models.CharField(max_length=32)
    provider_id = models.CharField(max_length=128)
    at = models.DateTimeField()
    phone = models.CharField(max_length=254)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    said = models.CharField(max_length=160)
    outcome = models.CharField(max_length=8, choices=Outcome)
    answer = models.CharField(max_length=320, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_id"], name="one_answer_per_inbound_message")
        ]
        indexes = [models.Index(fields=["phone", "at"], name="inbound_of_a_phone")]

    def __str__(self) -> str:
        return f"{self.said!r} ({self.outcome})"


class MonthOfSpending(models.Model):
    """What messages cost in a calendar month of UTC (“2026-11”), as far as was last looked.

    `warned` is the share of the cap, in percent, of which administrators were told last.
    """

    month = models.CharField(max_length=7, unique=True)
    spent = models.DecimalField(max_digits=14, decimal_places=5, default=0)
    warned = models.PositiveSmallIntegerField(default=0)
    wake_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.spent.normalize():f} in {self.month}"
