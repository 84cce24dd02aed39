"""Swaps in the admin: looked at, approved and declined."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action

from oncall import actions
from oncall.actions.swap_checks import GOING
from oncall.models import Swap
from oncall.permissions import may_decide, may_decline
from people.recorded import ReadOnly, actor_of, user_of


@admin.register(Swap)
class SwapAdmin(ReadOnly):
    """What people ask others to carry, and what became of it."""

    refusals = (actions.Refused,)
    list_display = ("schedule", "role", "giver", "start", "end", "state", "taker", "urgent")
    list_filter = ("state", "urgent", ("schedule", admin.RelatedOnlyFieldListFilter))
    search_fields = ("giver__username", "giver__name", "taker__username", "taker__name", "schedule__name")
    list_select_related = ("schedule__team", "giver", "taker")
    ordering = ("-start", "-pk")
    fields = (
        ("schedule", "role", "urgent"),
        ("giver", "offered_to", "taker"),
        ("start", "end"),
        "reason",
        "state",
        ("asked_at", "asked_by"),
        "taken_at",
        ("decided_at", "decided_by"),
    )
    actions = ("approve", "decline")
    page_actions = ("approve", "decline")
    main_action = "approve"

    def may_act(self, request: HttpRequest, obj: Swap) -> bool:
        """Each action says itself who may."""
        return self.has_view_permission(request, obj)

    def buttons(self, request: HttpRequest, obj: Swap) -> Sequence[str]:
        user = user_of(request)
        may = {
            "approve": obj.state == Swap.State.TAKEN and may_decide(user, obj),
            "decline": obj.state in GOING and may_decline(user, obj),
        }
        return [name for name in self.page_actions if may[name]]

    @action(description="Approve")
    def approve(self, request: HttpRequest, queryset: QuerySet[Swap]) -> None:
        def say_yes(row: Swap) -> None:
            if not may_decide(user_of(request), row):
                raise actions.Refused(
                    f"{row}: only managers of the schedule's team who neither give it nor take it approve it."
                )
            actions.approve_swap(swap=row, by=actor_of(request), now=timezone.now())

        self.each(request, _whole(queryset), say_yes, done="Approved")

    @action(description="Decline")
    def decline(self, request: HttpRequest, queryset: QuerySet[Swap]) -> None:
        def say_no(row: Swap) -> None:
            if not may_decline(user_of(request), row):
                raise actions.Refused(
                    f"{row}: only who was asked alone, and managers of the schedule's team, decline it."
                )
            actions.decline_swap(swap=row, by=actor_of(request), now=timezone.now())

        self.each(request, _whole(queryset), say_no, done="Declined")


def _whole(rows: QuerySet[Swap]) -> QuerySet[Swap, Any]:
    return rows.select_related("schedule__team", "giver", "taker", "offered_to")
