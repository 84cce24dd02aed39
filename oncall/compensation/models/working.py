"""Work beside standby: corrected call-outs, time in lieu, and what people were told about either."""

from django.db import models
from django.db.models import F, Q

from people.models import User


class Correction(models.Model):
    """The true times of one engagement, or that it was none, in force once somebody else approved it.

    `page` is the id of the engagement's first page, by which it is found, and `about_at` when that left; both
    None: nobody was paged, as where a colleague phoned. `start` and `end` None: it counts for nothing.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        APPROVED = "approved"
        DECLINED = "declined"
        DROPPED = "dropped", "no longer asked for, or replaced"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="call_out_corrections")
    page = models.BigIntegerField(null=True, blank=True)
    about_at = models.DateTimeField(null=True, blank=True)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "correction of a call-out"
        verbose_name_plural = "corrections of call-outs"
        constraints = [
            models.CheckConstraint(
                condition=Q(start=None, end=None) | Q(end__gte=F("start")), name="correction_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(page__isnull=False, about_at__isnull=False)
                | Q(page=None, about_at=None, start__isnull=False),
                name="a_correction_is_of_a_page_or_has_times",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | (~Q(decided_by=F("user")) & ~Q(decided_by=F("asked_by"))),
                name="nobody_approves_their_own_work",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at=None)
                | (~Q(state="asked") & Q(decided_at__isnull=False)),
                name="a_correction_is_decided_once",
            ),
            models.UniqueConstraint(
                fields=["user", "page"], condition=Q(state="asked"), name="one_correction_asked_for"
            ),
            models.UniqueConstraint(
                fields=["user", "page"], condition=Q(state="approved"), name="one_correction_in_force"
            ),
        ]

    def __str__(self) -> str:
        about = f"page {self.page}" if self.page is not None else "without a page"
        return f"{self.user}, {about}: {self.why}"


class LieuUse(models.Model):
    """Time off taken, or to be taken, at `at` out of what being called out has earned; minutes."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="lieu_uses")
    at = models.DateTimeField()
    minutes = models.PositiveIntegerField()
    why = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(minutes__gt=0), name="time_off_is_some_time")]
        indexes = [models.Index(fields=["user", "at"], name="lieu_use_of")]

    def __str__(self) -> str:
        return f"{self.minutes} min off for {self.user} at {self.at:%Y-%m-%d %H:%M}"


class Told(models.Model):
    """Somebody was told of something, once: a rest, time off that is about to be lost."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "about"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.about}"
