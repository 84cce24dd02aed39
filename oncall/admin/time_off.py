"""Time off in the admin."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action, display

from oncall import actions
from oncall.models import TimeOff
from oncall.permissions import keeps_time_off_of, may_keep_time_off
from people.recorded import ByVerb, actor_of, user_of


@admin.register(TimeOff)
class TimeOffAdmin(ByVerb):
    """Whole days a person is away. Nothing is edited: cancel it, and add another."""

    refusals = (actions.Refused,)
    list_display = ("user", "start", "end", "reason", "stands")
    list_filter = (("cancelled_at", admin.EmptyFieldListFilter), ("user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("user__username", "user__name", "reason")
    list_select_related = ("user", "calendar")
    ordering = ("-start", "-pk")
    fields = ("user", "start", "end", "reason")
    autocomplete_fields = ("user",)
    actions = ("cancel",)
    page_actions = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        """That of oneself and of the people one manages: why somebody is away is nobody else's business."""
        rows: QuerySet[TimeOff] = super().get_queryset(request)
        return rows.filter(user__in=keeps_time_off_of(user_of(request)))

    def get_readonly_fields(self, request: HttpRequest, obj: TimeOff | None = None) -> Any:
        return self.fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super(ByVerb, self).has_change_permission(request, obj) and obj is None

    def may_act(self, request: HttpRequest, obj: TimeOff) -> bool:
        return may_keep_time_off(user_of(request), obj.user)

    def buttons(self, request: HttpRequest, obj: TimeOff) -> Sequence[str]:
        followed = obj.calendar is not None and obj.calendar.removed_at is None
        return self.page_actions if obj.cancelled_at is None and not followed else ()

    @display(description="Stands", boolean=True)
    def stands(self, row: TimeOff) -> bool:
        return row.cancelled_at is None

    def write(
        self, request: HttpRequest, row: TimeOff | None, form: Any, formsets: Mapping[type, Any]
    ) -> TimeOff:
        given = {name: form.cleaned_data[name] for name in ("user", "start", "end", "reason")}
        if not may_keep_time_off(user_of(request), given["user"]):
            raise actions.Refused(f"{given['user']} is in none of your teams; ask one of their managers.")
        return actions.add_time_off(by=actor_of(request), now=timezone.now(), **given)

    @action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[TimeOff]) -> None:
        def take_back(row: TimeOff) -> None:
            actions.cancel_time_off(time_off=row, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, take_back, done="Cancelled")
