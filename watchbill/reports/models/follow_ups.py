"""What somebody is to do about an alert that was noise, and by when."""

from django.db import models
from django.db.models import Q

from people.models import Team, User


class FollowUp(models.Model):
    """About one alert key of one service, named as reports name them. `outcome`: what came of it."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="load_follow_ups")
    service = models.CharField(max_length=100)
    key = models.CharField(max_length=120)
    what = models.CharField(max_length=300)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="load_follow_ups")
    due = models.DateField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "follow-up"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "service", "key"],
                condition=Q(done_at=None),
                name="one_open_follow_up_of_an_alert",
                violation_error_message="There is an open follow-up about this alert already.",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="a_follow_up_is_done_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "due"], condition=Q(done_at=None), name="load_follow_up_open")
        ]

    def __str__(self) -> str:
        return f"{self.key} of {self.service}: {self.what}"
