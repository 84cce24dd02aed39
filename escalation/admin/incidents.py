"""What people respond to: found, read and answered."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display
from unfold.views import ChangeList

from escalation import selectors
from escalation.actions import merging, respond
from escalation.core import flapping
from escalation.core.policy import Policy
from escalation.models import (
    Incident,
)
from oncall.selectors import on_call
from people import clock
from people.models import User
from people.recorded import (
    ReadOnly,
    actor_of,
)

MOST_ALERTS = 50

STATUSES = {"triggered": "danger", "acknowledged": "warning", "resolved": "success"}

SEVERITIES = {"SEV-1": "danger", "SEV-2": "danger", "SEV-3": "warning", "SEV-4": "info"}


class Flapping(admin.SimpleListFilter):
    title = "flapping"
    parameter_name = "flapping"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", f"{flapping.FROM} times or more in 24 h")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        return queryset.filter(episodes__gte=flapping.FROM) if self.value() == "yes" else queryset


class IncidentList(ChangeList):
    """Who is on call for each open incident: of its first step, in a few queries for the whole list."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        wanted = {row.pk: _schedules(row) for row in rows if row.status != Incident.Status.RESOLVED}
        found = on_call({pk for keys in wanted.values() for pk, _ in keys}, at=clock.now())
        people = User.objects.in_bulk({user for users in found.values() for user in users})
        for row in rows:
            users = [user for key in wanted.get(row.pk, ()) for user in found.get(key, ())]
            row.on_now = ", ".join(str(people[user]) for user in users)
        self.result_list = rows


def _schedules(row: Incident) -> list[tuple[int, str]]:
    targets = [target for step in Policy.from_json(row.policy).steps[:1] for target in step.targets]
    return [(target.schedule, target.role or "primary") for target in targets if target.schedule is not None]


@admin.register(Incident)
class IncidentAdmin(ReadOnly):
    """Everybody here may acknowledge and resolve: at 3 a.m. nobody should be told that they may not help."""

    change_form_template = "escalation/incident.html"
    refusals = (respond.Refused,)
    list_display = ("number", "shown_status", "shown_severity", "service", "triggered_at", "on_now", "on_it")
    list_filter = ("status", "severity", "service", "urgency", "label", Flapping)
    list_select_related = ("service", "acknowledged_by", "resolved_by")
    search_fields = ("title", "service__name")
    date_hierarchy = "triggered_at"
    ordering = ("-triggered_at", "-pk")
    page_actions = ("acknowledge", "resolve", "escalate")
    actions = (*page_actions, "merge")
    main_action = "acknowledge"
    fields = (
        ("title", "service"),
        ("status", "severity", "urgency"),
        ("triggered_at", "acknowledged_at", "resolved_at"),
        ("on_it", "not_paging", "next_look", "resolve_at"),
        ("again", "how_often", "alert_count", "became"),
        ("policy_name",),
    )
    readonly_fields = ("on_it", "not_paging", "next_look", "again", "how_often", "became", "policy_name")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return IncidentList

    def may_act(self, request: HttpRequest, obj: Incident) -> bool:
        return True

    def buttons(self, request: HttpRequest, obj: Incident) -> Sequence[str]:
        return self.page_actions if obj.status != Incident.Status.RESOLVED else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        shown: dict[str, Any] = {}
        if row:
            more = row.alerts.count() - MOST_ALERTS
            shown = {
                "timeline": selectors.timeline(row.pk),
                "alerts": selectors.newest_alerts(row, most=MOST_ALERTS),
                "more_alerts": f"{more:,}" if more > 0 else "",
            }
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    @display(description="Why nobody is paged")
    def not_paging(self, row: Incident) -> str:
        until = f" until {row.quiet_until:%Y-%m-%d %H:%M} UTC" if row.quiet_until else ""
        return f"{row.parked_reason}{until}" if row.parked_reason else "-"

    @display(description="Next step at (UTC)", ordering="wake_at")
    def next_look(self, row: Incident) -> Any:
        return row.wake_at

    @display(description="Resolved within the hour before")
    def again(self, row: Incident) -> str:
        return "yes, it recurred" if row.recurred else "no"

    @display(description="Merged into")
    def became(self, row: Incident) -> str:
        return str(row.merged_into or "-")

    @display(description="Within 24 hours", ordering="episodes")
    def how_often(self, row: Incident) -> str:
        return row.flapping or f"{row.episodes} time{'' if row.episodes == 1 else 's'}"

    @display(description="Incident", ordering="pk")
    def number(self, row: Incident) -> str:
        return str(row)

    @display(description="Status", ordering="status", label=STATUSES)
    def shown_status(self, row: Incident) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @display(description="Severity", ordering="severity", label=SEVERITIES)
    def shown_severity(self, row: Incident) -> str:
        return row.severity

    @display(description="On call")
    def on_now(self, row: Any) -> str:
        return str(row.on_now)

    @display(description="On it")
    def on_it(self, row: Incident) -> str:
        on_it = str(row.resolved_by or row.acknowledged_by or "")
        return f"{on_it} and {row.also} more" if row.also else on_it or row.progress

    @display(description="Escalation policy, as it was")
    def policy_name(self, row: Incident) -> str:
        return Policy.from_json(row.policy).name

    @action(description="Acknowledge")
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        short = []

        def acknowledge(**said: Any) -> None:
            incident = respond.acknowledge(**said)
            short.extend([incident] if incident.progress else [])

        alone = all(incident.wanted == 1 for incident in queryset)
        done = "Acknowledged; paging has stopped" if alone else "Acknowledged"
        self._respond(request, queryset, acknowledge, done=done)
        for incident in short:
            messages.warning(request, f"{incident} is acknowledged by {incident.progress}.")

    @action(description="Resolve")
    def resolve(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        self._respond(request, queryset, respond.resolve, done="Resolved")

    @action(description="Escalate now")
    def escalate(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        self._respond(request, queryset, respond.escalate, done="Escalated; the next step is paged now")

    @action(description="Merge into the oldest of them")
    def merge(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        oldest, *others = queryset.order_by("triggered_at", "pk").values_list("pk", flat=True) or (0,)
        try:
            merging.merge(into=oldest, incidents=others, by=actor_of(request), now=clock.now())
        except respond.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            named = ", ".join(f"#{pk}" for pk in others)
            messages.success(request, f"Merged into #{oldest}: {named}.")

    def _respond(self, request: HttpRequest, rows: QuerySet[Incident], verb: Any, *, done: str) -> None:
        said = {"by": actor_of(request), "now": clock.now()}
        self.each(request, rows, lambda row: verb(incident_id=row.pk, **said), done=done)
