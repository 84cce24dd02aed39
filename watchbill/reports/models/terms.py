"""What a team finds bearable, and when and to whom its report is sent."""

from datetime import time

from django.db import models
from django.db.models import Q

from people.models import Team, User


class Terms(models.Model):
    """One version of a team's thresholds: what differs from the usual, as `core.thresholds.write_thresholds`
    has it. The newest is in force; a version never changes.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="load_terms")
    number = models.PositiveIntegerField()
    thresholds = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "thresholds"
        verbose_name_plural = "thresholds"
        constraints = [models.UniqueConstraint(fields=["team", "number"], name="load_terms_have_a_number")]

    def __str__(self) -> str:
        return f"thresholds of {self.team}, version {self.number}"


class Mailing(models.Model):
    """When a team's report is made, by the team's clock, and who gets it: its managers, where
    nobody is named.

    A team without a row has what a new one says. `weekday` 0 is Monday. `next_at`: when the next one is due;
    None where that has to be told anew. `shifts_until`: reports after shifts are made of those that ended
    later than this; `shifts_at`: when they are next looked for.
    """

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="load_mailing")
    weekday = models.PositiveSmallIntegerField(default=0)
    at = models.TimeField(default=time(9))
    to = models.ManyToManyField(User, related_name="+", blank=True)
    after_shift = models.BooleanField(
        default=True, help_text="Whoever carried a shift with a page in it is sent what it was like."
    )
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    shifts_until = models.DateTimeField(null=True, blank=True, editable=False)
    shifts_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "pager-load report"
        constraints = [models.CheckConstraint(condition=Q(weekday__lte=6), name="load_mailing_has_a_weekday")]
        indexes = [models.Index(fields=["next_at"], name="load_mailing_due")]

    def __str__(self) -> str:
        return f"pager-load report of {self.team}"
