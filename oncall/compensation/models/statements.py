"""What somebody is owed for a month, how it came to be final, and what was said about it."""

from django.db import models
from django.db.models import F, Q

from people.models import User


class Statement(models.Model):
    """One person's month: from its first midnight to the next month's, by their clock.

    A draft is reckoned anew as often as anybody asks; one that is approved stands as it was approved, until
    it is locked or returned to a draft; a locked one never changes again.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        LOCKED = "locked"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="statements")
    month = models.DateField(help_text="The first day of it.")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    warnings = models.JSONField(default=list)
    reckoned_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "month"], name="one_statement_a_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="a_statement_begins_its_month"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("user")),
                name="nobody_approves_their_own_pay",
            ),
            models.CheckConstraint(
                condition=Q(locked_by=None) | ~Q(locked_by=F("user")), name="nobody_locks_their_own_pay"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", approved_at=None, locked_at=None)
                | Q(state="approved", approved_at__isnull=False, locked_at=None)
                | Q(state="locked", approved_at__isnull=False, locked_at__isnull=False),
                name="a_statement_is_approved_before_it_is_locked",
            ),
        ]
        indexes = [models.Index(fields=["month", "state"], name="statement_month")]

    def __str__(self) -> str:
        return f"{self.user}, {self.month:%B %Y}"


class StatementLine(models.Model):
    """One line of a statement, as `oncall.compensation.core.line.Line` has it.

    `exact` is what is owed before it was rounded, as a fraction (“3200/47”); `pages` are ids of pages;
    `override_id` is the override that put the person there.
    """

    statement = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    plan = models.CharField(max_length=100)
    band = models.CharField(max_length=100, blank=True)
    schedule = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=40, blank=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    rate = models.CharField(max_length=200, blank=True)
    exact = models.CharField(max_length=100)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    lieu_minutes = models.IntegerField(default=0)
    lieu_expires = models.DateTimeField(null=True, blank=True)
    override = models.CharField(max_length=40, blank=True)
    pages = models.JSONField(default=list)
    because = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "position"], name="one_line_at_a_position")
        ]
        # Time in lieu: what was credited.
        indexes = [
            models.Index(fields=["statement"], condition=~Q(lieu_minutes=0), name="line_with_time_in_lieu")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.band} {self.amount} {self.currency}"


class Adjustment(models.Model):
    """What is added to, or with a minus taken from, a month that is not locked, and why.

    `about` is the month it makes good, where that is another one. `found` are those that Watchbill found when
    it reckoned a locked month anew; the others somebody entered.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="pay_adjustments")
    month = models.DateField()
    about = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)
    lieu_minutes = models.IntegerField(default=0)
    why = models.CharField(max_length=500)
    found = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="an_adjustment_is_of_a_month"),
            models.CheckConstraint(condition=~Q(why=""), name="an_adjustment_says_why"),
            models.CheckConstraint(
                condition=Q(created_by=None) | ~Q(created_by=F("user")), name="nobody_adjusts_their_own_pay"
            ),
        ]
        indexes = [models.Index(fields=["user", "month"], name="adjustment_of_month")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} for {self.user} in {self.month:%B %Y}"


class Dispute(models.Model):
    """The person paid says that a line is wrong. `line` is what it said then; `start` and `kind` find it."""

    class State(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="disputes")
    kind = models.CharField(max_length=12)
    start = models.DateTimeField()
    line = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="an_open_dispute_is_not_closed",
            ),
            models.UniqueConstraint(
                fields=["statement", "kind", "start", "line"],
                condition=Q(state="open"),
                name="one_open_dispute_of_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement}: {self.line}"


class DisputeMessage(models.Model):
    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="messages")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField()

    def __str__(self) -> str:
        return f"{self.by}: {self.text[:60]}"
