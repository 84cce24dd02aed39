"""Calendar addresses, and what calendars were shown."""

import uuid

from django.db import models
from django.db.models import Q

from oncall.models.schedules import Schedule
from people.models import Team, User


class Feed(models.Model):
    """A secret calendar address of one person, one schedule or one team; `gaps`: only what nobody carries.

    `alarm_minutes`, where given, is how long before a shift the calendar program is to ring.

    The token is derived from the site's secret and `nonce` (`oncall.actions.feeds`), and only its digest is
    kept, so that a stolen database alone reads nobody's calendar.

    The last whole answer had the digest `etag`, first given at `modified_at`. While what it `rests_on` is the
    same (`people` are those it looked at) and it is not yet `fresh_until`, another would be the same.
    """

    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds")
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds"
    )
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="feeds")
    gaps = models.BooleanField(default=False, db_default=False)
    alarm_minutes = models.PositiveIntegerField(null=True, blank=True)
    nonce = models.UUIDField(default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_user_agent = models.CharField(max_length=200, blank=True, editable=False)
    etag = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    modified_at = models.DateTimeField(null=True, blank=True, editable=False)
    rests_on = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    people = models.JSONField(null=True, blank=True, editable=False)
    fresh_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, schedule__isnull=True, team__isnull=True, gaps=False)
                | Q(user__isnull=True, schedule__isnull=False, team__isnull=True)
                | Q(user__isnull=True, schedule__isnull=True, team__isnull=False)
                | Q(user__isnull=True, schedule__isnull=True, team__isnull=True, gaps=True),
                name="feed_is_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="one_live_feed_per_person"
            ),
            models.UniqueConstraint(
                fields=["schedule", "gaps"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_feed_per_schedule",
            ),
            models.UniqueConstraint(
                fields=["team", "gaps"], condition=Q(revoked_at__isnull=True), name="one_live_feed_per_team"
            ),
            models.UniqueConstraint(
                fields=["gaps"],
                condition=Q(
                    revoked_at__isnull=True, user__isnull=True, schedule__isnull=True, team__isnull=True
                ),
                name="one_live_feed_of_all_gaps",
            ),
        ]

    def __str__(self) -> str:
        return (
            f"calendar of {'gaps of ' if self.gaps else ''}{self.user or self.schedule or self.team or 'all'}"
        )


class Slot(models.Model):
    """A shift as calendars were last shown it, so that they can be told what became of it.

    Named for ever by schedule, role, start and `place` (which one it is of those that begin at once); who
    holds it (`user` None: nobody), until when, and by which kind of override may change. `sequence` counts
    its changes, the last at `changed_at`; `cancelled_at` is when it ceased to be.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="slots")
    role = models.CharField(max_length=40)
    start = models.DateTimeField()
    place = models.PositiveSmallIntegerField(default=0)
    end = models.DateTimeField()
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    override = models.CharField(max_length=12, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "role", "start", "place"], name="one_slot_per_name")
        ]
        # What calendars show: the slots of a schedule that ended lately, or have yet to.
        indexes = [models.Index(fields=["schedule", "end"], name="slot_shown")]

    def __str__(self) -> str:
        return f"{self.role} from {self.start:%Y-%m-%d %H:%M}"


class ShiftChange(models.Model):
    """What changed for one slot, from (`before_...`) and to (`after_...`), until its people have been told.

    A user of None was, or is, nobody; no `before_end`: the slot was not there; no `after_end`: it is gone.
    `by` is who made the change, if one person or program did, and `why` what they said.
    """

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    before_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    before_end = models.DateTimeField(null=True, blank=True)
    after_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    after_end = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=200, blank=True, default="", db_default="")
    why = models.TextField(blank=True, default="", db_default="")
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # What the keeper has yet to tell.
        indexes = [models.Index(fields=["at"], condition=Q(told_at__isnull=True), name="shift_change_untold")]

    def __str__(self) -> str:
        return f"change of {self.slot}"
