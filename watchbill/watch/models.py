"""When an engine last looked and a web last listened; what was unwell with the site, from when to when, and
who was told.
"""

from datetime import UTC

from django.db import models
from django.db.models import Q


class Look(models.Model):
    """`at` is when an engine last looked for due rows and got an answer (`watchbill.watch.pulse`), or when a
    web last listened (`watchbill.watch.hearing`): a row each, by the database's clock.
    """

    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"


class Trouble(models.Model):
    """One stretch of being unwell. `kind` is of `watchbill.watch.unwell`: "engine", "broker",
    "provider:twilio", "clock:db1". All times are the database's.

    `found_at` is when a process first saw it, `seen_at` when one last did, `ended_at` the same once it is
    over. Of one that is over and that nobody was told of, no row is kept.
    """

    kind = models.CharField(max_length=100)
    title = models.CharField("what", max_length=200)
    what = models.CharField("last said", max_length=600)
    began_at = models.DateTimeField("since")
    found_at = models.DateTimeField("first seen")
    seen_at = models.DateTimeField("last seen")
    told_at = models.DateTimeField("people told", null=True, blank=True)
    ended_at = models.DateTimeField("until", null=True, blank=True)

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

    @property
    def span(self) -> str:
        """From when it was unwell to when that was last seen: “2026-11-21 10:03 to 10:20 UTC”."""
        begins, ends = self.began_at.astimezone(UTC), self.seen_at.astimezone(UTC)
        to = "%H:%M" if begins.date() == ends.date() else "%Y-%m-%d %H:%M"
        return f"{begins:%Y-%m-%d %H:%M} to {ends:{to}} UTC"
