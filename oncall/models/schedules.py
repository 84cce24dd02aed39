"""A schedule, its versions and the holidays it counts by."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q

from people.models import Team, User, validate_time_zone

USUAL_REMINDERS = (timedelta(days=7), timedelta(days=1), timedelta(hours=1))
USUAL_CONFIRM_WITHIN = timedelta(hours=4)


class Schedule(models.Model):
    """Who is on call for something. What it says lives in its versions.

    `revision` grows with every change of what it says or of what lies over it, under the schedule's lock
    (`oncall.actions.spans.changed`). `wake_at` is when the keeper has to look at it again
    (`oncall.handoffs`); handoffs up to `handoffs_until` are recorded. `reminders` are seconds before a shift
    at which its person is told of it (None: the usual ones); a handoff that nobody confirms within
    `confirm_within` (None: the usual time) is told to the team's managers.

    Its shifts stand in slots as they were at `published_revision`, at `published_at`, without the people in
    `published_without`, who had left (`oncall.actions.slots`); `slots_revision` grows as the slots change.
    Where that failed it is tried again at `publish_after`, and where nobody could be told of a change, at
    `tell_after`.
    """

    name = models.CharField(max_length=100, unique=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reminders = models.JSONField(null=True, blank=True)
    confirm_within = models.DurationField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    revision = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    wake_at = models.DateTimeField(null=True, blank=True, editable=False)
    handoffs_until = models.DateTimeField(null=True, blank=True, editable=False)
    published_revision = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_without = models.JSONField(null=True, blank=True, editable=False)
    publish_after = models.DateTimeField(null=True, blank=True, editable=False)
    tell_after = models.DateTimeField(null=True, blank=True, editable=False)
    slots_revision = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        # The keeper: which schedules are to be looked at now.
        indexes = [
            models.Index(fields=["wake_at", "id"], condition=Q(wake_at__isnull=False), name="schedule_due")
        ]

    def __str__(self) -> str:
        return self.name


class ScheduleVersion(models.Model):
    """What a schedule says from `effective_from` until the next version begins.

    A version that has begun is never changed: people were paged, and are paid, by it.
    `definition` is the JSON form of `oncall.core.definition.Definition`, with user ids.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="versions")
    effective_from = models.DateTimeField()
    time_zone = models.CharField(max_length=64, validators=[validate_time_zone])
    holidays = models.CharField(max_length=16, blank=True)
    definition = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    participants = models.ManyToManyField(User, through="Participation", related_name="schedule_versions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "effective_from"], name="one_version_at_an_instant")
        ]

    def __str__(self) -> str:
        return f"{self.schedule} from {self.effective_from:%Y-%m-%d %H:%M}"


class Participation(models.Model):
    """A person named by a version: keeps the person's row, and finds a person's schedules."""

    version = models.ForeignKey(ScheduleVersion, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "user"], name="one_participation_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.version}"


class HolidayDate(models.Model):
    """A holiday of a calendar, kept as a row, so that a library's update does not rewrite the past."""

    calendar = models.CharField(max_length=16)
    date = models.DateField()
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "date"], name="one_holiday_per_day")]

    def __str__(self) -> str:
        return f"{self.date} {self.name} ({self.calendar})"
