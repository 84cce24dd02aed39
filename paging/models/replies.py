"""What phones say to us, and what the numbers in it mean."""

from django.db import models
from django.db.models import Q

from paging.models.contacts import ContactMethod
from people.models import User


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
    """What somebody sent us (an SMS, a mail, a key of a call), what was understood and what it was answered.
    One that a provider posts again gets the same answer, and nothing happens twice.

    `sender` is the number or address it came from, whole where it is that of `user`, and masked where nobody
    is known by it. `said` is what counts of it: of a mail the first line. `understood` is empty where
    nothing was.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "it was done, or had been done already"
        CARRIER = "carrier", "a word of the carrier's, such as STOP"
        WRONG = "wrong", "not understood, or it named nothing"
        MACHINE = "machine", "written by a program, such as an out-of-office answer: nothing is done"
        STRANGER = "stranger", "from nobody who could answer that: nothing is done"

    via = models.CharField(
        max_length=16,
        choices=ContactMethod.Kind,
        default=ContactMethod.Kind.SMS,
        db_default=ContactMethod.Kind.SMS.value,
    )
    provider = models.CharField(max_length=32)
    provider_id = models.CharField(max_length=128)
    at = models.DateTimeField()
    sender = models.CharField(max_length=254, db_column="phone")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    said = models.CharField(max_length=160)
    understood = models.CharField(max_length=40, blank=True, default="", db_default="")
    outcome = models.CharField(max_length=8, choices=Outcome)
    answer = models.CharField(max_length=320, blank=True)

    class Meta:
        verbose_name = "reply"
        verbose_name_plural = "replies"
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_id"], name="one_answer_per_inbound_message")
        ]
        indexes = [
            models.Index(fields=["sender", "at"], name="inbound_of_a_phone"),
            # How much of what nobody is answered for was kept lately.
            models.Index(
                fields=["at"], condition=Q(outcome__in=["machine", "stranger"]), name="inbound_passed_over"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.said!r} ({self.outcome})"
