"""The ledger in the admin: who did what, when and why. Read and searched, never written."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.permissions import managed_team_ids, readable
from people.queries import CleanQueries

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    from people.models import User
else:
    from unfold.admin import ModelAdmin

PLANS = ("pay_plan", "kept_part")
"""Pay plans, and those of an older document that were only kept."""


@admin.register(Entry)
class EntryAdmin(CleanQueries, ModelAdmin):  # type: ignore[type-arg]  # Django's admin classes take no parameters when they run
    list_display = ("at", "actor_name", "what", "why", "verb", "subject")
    list_filter = ("subject_type", "verb")
    search_fields = ("actor_name", "what", "why", "verb")
    date_hierarchy = "at"
    ordering = ("-id",)
    list_per_page = 100
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """What is said of somebody's pay is theirs, and their managers'. What plans pay, and whom by name, is
        for administrators and for who wrote it; a team's budget for its managers.
        """
        rows: QuerySet[Entry] = super().get_queryset(request)
        user = cast("User", request.user)
        rows = rows.filter(readable(user, kind="subject_type", number="subject_id"))
        if user.is_superuser:
            return rows
        rows = rows.exclude(Q(subject_type__in=PLANS) & ~Q(actor=user))
        return rows.exclude(Q(verb=Verb.PAY_BUDGET_SET) & ~Q(subject_id__in=managed_team_ids(user)))

    @admin.display(description="About")
    def subject(self, entry: Entry) -> str:
        return f"{entry.subject_type} {entry.subject_id}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
