"""Where a schedule announces who is on call, and when."""

from django.db import models
from django.db.models import Q

from oncall.core.announcing import read_days, when
from oncall.models.schedules import Schedule
from people.models import User


class Announcement(models.Model):
    """A schedule tells a room of people, or a webhook, who is on call: at `at` on each of `days` (“mon,wed”,
    the schedule's own clock), or, where `at` is None, whenever it changes.

    `recipient` stands for the room or the webhook on the paging floor, and is nobody. `next_at` is when it is
    due, or to be looked at again; that holds as long as the schedule has the `revision` it was reckoned from.
    `said` is who was on call (users by role) when that was last said, or first looked at; `said_at` when
    it was said. Where it failed it is tried again at `tell_after`.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="announcements")
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    days = models.CharField(max_length=27, blank=True)
    at = models.TimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    revision = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    said = models.JSONField(null=True, blank=True, editable=False)
    said_at = models.DateTimeField(null=True, blank=True, editable=False)
    tell_after = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(at__isnull=True, days="") | (Q(at__isnull=False) & ~Q(days="")),
                name="announced_at_a_time_or_on_change",
            ),
            models.UniqueConstraint(
                fields=["schedule", "recipient", "days", "at"],
                condition=Q(retired_at__isnull=True),
                name="one_announcement_at_a_time",
            ),
            models.UniqueConstraint(
                fields=["schedule", "recipient"],
                condition=Q(retired_at__isnull=True, at__isnull=True),
                name="one_announcement_on_change",
            ),
        ]
        # The keeper: what is to be said or looked at now.
        indexes = [
            models.Index(fields=["next_at"], condition=Q(retired_at__isnull=True), name="announcement_due")
        ]

    def __str__(self) -> str:
        return f"{self.schedule} to {self.recipient}, {self.when}"

    @property
    def on_change(self) -> bool:
        return self.at is None

    @property
    def when(self) -> str:
        """“on change”, “daily 09:00”, “Mon, Wed 09:00”."""
        return when(read_days(self.days), self.at)
