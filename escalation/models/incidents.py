"""What people respond to, and when to look at it again."""

from django.db import models
from django.db.models import F, Q

from escalation.core import flapping
from escalation.core.incident import QUIETS
from escalation.core.label import IN_WORDS, Label
from escalation.core.moves import answers
from escalation.models.services import Service
from people.models import User


class Incident(models.Model):
    """What people respond to. `wake_at` is when the engine has to look at it again.

    The machine's state (`escalation.core.incident.State`) lies in columns. `policy` is the frozen
    policy (`escalation.core.policy.Policy` as JSON), so that an edit never changes a running incident.
    `picked` holds, of each list that is asked in turn (`escalation.core.turns.Key`), whom it asked last.
    """

    class Status(models.TextChoices):
        TRIGGERED = "triggered"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"

    class Turn(models.IntegerChoices):
        """Which of those that are due is decided first."""

        FIRST = 0, "the first of its service for a while"
        MORE = 1, "one more of its service"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="incidents", db_index=False)
    title = models.CharField(max_length=1024)
    severity = models.CharField(max_length=5)
    urgency = models.CharField(max_length=4)
    status = models.CharField(max_length=12, choices=Status, default=Status.TRIGGERED)
    policy = models.JSONField()
    recurred = models.BooleanField(default=False)
    episodes = models.PositiveIntegerField(
        default=1, db_default=1, help_text="How often its alert came within 24 hours, this time included."
    )
    alert_count = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Alerts that it was opened for or that joined it."
    )
    grouped_as = models.CharField(
        max_length=64,
        default="",
        db_default="",
        blank=True,
        editable=False,
        help_text="Of a service that groups: what its alerts have in common, while others may join it.",
    )

    triggered_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="acknowledged_incidents"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged",
        db_index=False,
        editable=False,
    )

    label = models.CharField(
        max_length=9,
        choices=[(one.value, IN_WORDS[one]) for one in Label],
        blank=True,
        default="",
        db_default="",
        help_text="What whoever ended it says of it: was there anything to do?",
    )
    labelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    labelled_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        editable=False,
    )

    cycle = models.PositiveIntegerField(default=0, help_text="How often it started at step one.")
    repeat = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0, help_text="The next step of the sequence to run.")
    step_at = models.DateTimeField(null=True, blank=True)
    hold_until = models.DateTimeField(null=True, blank=True)
    raise_at = models.DateTimeField(null=True, blank=True)
    reached = models.BooleanField(default=False)
    managers_paged = models.BooleanField(default=False)
    outside_from = models.DateTimeField(null=True, blank=True)
    outside_done = models.JSONField(default=list, blank=True)
    outside_passed = models.JSONField(null=True, blank=True)
    answered = models.JSONField(null=True, blank=True, help_text="Ids of those who have acknowledged.")
    added = models.PositiveIntegerField(default=0, db_default=0, help_text="Responders added by hand.")
    parked_reason = models.CharField(max_length=40, blank=True)
    quiet_until = models.DateTimeField(null=True, blank=True, help_text="Nobody is paged before this.")
    quiet_reason = models.CharField(max_length=40, blank=True, default="", db_default="")
    wake_at = models.DateTimeField(null=True, blank=True)
    picked = models.JSONField(null=True, blank=True, editable=False)
    turn = models.PositiveSmallIntegerField(
        choices=Turn, default=Turn.MORE, db_default=Turn.MORE, editable=False
    )
    resolve_at = models.DateTimeField(
        null=True, blank=True, help_text="Not before this does it end by itself, if nothing is heard of it."
    )

    class Meta:
        constraints = [
            # An open, unacknowledged incident that nobody will look at again is an alarm, not a state.
            models.CheckConstraint(
                condition=~Q(status="triggered") | Q(wake_at__isnull=False) | ~Q(parked_reason=""),
                name="triggered_incident_wakes_or_is_parked",
            ),
            # What is kept from paging has an end.
            models.CheckConstraint(
                condition=~Q(parked_reason__in=sorted(one.value for one in QUIETS))
                | Q(quiet_until__isnull=False),
                name="quiet_incident_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(status="resolved") | Q(wake_at__isnull=True, resolved_at__isnull=False),
                name="resolved_incident_sleeps",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | (Q(status="resolved") & ~Q(merged_into=F("id"))),
                name="merged_incident_is_over",
            ),
            # Of two alerts of a group that come at once, one opens the incident and the other finds it.
            models.UniqueConstraint(
                fields=["service", "grouped_as"],
                condition=~Q(status="resolved") & ~Q(grouped_as=""),
                name="one_open_incident_of_a_group",
            ),
        ]
        indexes = [
            # The engine: what is due now. Resolved incidents are not in it.
            models.Index(fields=["wake_at", "id"], condition=Q(wake_at__isnull=False), name="incident_due"),
            # The engine: of one turn, what is due now, oldest first.
            models.Index(
                fields=["turn", "wake_at", "id"], condition=Q(wake_at__isnull=False), name="incident_turn"
            ),
            # What ends by itself: what may be over now.
            models.Index(
                fields=["resolve_at", "id"],
                condition=Q(resolve_at__isnull=False) & ~Q(status="resolved"),
                name="incident_unheard",
            ),
            # Pages for people: what is open.
            models.Index(fields=["-triggered_at"], condition=~Q(status="resolved"), name="incident_open"),
            models.Index(fields=["service", "-triggered_at"], name="incident_of_service"),
            # An incident's page: which were merged into it.
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="incident_merged"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def wanted(self) -> int:
        """So many people have to acknowledge."""
        return int(self.policy.get("acknowledgements", 1))

    @property
    def progress(self) -> str:
        """“1 of 2: one more is needed”, once somebody has acknowledged and that is not enough."""
        given = len(self.answered or ())
        some = self.status == self.Status.TRIGGERED and self.wanted > 1 and given
        return answers(given, self.wanted) if some else ""

    @property
    def also(self) -> int:
        """How many are on it beside `acknowledged_by`, where that took more than one."""
        taken = self.status == self.Status.ACKNOWLEDGED and self.wanted > 1 and self.acknowledged_by_id
        return len(set(self.answered or ()) - {self.acknowledged_by_id}) if taken else 0

    def is_answered_by(self, user: User) -> bool:
        """Whether they are one of several who have acknowledged, or have to."""
        open_ = self.status != self.Status.RESOLVED
        return open_ and self.wanted > 1 and user.pk in (self.answered or ())

    @property
    def flapping(self) -> str:
        """“flapping: 4th time in 24 h”; empty where it is not."""
        return flapping.in_words(self.episodes)
