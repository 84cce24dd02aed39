"""When a person is away, entered by hand or read from a calendar of theirs."""

from django.db import models
from django.db.models import F, Q

from people.models import User


class TimeOff(models.Model):
    """Days a person is away, first day included, `end` not, in the person's own zone.

    `starts_at` and `ends_at`, where given, are the very hours, as an event of a calendar may say them; the
    days are then those it touches. `calendar` and `uid` name the event of a subscribed calendar.
    `checked_at` is when the keeper last looked for shifts that fall on it.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="time_off")
    start = models.DateField()
    end = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True, editable=False)
    calendar = models.ForeignKey(
        "oncall.AwayCalendar",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="time_off",
        editable=False,
    )
    uid = models.CharField(max_length=255, blank=True, db_default="", editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "time off"
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="time_off_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="hours_of_time_off_end_after_they_start",
            ),
        ]
        # The keeper: time off that is still ahead, and was not looked at of late.
        indexes = [
            models.Index(
                fields=["end", "checked_at"],
                condition=Q(cancelled_at__isnull=True),
                name="time_off_to_check",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} away {self.start} to {self.end}"


class ConflictTold(models.Model):
    """A shift that falls on time off, of which its person was told: once for ever. `begins` names it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey("oncall.Schedule", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=40)
    begins = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "begins", "schedule", "role"], name="one_telling_of_a_conflict"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} from {self.begins:%Y-%m-%d %H:%M}"


class AwayCalendar(models.Model):
    """A person's own calendar somewhere else (iCalendar), of which each event is time off.

    `address` is often a secret. `words`, where given, is what an event's title must contain to count. While
    the other end does not answer, what was read at `good_at` stands.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="away_calendars")
    address = models.CharField(max_length=2000)
    words = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    wake_at = models.DateTimeField(null=True, blank=True, editable=False)
    fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    good_at = models.DateTimeField(null=True, blank=True, editable=False)
    etag = models.CharField(max_length=200, blank=True, editable=False)
    fault = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "address"],
                condition=Q(removed_at__isnull=True),
                name="one_subscription_per_address",
            )
        ]
        # Which calendars are to be read now.
        indexes = [
            models.Index(
                fields=["wake_at", "id"], condition=Q(wake_at__isnull=False), name="away_calendar_due"
            )
        ]

    def __str__(self) -> str:
        return f"time off of {self.user}"
