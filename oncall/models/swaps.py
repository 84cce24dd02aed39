"""Shifts that somebody asks others to carry."""

from django.db import models
from django.db.models import F, Q

from oncall.models.schedules import Schedule
from people.models import User


class Swap(models.Model):
    """`giver` asks the team, or `offered_to` alone, to carry `role` from `start` to `end` instead of them.

    Until somebody has taken it, and where the team wants that a manager has approved it, the giver stays on.
    """

    class State(models.TextChoices):
        OPEN = "open", "nobody has taken it yet"
        TAKEN = "taken", "somebody took it, and a manager has yet to approve"
        DONE = "done", "who took it carries it"
        DECLINED = "declined", "a manager, or the one person asked, said no"
        WITHDRAWN = "withdrawn", "the giver took it back"
        EXPIRED = "expired", "nobody took it before it ended"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="swaps")
    role = models.CharField(max_length=40)
    giver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="swaps_given")
    start = models.DateTimeField()
    end = models.DateTimeField()
    offered_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)  # “take me off now”
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="swaps_taken"
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    wake_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="swap_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(state__in=["taken", "done"]) | Q(taker__isnull=False, taken_at__isnull=False),
                name="a_taken_swap_names_its_taker",
            ),
        ]
        # The keeper: which swaps are to be reminded of, or have run out.
        indexes = [
            models.Index(fields=["wake_at", "id"], condition=Q(wake_at__isnull=False), name="swap_due")
        ]

    def __str__(self) -> str:
        return f"{self.giver}'s {self.role} of {self.schedule} from {self.start:%Y-%m-%d %H:%M} UTC"
