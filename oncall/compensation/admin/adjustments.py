"""Adjustments in the admin: entered, and cancelled while their month is open."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from oncall.actions.refusal import Refused
from oncall.compensation.actions.adjustments import adjust, cancel_adjustment
from oncall.compensation.admin.filters import MonthFilter, TeamFilter
from oncall.compensation.core.months import first_of, in_words
from oncall.compensation.currencies import shown
from oncall.compensation.models import Adjustment
from oncall.compensation.permissions import may_approve
from oncall.compensation.selectors import seen
from people import clock
from people.recorded import ByVerb, actor_of, user_of

FIELDS = ("user", "month", "amount", "currency", "lieu_minutes", "about", "why")


class AdjustmentForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's forms take no parameters when they run
    """Any day of a month names it."""

    class Meta:
        model = Adjustment
        fields = FIELDS
        help_texts = {
            "month": "Any day of the month in which it is paid.",
            "about": "Any day of the month it makes good, where that is another one.",
            "amount": "With a minus it is taken away.",
        }

    def clean_month(self) -> date:
        return first_of(self.cleaned_data["month"])

    def clean_about(self) -> date | None:
        about = self.cleaned_data["about"]
        return first_of(about) if about else None


@admin.register(Adjustment)
class AdjustmentAdmin(ByVerb):
    """Nothing is edited: cancel it, and add another."""

    form = AdjustmentForm
    refusals = (Refused,)
    list_display = ("user", "of_month", "paid", "lieu_minutes", "of_about", "why", "found", "stands")
    list_filter = (
        MonthFilter,
        TeamFilter,
        "found",
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("user__username", "user__name", "why")
    list_select_related = ("user", "created_by")
    ordering = ("-month", "-pk")
    fields = FIELDS
    autocomplete_fields = ("user",)
    actions = ("cancel",)
    page_actions = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Adjustment]:
        rows: QuerySet[Adjustment] = super().get_queryset(request)
        viewer = user_of(request)
        return rows.filter(seen(viewer) | seen(viewer, month="about"))

    def get_readonly_fields(self, request: HttpRequest, obj: Adjustment | None = None) -> Any:
        return (*FIELDS, "found", "created_at", "created_by", "cancelled_at") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Adjustment | None = None) -> Any:
        return (*FIELDS, "found", "created_at", "created_by", "cancelled_at") if obj else FIELDS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(ByVerb, self).has_change_permission(request, obj) and obj is None

    def may_act(self, request: HttpRequest, obj: Adjustment) -> bool:
        """The action says itself who may."""
        return self.has_view_permission(request, obj)

    def buttons(self, request: HttpRequest, obj: Adjustment) -> Sequence[str]:
        may = may_approve(user_of(request), obj.user, month=obj.about or obj.month)
        return self.page_actions if may and obj.cancelled_at is None and not obj.found else ()

    @display(description="Month", ordering="month")
    def of_month(self, row: Adjustment) -> str:
        return in_words(row.month)

    @display(description="About", ordering="about")
    def of_about(self, row: Adjustment) -> str:
        return in_words(row.about) if row.about else "-"

    @display(description="Amount")
    def paid(self, row: Adjustment) -> str:
        return f"{shown(row.amount, row.currency)} {row.currency}"

    @display(description="Stands", boolean=True)
    def stands(self, row: Adjustment) -> bool:
        return row.cancelled_at is None

    def write(
        self, request: HttpRequest, row: Adjustment | None, form: Any, formsets: Mapping[type, Any]
    ) -> Adjustment:
        given = {name: form.cleaned_data[name] for name in FIELDS}
        return adjust(**given, by=actor_of(request), now=clock.now())

    @action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Adjustment]) -> None:
        def take_back(row: Adjustment) -> None:
            cancel_adjustment(adjustment=row, by=actor_of(request), now=clock.now())

        self.each(request, queryset.select_related("user"), take_back, done="Cancelled")
