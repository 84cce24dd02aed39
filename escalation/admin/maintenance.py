"""When a service pages nobody."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from escalation.actions import config, maintenance
from escalation.forms.maintenance import MaintenanceForm
from escalation.models import (
    MaintenanceWindow,
    Service,
)
from escalation.permissions import may_plan
from escalation.quiet import showing
from people import clock
from people.models import Team
from people.recorded import (
    ByVerb,
    actor_of,
    teams_of,
    user_of,
)


@admin.register(MaintenanceWindow)
class MaintenanceAdmin(ByVerb):
    """While one runs, alerts on its service are recorded and nobody is paged."""

    form = MaintenanceForm
    refusals = (config.ConfigError,)
    list_display = ("service", "shown_state", "in_its_zone", "in_utc", "repeat", "reason", "created_by")
    list_filter = ("service", "repeat", ("cancelled_at", admin.EmptyFieldListFilter))
    list_select_related = ("service__team", "created_by")
    search_fields = ("service__name", "reason")
    ordering = ("-over_at", "-pk")
    fields = ("service", "start", "end", "time_zone", ("repeat", "until"), "reason")
    actions = page_actions = ("end_now", "cancel")
    main_action = "end_now"

    def team_of(self, row: MaintenanceWindow) -> Team | None:
        return row.service.team

    def get_readonly_fields(self, request: HttpRequest, obj: MaintenanceWindow | None = None) -> Any:
        return ("service",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        going = obj is None or (obj.cancelled_at is None and self._shown(obj).state != "ended")
        return super().has_change_permission(request, obj) and going

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "service":
            mine = Q(team=None) | Q(team__in=teams_of(request))
            kwargs["queryset"] = Service.objects.filter(mine, retired_at=None).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def may_act(self, request: HttpRequest, obj: MaintenanceWindow) -> bool:
        return may_plan(user_of(request), obj.service)

    def buttons(self, request: HttpRequest, obj: MaintenanceWindow) -> Sequence[str]:
        state = self._shown(obj).state
        return {"now": self.page_actions, "planned": ("cancel",)}.get(state, ())

    def write(
        self, request: HttpRequest, row: MaintenanceWindow | None, form: Any, formsets: Mapping[type, Any]
    ) -> MaintenanceWindow:
        said = {"spec": form.spec(), "by": actor_of(request), "now": clock.now()}
        if row is None:
            return maintenance.plan_window(service=form.cleaned_data["service"], **said)
        return maintenance.change_window(window=row, **said)

    @display(
        description="State",
        label={"now": "warning", "planned": "info", "ended": "success", "cancelled": "success"},
    )
    def shown_state(self, row: MaintenanceWindow) -> str:
        return self._shown(row).state

    @display(description="Runs, or comes next (its zone)")
    def in_its_zone(self, row: MaintenanceWindow) -> str:
        return self._span(row, row.time_zone)

    @display(description="In UTC")
    def in_utc(self, row: MaintenanceWindow) -> str:
        return self._span(row, "UTC")

    @action(description="End now")
    def end_now(self, request: HttpRequest, queryset: QuerySet[MaintenanceWindow]) -> None:
        by, now = actor_of(request), clock.now()

        def end(row: MaintenanceWindow) -> None:
            maintenance.end_window(window=row, by=by, now=now)

        self.each(request, queryset, end, done="Ended; what is open is paged now")

    @action(description="Cancel")
    def cancel(self, request: HttpRequest, queryset: QuerySet[MaintenanceWindow]) -> None:
        by, now = actor_of(request), clock.now()

        def cancel(row: MaintenanceWindow) -> None:
            maintenance.cancel_window(window=row, by=by, now=now)

        self.each(request, queryset, cancel, done="Cancelled")

    def _shown(self, row: MaintenanceWindow) -> showing.Shown:
        return showing.show(row, now=clock.now())

    def _span(self, row: MaintenanceWindow, zone: str) -> str:
        shown = self._shown(row)
        span = shown.running or shown.coming
        if span is None:
            return ""
        start, end = (at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone)) for at in span)
        last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
        return f"{start:%Y-%m-%d %H:%M} to {last} {zone}"
