"""What was unwell with the site itself, in the admin. Read, never written."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from people.queries import CleanQueries
from watchbill.watch.models import Trouble

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
else:
    from unfold.admin import ModelAdmin


@admin.register(Trouble)
class TroubleAdmin(CleanQueries, ModelAdmin):  # type: ignore[type-arg]  # Django's admin classes take no parameters when they run
    list_display = ("title", "what", "began_at", "told_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("title", "what")
    ordering = ("-began_at",)
    list_per_page = 50
    show_full_result_count = False
    fields = ("title", "what", "kind", "began_at", "found_at", "seen_at", "told_at", "ended_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
