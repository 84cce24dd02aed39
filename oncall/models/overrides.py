"""What is laid over the base shifts: overrides and temporary schedules."""

from django.db import models
from django.db.models import F, Q

from oncall.models.schedules import Schedule
from people.models import User


class Override(models.Model):
    """A change of who is on call for a span, laid over the base shifts, which are never edited.

    cover: `user` alone holds the role. replace: `user` where `instead_of` is on. add: `user` as well.
    remove: `user` not. One that has begun can be ended (its `end` moves to now), not deleted; one that
    has not begun is cancelled and leaves no trace in the roster, but stays in the ledger. A temporary
    schedule replaces those that do not say `over_temporary`. `swap` is the swap it came from, if any.
    """

    class Kind(models.TextChoices):
        COVER = "cover"
        REPLACE = "replace"
        ADD = "add"
        REMOVE = "remove"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="overrides")
    role = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.COVER)
    start = models.DateTimeField()
    end = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="overrides")
    instead_of = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    over_temporary = models.BooleanField(default=False, db_default=False)
    swap = models.ForeignKey(
        "oncall.Swap",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="overrides",
        editable=False,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="override_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(kind="replace", instead_of__isnull=False)
                | (~Q(kind="replace") & Q(instead_of__isnull=True)),
                name="only_replace_names_whom_it_replaces",
            ),
        ]
        # The overrides that touch a range of one schedule.
        indexes = [
            models.Index(
                fields=["schedule", "start", "end"],
                condition=Q(cancelled_at__isnull=True),
                name="override_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.user} on {self.schedule} {self.role}"


class TemporarySchedule(models.Model):
    """A span in which its own shifts replace everything the schedule says."""

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="temporaries")
    start = models.DateTimeField()
    end = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="temporary_ends_after_it_starts")
        ]

    def __str__(self) -> str:
        return f"temporary {self.schedule} from {self.start:%Y-%m-%d %H:%M}"


class TemporaryShift(models.Model):
    temporary = models.ForeignKey(TemporarySchedule, on_delete=models.CASCADE, related_name="shifts")
    role = models.CharField(max_length=40)
    start = models.DateTimeField()
    end = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")), name="temporary_shift_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} from {self.start:%Y-%m-%d %H:%M}"
