"""Reports as they were when they were sent, and what became of each mail."""

import uuid

from django.db import models
from django.db.models import F, Q

from people.models import Team, User


class StoredReport(models.Model):
    """`body` is `watchbill.reports.core.report.LoadReport` as JSON, and is never changed. `uid` stands in its
    address. `about` is whose shift it is of, where it is one shift's; the colours count its shifts.
    """

    class Kind(models.TextChoices):
        WEEKLY = "weekly", "week"
        SHIFT = "shift", "shift"
        ASKED = "asked", "asked for"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="load_reports")
    kind = models.CharField(max_length=6, choices=Kind)
    about = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shift = models.CharField(
        max_length=160, blank=True, default="", help_text="Schedule and role, where it is one shift's."
    )
    since = models.DateTimeField()
    until = models.DateTimeField()
    made_at = models.DateTimeField()
    red = models.PositiveIntegerField()
    amber = models.PositiveIntegerField()
    green = models.PositiveIntegerField()
    pages = models.PositiveIntegerField()
    body = models.JSONField()

    class Meta:
        verbose_name = "report"
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="load_report_is_of_some_time"),
            # What makes one report of several machines that find it due.
            models.UniqueConstraint(
                fields=["team", "since", "until"],
                condition=Q(kind="weekly"),
                name="one_weekly_load_report",
            ),
            models.UniqueConstraint(
                fields=["team", "about", "shift", "until"],
                condition=Q(kind="shift"),
                name="one_load_report_of_a_shift",
            ),
        ]
        indexes = [models.Index(fields=["team", "kind", "-until"], name="load_report_of_team")]

    def __str__(self) -> str:
        return f"{self.team}, {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"


class Delivery(models.Model):
    """One mail of a report to one person. A KEPT one was not sent, since no mail is set up; it can be read at
    the report's address. One that failed is PENDING again, until it is given up.
    """

    class State(models.TextChoices):
        PENDING = "pending", "waiting for its time"
        SENT = "sent"
        KEPT = "kept", "kept: no mail is set up"
        GIVEN_UP = "given_up", "given up"

    report = models.ForeignKey(StoredReport, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["report", "user"], name="one_load_mail_a_person")]
        indexes = [models.Index(fields=["due_at", "id"], condition=Q(state="pending"), name="load_mail_due")]

    def __str__(self) -> str:
        return f"{self.report} to {self.user}"
