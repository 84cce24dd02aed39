"""Whom to page, in which order, and how often."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from oncall.models import Schedule
from people.models import Team, User

MOST_REPEATS = 100

MOST_ACKNOWLEDGEMENTS = 20


class EscalationPolicy(models.Model):
    """Whom to page, in which order, how often. Frozen into an incident when it triggers."""

    name = models.CharField(max_length=100, unique=True)
    repeat = models.PositiveSmallIntegerField(default=0, help_text="How often the steps run again.")
    acknowledgements = models.PositiveSmallIntegerField(
        default=1,
        db_default=1,
        help_text="So many people have to acknowledge; until then, paging goes on for the others.",
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "escalation policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledgements__range=(1, MOST_ACKNOWLEDGEMENTS)),
                name="a_policy_wants_an_acknowledgement",
                violation_error_message=f"From 1 to {MOST_ACKNOWLEDGEMENTS} people have to acknowledge.",
            ),
            models.CheckConstraint(
                condition=Q(repeat__lte=MOST_REPEATS),
                name="a_policy_repeats_for_a_while",
                violation_error_message=f"A policy runs again 0 to {MOST_REPEATS} times.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Webhook(models.Model):
    """A machine that steps tell, by its name. `recipient` stands for it on the paging floor, and is nobody:
    its contact method holds the address and the secret that signs what is posted.
    """

    recipient = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="+")
    name = models.CharField(max_length=100, unique=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Step(models.Model):
    """Pages its targets, then waits `timeout`. One with `after` stands outside the sequence:
    it pages that long after the first trigger, once, also when acknowledged, until resolved.

    It pages only at the `severities` (none: at any), and only in or outside of the service's support hours
    where `hours` says so (`escalation.core.condition`).
    """

    class Hours(models.TextChoices):
        ANY = "", "at any time"
        SUPPORT = "support", "in support hours"
        OUTSIDE = "outside", "outside support hours"

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    timeout = models.DurationField(null=True, blank=True, help_text="Wait this long for an acknowledgement.")
    after = models.DurationField(null=True, blank=True, help_text="Instead: this long after the trigger.")
    severities = models.JSONField(null=True, blank=True, help_text="A list, such as SEV-1 and SEV-2.")
    hours = models.CharField(max_length=10, choices=Hours, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "position"], name="one_step_per_position"),
            models.CheckConstraint(
                condition=Q(timeout__gt=timedelta(0), after__isnull=True)
                | Q(timeout__isnull=True, after__gt=timedelta(0)),
                name="step_waits_or_stands_outside",
            ),
            models.CheckConstraint(
                condition=Q(hours__in=["", "support", "outside"]), name="a_step_asks_for_hours_that_there_are"
            ),
        ]

    def __str__(self) -> str:
        return f"step {self.position} of {self.policy}"


class Target(models.Model):
    """Whom a step pages: a schedule's role, a person, a team's members of a role, all or one in turn; or a
    webhook that it tells.
    """

    class Pick(models.TextChoices):
        ALL = "", "all of them"
        ROUND_ROBIN = "round_robin", "one of them, in turn"

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="targets")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(
        Webhook, null=True, blank=True, on_delete=models.PROTECT, related_name="targets"
    )
    role = models.CharField(
        max_length=40,
        blank=True,
        help_text="primary or secondary of a schedule; manager or responder of a team.",
    )
    pick = models.CharField(max_length=16, choices=Pick, blank=True, default=Pick.ALL, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pick="") | Q(team__isnull=False), name="only_of_a_team_one_is_picked"
            ),
            models.CheckConstraint(
                condition=Q(
                    schedule__isnull=False, user__isnull=True, team__isnull=True, webhook__isnull=True
                )
                | Q(schedule__isnull=True, user__isnull=False, team__isnull=True, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=False, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=True, webhook__isnull=False),
                name="target_is_one_thing_or_a_webhook",
            ),
        ]

    def __str__(self) -> str:
        if self.webhook is not None:
            return self.spelled(str(self.webhook), is_webhook=True)
        return self.spelled(str(self.schedule or self.user or self.team), self.role, self.pick)

    @staticmethod
    def spelled(name: str, role: str = "", pick: str = "", *, is_webhook: bool = False) -> str:
        """“Payments primary”, “ana”, “Platform responder in turn”, “webhook status page”."""
        if is_webhook:
            return f"webhook {name}"
        return " ".join(part for part in (name, role, "in turn" if pick else "") if part)


class TeamTurn(models.Model):
    """Of a team's members of a role (empty: all) who are asked one at a time: whom a new incident asked last.

    `last` is a username, and need not be a member's any more.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=40, blank=True)
    last = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "role"], name="one_turn_per_list")]

    def __str__(self) -> str:
        return f"turn of {self.team} {self.role}".rstrip()
