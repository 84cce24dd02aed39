"""What a team's managers were last told about the weeks ahead."""

from django.db import models

from people.models import Team


class WeeklyAdvice(models.Model):
    """One row for each team. `wake_at` is when its managers are next told, Monday 09:00 in the team's zone.

    `week` is the ISO week that was last looked at (“2026-W48”), whether there was something to say or not.
    """

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="weekly_advice")
    wake_at = models.DateTimeField(db_index=True)
    week = models.CharField(max_length=8, blank=True)

    class Meta:
        verbose_name_plural = "weekly advice"

    def __str__(self) -> str:
        return f"advice to {self.team}"
