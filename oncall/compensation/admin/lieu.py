"""Time off in lieu in the admin: taken and planned, with what is left."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from oncall.actions.refusal import Refused
from oncall.compensation.actions.lieu import cancel_use, in_hours_and_minutes, use
from oncall.compensation.admin.filters import TeamFilter
from oncall.compensation.models import LieuUse
from oncall.compensation.permissions import people_seen
from oncall.compensation.selectors import lieu_balance
from people import clock
from people.recorded import ByVerb, actor_of, user_of

FIELDS = ("user", "at", "minutes", "why")


@admin.register(LieuUse)
class LieuUseAdmin(ByVerb):
    """Nothing is edited: cancel it, and add another. What there is to take stands on each page."""

    refusals = (Refused,)
    list_display = ("user", "at", "minutes", "why", "stands")
    list_filter = (
        TeamFilter,
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("user__username", "user__name", "why")
    list_select_related = ("user",)
    ordering = ("-at", "-pk")
    fields = FIELDS
    autocomplete_fields = ("user",)
    actions = ("cancel",)
    page_actions = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LieuUse]:
        rows: QuerySet[LieuUse] = super().get_queryset(request)
        return rows.filter(user__in=people_seen(user_of(request)))

    def get_readonly_fields(self, request: HttpRequest, obj: LieuUse | None = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def get_fields(self, request: HttpRequest, obj: LieuUse | None = None) -> Any:
        return (*FIELDS, "created_by", "cancelled_at", "left") if obj else FIELDS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(ByVerb, self).has_change_permission(request, obj) and obj is None

    def may_act(self, request: HttpRequest, obj: LieuUse) -> bool:
        """The action says itself who may."""
        return self.has_view_permission(request, obj)

    def buttons(self, request: HttpRequest, obj: LieuUse) -> Sequence[str]:
        return self.page_actions if obj.cancelled_at is None else ()

    @display(description="Stands", boolean=True)
    def stands(self, row: LieuUse) -> bool:
        return row.cancelled_at is None

    @display(description="Left after it")
    def left(self, row: LieuUse) -> str:
        return in_hours_and_minutes(lieu_balance(row.user, row.at).left)

    def write(
        self, request: HttpRequest, row: LieuUse | None, form: Any, formsets: Mapping[type, Any]
    ) -> LieuUse:
        given = {name: form.cleaned_data[name] for name in FIELDS}
        return use(**given, by=actor_of(request), now=clock.now())

    @action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[LieuUse]) -> None:
        def take_back(row: LieuUse) -> None:
            cancel_use(use=row, by=actor_of(request), now=clock.now())

        self.each(request, queryset.select_related("user"), take_back, done="Cancelled")
