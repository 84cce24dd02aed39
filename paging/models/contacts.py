"""How a person is reached: contact methods, the codes that verify them, and rules."""

import uuid

from django.db import models

from paging.core.address import shown
from paging.core.rules import in_words
from people.models import User


class ContactMethod(models.Model):
    """One way to reach a person. An unverified or disabled one is never paged.

    `signing_secret` is a webhook's: what is posted to it is signed with it, and until `former_until` with the
    `former_secret`, too.
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
    signing_secret = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    former_secret = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)

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
        return f"{self.get_via_display()} {in_words(self.after)}"
