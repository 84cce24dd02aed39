"""What stands around the plans: days of the company, and budgets of teams."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from oncall.actions.refusal import Refused
from oncall.compensation.actions.budgets import remove_budget, set_budget
from oncall.compensation.actions.company_days import add_company_day, remove_company_day
from oncall.compensation.currencies import shown
from oncall.compensation.forms.around import BudgetForm, CompanyDayForm
from oncall.compensation.models import CompanyDay, PayBudget
from people import clock
from people.recorded import ByVerb, actor_of, teams_of, user_of


@admin.register(CompanyDay)
class CompanyDayAdmin(ByVerb):
    """They are of people in all teams: every manager sees them, and administrators write them."""

    form = CompanyDayForm
    refusals = (Refused,)
    list_display = ("date", "name", "whose", "hours", "worked")
    list_filter = ("worked", "calendar")
    search_fields = ("name",)
    date_hierarchy = "date"
    ordering = ("-date", "calendar")
    fields = (("date", "name"), "calendar", ("start", "end"), "worked")
    actions = page_actions = ("remove",)

    def team_of(self, row: CompanyDay) -> None:
        """None of its own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return user_of(request).is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser and super().has_change_permission(request, obj)

    def act_view(self, request: HttpRequest, object_id: int, action: str) -> Any:
        """The page of a day that is taken away is gone; the list is not."""
        answer = super().act_view(request, object_id, action)
        gone = answer.status_code == 302 and not CompanyDay.objects.filter(pk=object_id).exists()
        return self.response_post_save_change(request, None) if gone else answer

    def write(
        self, request: HttpRequest, row: CompanyDay | None, form: Any, formsets: Mapping[type, Any]
    ) -> CompanyDay:
        """A changed one is another one in its place."""
        by, now, given = actor_of(request), clock.now(), form.cleaned_data
        said = {name: given[name] for name in ("name", "calendar", "start", "end", "worked")}
        if row is not None:
            remove_company_day(company_day=row, by=by, now=now)
        return add_company_day(day=given["date"], by=by, now=now, **said)

    @display(description="Whose", ordering="calendar")
    def whose(self, row: CompanyDay) -> str:
        return row.calendar or "everybody's"

    @display(description="Hours")
    def hours(self, row: CompanyDay) -> str:
        return "all day" if row.start == row.end else f"{row.start:%H:%M}-{row.end:%H:%M}"

    @action(description="Take away")
    def remove(self, request: HttpRequest, queryset: QuerySet[CompanyDay]) -> None:
        def take_away(row: CompanyDay) -> None:
            remove_company_day(company_day=row, by=actor_of(request), now=clock.now())

        self.each(request, queryset, take_away, done="Taken away")


@admin.register(PayBudget)
class BudgetAdmin(ByVerb):
    """A team's managers see and set its own budgets only."""

    form = BudgetForm
    refusals = (Refused,)
    list_display = ("team", "since", "a_month")
    list_filter = ("currency",)
    list_select_related = ("team",)
    search_fields = ("team__name",)
    ordering = ("team__name", "-since")
    fields = ("team", "since", ("amount", "currency"))
    actions = ("remove",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayBudget]:
        return super().get_queryset(request).filter(team__in=teams_of(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("team", "since", "currency") if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def write(
        self, request: HttpRequest, row: PayBudget | None, form: Any, formsets: Mapping[type, Any]
    ) -> PayBudget:
        given = form.cleaned_data
        said = {name: getattr(row, name) if row else given[name] for name in ("team", "since", "currency")}
        set_budget(amount=given["amount"], by=actor_of(request), now=clock.now(), **said)
        return PayBudget.objects.get(**said)

    @display(description="A month", ordering="amount")
    def a_month(self, row: PayBudget) -> str:
        return f"{shown(row.amount, row.currency)} {row.currency}"

    @action(description="Take away")
    def remove(self, request: HttpRequest, queryset: QuerySet[PayBudget]) -> None:
        def take_away(row: PayBudget) -> None:
            remove_budget(budget=row, by=actor_of(request), now=clock.now())

        self.each(request, queryset, take_away, done="Taken away")
