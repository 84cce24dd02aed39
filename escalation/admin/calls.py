"""Calls to the on-call, and who was rung."""

from django.contrib import admin

from escalation.models import (
    HotCall,
    Ring,
)
from people.recorded import (
    ReadOnly,
    Shown,
)


class RingRows(Shown):
    model = Ring
    fields = readonly_fields = ("at", "user", "because", "outcome")
    ordering = ("position",)


@admin.register(HotCall)
class HotCallAdmin(ReadOnly):
    """Who called for the on-call, who was rung, and what came of it."""

    list_display = ("began_at", "caller", "line", "taken_by", "incident")
    list_filter = ("line__service",)
    list_select_related = ("line__service", "taken_by", "incident")
    search_fields = ("caller", "line__number", "sid")
    date_hierarchy = "began_at"
    ordering = ("-began_at", "-pk")
    inlines = (RingRows,)
    fields = ("began_at", "caller", "line", ("taken_by", "taken_at"), "incident", "recording")
