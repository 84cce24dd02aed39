"""Calendar addresses in the admin: who fetched them last, and a way to end one. The secret is never shown."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action, display

from oncall import actions
from oncall.actions.feeds import revoke_feed
from oncall.addresses import called, heard_of_by, may_hold, owner_of
from oncall.core.fetched import last_fetched
from oncall.models import Feed
from people.recorded import ReadOnly, actor_of, user_of


@admin.register(Feed)
class FeedAdmin(ReadOnly):
    """Calendar addresses: which there are, and who fetched them last. The secret is shown on no page here."""

    refusals = (actions.Refused,)
    list_display = ("calendar", "answers", "fetched", "alarm_minutes", "created_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "gaps")
    list_select_related = ("user", "schedule__team", "team")
    search_fields = ("user__username", "user__name", "schedule__name", "team__name")
    ordering = ("-created_at", "-pk")
    readonly_fields = ("calendar", "fetched", "last_fetched_at", "last_user_agent")
    fields = (*readonly_fields, "alarm_minutes", "created_at", "revoked_at")
    actions = page_actions = ("revoke",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        """Those one may hear of, ended ones too: what program others read their calendar with is theirs."""
        rows: QuerySet[Feed] = super().get_queryset(request)
        return rows.filter(heard_of_by(user_of(request)))

    def may_act(self, request: HttpRequest, obj: Feed) -> bool:
        return may_hold(user_of(request), owner_of(obj))

    def buttons(self, request: HttpRequest, obj: Feed) -> Sequence[str]:
        return self.page_actions if obj.revoked_at is None else ()

    @display(description="Calendar")
    def calendar(self, feed: Feed) -> str:
        return called(feed)

    @display(description="Answers", boolean=True)
    def answers(self, feed: Feed) -> bool:
        return feed.revoked_at is None and (feed.user is None or feed.user.is_active)

    @display(description="Last fetched", ordering="last_fetched_at")
    def fetched(self, feed: Feed) -> str:
        return last_fetched(feed.last_fetched_at, feed.last_user_agent, now=timezone.now())

    @action(description="End this address")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Feed]) -> None:
        def end(feed: Feed) -> None:
            revoke_feed(feed=feed, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, end, done="Ended; the address answers 410 from now on")
