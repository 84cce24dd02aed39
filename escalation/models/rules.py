"""Alerts that page nobody before an end: suppress rules, and trials of new alert rules."""

import hashlib

from django.db import models
from django.db.models import F, Q

from escalation.models.services import Service
from oncall.models import Schedule
from people.models import User


class AlertRule(models.Model):
    """Alerts of a service that page nobody before `ends_at`, and who answers for that. A suppress rule keeps
    them quiet; a trial also writes up the pages they would have made, for the author of a new alert.

    `match` is {label: value}, with * for anything; `severities` are those it is about. `ended_at` is when it
    was over, early or not, as far as anybody has seen to that yet. Its owner has heard that it ends soon
    (`warned_at`) and that it is over (`told_at`); a trial's hears of its pages at `tell_at`.
    """

    class Kind(models.TextChoices):
        SUPPRESS = "suppress", "suppress rule"
        TRIAL = "trial", "trial"

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="alert_rules")
    kind = models.CharField(max_length=8, choices=Kind)
    match = models.JSONField()
    match_digest = models.CharField(max_length=64, editable=False)
    severities = models.JSONField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="alert_rules")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    tell_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("created_at")), name="alert_rule_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(ended_at__gte=F("created_at"), ended_at__lte=F("ends_at")),
                name="alert_rule_is_over_by_its_end",
            ),
            models.UniqueConstraint(
                fields=["service", "kind", "match_digest"],
                condition=Q(ended_at__isnull=True),
                name="one_alert_rule_per_match",
            ),
        ]
        indexes = [
            # Intake: what is in force for a service. The keeper: whose owner is to be told.
            models.Index(
                fields=["service", "ends_at"], condition=Q(ended_at__isnull=True), name="alert_rule_in_force"
            ),
            models.Index(fields=["ends_at"], condition=Q(told_at__isnull=True), name="alert_rule_to_tell"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @staticmethod
    def digest_of(match: str) -> str:
        """Of a match in its canonical spelling."""
        return hashlib.sha256(match.encode("utf-8", "surrogatepass")).hexdigest()


class RuleMatch(models.Model):
    """An alert that a rule kept quiet when it came, or found open. `reckoned_at`: of a trial's, that its
    would-be pages are written up.
    """

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="matches")
    alert = models.ForeignKey("Alert", on_delete=models.PROTECT, related_name="rule_matches")
    at = models.DateTimeField()
    last_at = models.DateTimeField()
    reckoned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "rule matches"
        constraints = [
            models.UniqueConstraint(fields=["rule", "alert"], name="an_alert_matches_a_rule_once"),
        ]
        indexes = [
            # The keeper: what is still to be written up.
            models.Index(fields=["id"], condition=Q(reckoned_at__isnull=True), name="rule_match_to_reckon")
        ]

    def __str__(self) -> str:
        return f"{self.alert} by {self.rule}"


class TrialPage(models.Model):
    """The first page that a trial's incident would have made to one person, at `at`, if nobody had answered.
    `schedule` and `role` are empty where a step names the person or a team.
    """

    match = models.ForeignKey(RuleMatch, on_delete=models.CASCADE, related_name="pages")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    asleep = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["match", "user"], name="one_trial_page_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.at}"
