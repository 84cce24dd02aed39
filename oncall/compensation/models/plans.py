"""What is paid, to whom, from which day to which, and which days are holidays beyond the calendar's."""

from django.db import models
from django.db.models import F, Q

from people.models import Team, User


class PayPlan(models.Model):
    """A name and a currency (ISO 4217). What it pays lives in its versions."""

    name = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class PlanVersion(models.Model):
    """What a plan pays from `effective_from` (None: always) until `effective_until`, exclusive, or until the
    next version begins. The days are those of each person's own clock.

    `terms` is the JSON form of `oncall.compensation.core.terms.Terms`.
    """

    plan = models.ForeignKey(PayPlan, on_delete=models.PROTECT, related_name="versions")
    effective_from = models.DateField(null=True, blank=True)
    effective_until = models.DateField(null=True, blank=True)
    terms = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "effective_from"], name="one_plan_version_a_day"),
            models.UniqueConstraint(
                fields=["plan"], condition=Q(effective_from=None), name="one_plan_version_from_always"
            ),
            models.CheckConstraint(
                condition=Q(effective_from=None)
                | Q(effective_until=None)
                | Q(effective_until__gt=F("effective_from")),
                name="plan_version_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} from {self.effective_from or 'always'}"


class Assignment(models.Model):
    """Who is paid by a version: one person, those of a team, or those of a place (a holiday calendar such as
    GB, or a part of one such as US-NY). A person's own comes before their place's, and that before a team's.

    In force while its version is, and from `since` until `until` where they say so.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="pay_plans")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="pay_plans")
    place = models.CharField(max_length=16, blank=True)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, team=None, place="")
                | Q(user=None, team__isnull=False, place="")
                | (Q(user=None, team=None) & ~Q(place="")),
                name="a_person_a_team_or_a_place_is_paid",
            ),
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gt=F("since")),
                name="assignment_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.team or self.place} by {self.version}"


class CompanyDay(models.Model):
    """A day that differs from the holiday calendar: a holiday of the company's own, whole or from `start` to
    `end` by each person's clock (midnight to midnight: the whole day), or one that is worked all the same.

    `calendar` is whose day it is: empty for everybody, else GB or US-NY.
    """

    calendar = models.CharField("holiday calendar", max_length=16, blank=True)
    date = models.DateField()
    name = models.CharField(max_length=200)
    start = models.TimeField(default="00:00")
    end = models.TimeField(default="00:00", help_text="00:00 is the end of the day.")
    worked = models.BooleanField("worked all the same", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="one_company_day"),
            models.CheckConstraint(
                condition=Q(end="00:00") | Q(end__gt=F("start")), name="company_day_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


class PayBudget(models.Model):
    """What a team may spend on being on call in a month, from the month that begins with `since` on."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="pay_budgets")
    since = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=4)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "since", "currency"], name="one_pay_budget_a_month"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="pay_budget_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} a month for {self.team} from {self.since}"
