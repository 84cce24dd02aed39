"""Rows of the oncall floor. Shifts are never stored: they are computed from versions and overrides."""

import uuid

from django.db import models
from django.db.models import F, Q

from people.models import Team, User, validate_time_zone


class Schedule(models.Model):
    """Who is on call for something. What it says lives in its versions."""

    name = models.CharField(max_length=100, unique=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules")
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

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


class Override(models.Model):
    """A change of who is on call for a span, laid over the base shifts, which are never edited.

    cover: `user` alone holds the role. replace: `user` where `instead_of` is on. add: `user` as well.
    remove: `user` not. One that has begun can be ended (its `end` moves to now), not deleted; one that
    has not begun is cancelled and leaves no trace in the roster, but stays in the ledger.
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


class TimeOff(models.Model):
    """Whole days a person is away, first day included, `end` not, in the person's own zone."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="time_off")
    start = models.DateField()
    end = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "time off"
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="time_off_ends_after_it_starts")
        ]

    def __str__(self) -> str:
        return f"{self.user} away {self.start} to {self.end}"


class Feed(models.Model):
    """A secret calendar address of one person or one schedule.

    The token is derived from the site's secret and `nonce` (`oncall.actions.feeds`), and only its digest is
    kept, so that a stolen database alone reads nobody's calendar.
    """

    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds")
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds"
    )
    nonce = models.UUIDField(default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_user_agent = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, schedule__isnull=True)
                | Q(user__isnull=True, schedule__isnull=False),
                name="feed_is_of_a_person_or_a_schedule",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="one_live_feed_per_person"
            ),
            models.UniqueConstraint(
                fields=["schedule"], condition=Q(revoked_at__isnull=True), name="one_live_feed_per_schedule"
            ),
        ]

    def __str__(self) -> str:
        return f"calendar of {self.user or self.schedule}"
