"""What was unwell with the site itself, from when to when, and whether people were told."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class Trouble(models.Model):
    """One stretch of being unwell. `kind` is of `watchbill.watch.unwell`: "engine", "broker",
    "provider:twilio", "clock:db1". All times are the database's.

    `found_at` is when a process first saw it, `seen_at` when one last did. Of one that is over and that
    nobody was told of, no row is kept.
    """

    kind = models.CharField(max_length=100)
    title = models.CharField(max_length=200)
    what = models.CharField("says", max_length=600)
    began_at = models.DateTimeField()
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField("last seen")
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # What makes one telling of ten processes that see the same.
            models.UniqueConstraint(
                fields=["kind"], condition=Q(ended_at=None), name="one_open_trouble_per_kind"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def cause(self) -> str:
        return f"trouble:{self.pk}"

    def lasted(self, now: datetime) -> str:
        """Such as “10:03 to 10:20 UTC”, with the day where it began on another one than today."""
        begins, ends = self.began_at, self.ended_at or now
        days = "%Y-%m-%d %H:%M" if begins.date() != now.date() else "%H:%M"
        return f"{begins:{days}} to {ends:%H:%M} UTC"
