"""The instants at which a role passes from some people to others, and what they tell each other."""

from django.db import models
from django.db.models import Q

from oncall.models.schedules import Schedule
from people.models import User


class Handoff(models.Model):
    """One role of one schedule passing on at one instant.

    Written ahead while it is only planned, so that a note can be begun; `recorded_at` is when it was found
    to have happened, and `cancelled_at` when a change of the schedule took it away. The outgoing person's own
    words are `watch` and `mood`; the rest of the note is its items, kept at `prepared_at`, and where that
    failed tried again at `prepare_after`. `asks` says whether somebody has to confirm it: a cover of a few
    hours asks nobody.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="handoffs")
    role = models.CharField(max_length=40)
    at = models.DateTimeField()
    asks = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    watch = models.TextField(blank=True)
    mood = models.CharField(max_length=300, blank=True)
    noted_at = models.DateTimeField(null=True, blank=True)
    noted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField(null=True, blank=True)
    prepare_after = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    managers_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "role", "at"], name="one_handoff_at_an_instant")
        ]
        # The keeper: what happened and is yet to be prepared by the floor above, or to be confirmed.
        indexes = [
            models.Index(
                fields=["at"],
                condition=Q(recorded_at__isnull=False, asks=True, prepared_at__isnull=True),
                name="handoff_unprepared",
            ),
            models.Index(
                fields=["schedule"],
                condition=Q(
                    recorded_at__isnull=False,
                    asks=True,
                    confirmed_at__isnull=True,
                    managers_told_at__isnull=True,
                ),
                name="handoff_unconfirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"handoff of {self.schedule} {self.role} at {self.at:%Y-%m-%d %H:%M} UTC"


class HandoffPerson(models.Model):
    """Somebody who goes off or comes on at a handoff, and what they have been told of it, once each.

    `reminded` is the shortest lead, in seconds, of the reminders that came so far, sent or not needed;
    `asked_at` when the outgoing
    person was asked for a note; `told_at` when they heard “you are on” or “you are off”.
    """

    class Side(models.TextChoices):
        OUT = "out"
        IN = "in"

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=3, choices=Side)
    reminded = models.PositiveIntegerField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handoff", "user", "side"], name="one_side_per_person_of_a_handoff"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.side} at {self.handoff}"


class HandoffItem(models.Model):
    """One line of a note, to be confirmed by who comes on. `incident` is the number of one that is open:
    confirming it makes it theirs. A section without anything has one item that says “nothing”.
    """

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="items")
    section = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    path = models.CharField(max_length=200, blank=True)
    incident = models.PositiveBigIntegerField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["handoff", "section", "position"], name="one_item_per_position")
        ]

    def __str__(self) -> str:
        return self.text
