"""Calendars that people keep elsewhere, in the admin. Of an address, often a secret, only the host shows."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action, display

from oncall import actions
from oncall.away.fetching import host_of
from oncall.models import AwayCalendar
from oncall.permissions import keeps_time_off_of
from people.recorded import ReadOnly, actor_of, user_of


@admin.register(AwayCalendar)
class AwayCalendarAdmin(ReadOnly):
    """Where people's time off is read from, whether it can be read, and a button to leave it."""

    refusals = (actions.Refused,)
    list_display = ("user", "host", "good_at", "fault", "followed")
    list_filter = (
        ("removed_at", admin.EmptyFieldListFilter),
        ("fault", admin.EmptyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("user__username", "user__name")
    list_select_related = ("user",)
    ordering = ("-created_at", "-pk")
    fields = ("user", "host", "words", "created_at", "fetched_at", "good_at", "fault", "removed_at")
    readonly_fields = ("host",)
    actions = ("remove",)
    page_actions = ("remove",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AwayCalendar]:
        """Those of oneself and of the people one manages."""
        rows: QuerySet[AwayCalendar] = super().get_queryset(request)
        return rows.filter(user__in=keeps_time_off_of(user_of(request)))

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """No address is guessed letter by letter in the address bar."""
        return not lookup.startswith("address") and super().lookup_allowed(lookup, value, request)

    def may_act(self, request: HttpRequest, obj: AwayCalendar) -> bool:
        return self.has_view_permission(request, obj)

    def buttons(self, request: HttpRequest, obj: AwayCalendar) -> Sequence[str]:
        return self.page_actions if obj.removed_at is None else ()

    @display(description="Host")
    def host(self, row: AwayCalendar) -> str:
        return host_of(row.address)

    @display(description="Read every hour", boolean=True, ordering="removed_at")
    def followed(self, row: AwayCalendar) -> bool:
        return row.removed_at is None

    @action(description="Remove")
    def remove(self, request: HttpRequest, queryset: QuerySet[AwayCalendar]) -> None:
        def leave(row: AwayCalendar) -> None:
            actions.remove_away_calendar(calendar=row, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, leave, done="No longer read")
