"""Policies, services and incidents in the admin."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.decorators import action, display
from unfold.views import ChangeList

from escalation import advising, selectors
from escalation.actions import config, heartbeats, hot_lines, maintenance, merging, respond, webhooks
from escalation.core import flapping
from escalation.core.heartbeat import State, state_of
from escalation.core.policy import Policy
from escalation.forms.heartbeat import HeartbeatForm
from escalation.forms.maintenance import MaintenanceForm
from escalation.forms.policy import specs, target_choices, with_choices
from escalation.forms.service import HotLineForm, RoutingKeyForm, ServiceForm
from escalation.forms.webhook import WebhookForm
from escalation.loading import beat_of
from escalation.models import (
    EscalationPolicy,
    Heartbeat,
    HotCall,
    HotLine,
    Incident,
    MaintenanceWindow,
    Ring,
    RoutingKey,
    Service,
    Step,
    Webhook,
)
from escalation.permissions import TOO_LONG, may_mute, may_plan
from escalation.quiet import showing
from escalation.sources.registry import PARSERS
from oncall.advice import sentences
from oncall.selectors import on_call
from paging.core.address import masked
from paging.selectors import posted
from people import clock
from people.ledger.record import Actor
from people.models import Team, User
from people.permissions import may_edit_team
from people.recorded import (
    ByVerb,
    ReadOnly,
    Retirable,
    Rows,
    Shown,
    actor_of,
    kept_rows,
    teams_of,
    user_of,
)

MINUTE = "%Y-%m-%d %H:%M"
MOST_ALERTS = 50
PK = re.compile(r"[0-9]{1,18}", re.ASCII)
STATUSES = {"triggered": "danger", "acknowledged": "warning", "resolved": "success"}
SEVERITIES = {"SEV-1": "danger", "SEV-2": "danger", "SEV-3": "warning", "SEV-4": "info"}


class StepRows(Rows):
    model = Step
    fields = ("place", "pages", "when", "duration", "severities", "hours")
    ordering = ("position",)
    ordering_field = "place"
    hide_ordering_field = True
    verbose_name_plural = "steps, in order"

    class Media:
        js = ("escalation/steps.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        parts = ("targets__schedule", "targets__user", "targets__team", "targets__webhook")
        return super().get_queryset(request).prefetch_related(*parts)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, form=with_choices(target_choices()), **kwargs)


@admin.register(EscalationPolicy)
class PolicyAdmin(Retirable):
    """Incidents that run keep the policy they began with; an edit is for the next ones."""

    inlines = (StepRows,)
    refusals = (config.ConfigError,)
    list_display = ("name", "size", "repeat", "acknowledgements", "used_by", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "repeat", "acknowledgements")
    actions = ("retire",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        return super().get_queryset(request).prefetch_related("steps", "services__team")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A policy belongs to the teams of the services that use it."""
        services = [] if obj is None else [one for one in obj.services.all() if one.retired_at is None]
        teams = [service.team for service in services]
        allowed = super().has_change_permission(request, obj)
        return allowed and all(may_edit_team(user_of(request), team) for team in teams)

    def team_of(self, row: EscalationPolicy) -> None:
        """None of its own."""

    @display(description="Steps")
    def size(self, policy: EscalationPolicy) -> int:
        return len(policy.steps.all())

    @display(description="Services")
    def used_by(self, policy: EscalationPolicy) -> str:
        return ", ".join(service.name for service in policy.services.all() if service.retired_at is None)

    def write(
        self, request: HttpRequest, row: EscalationPolicy | None, form: Any, formsets: Mapping[type, Any]
    ) -> EscalationPolicy:
        said = {name: form.cleaned_data[name] for name in ("repeat", "acknowledgements")}
        said["steps"] = specs(kept_rows(formsets[Step]))
        by, now = actor_of(request), clock.now()
        if row is None:
            row = config.create_policy(name=form.cleaned_data["name"], by=by, now=now, **said)
        else:
            config.change_policy(policy=row, by=by, now=now, **said)
        _advise(request, row, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[EscalationPolicy]) -> None:
        def stop(policy: EscalationPolicy) -> None:
            config.retire_policy(policy=policy, by=actor_of(request), now=clock.now())

        self.each(request, queryset, stop, done="Retired")


def _advise(request: HttpRequest, policy: EscalationPolicy, *, now: datetime) -> None:
    """What will hurt about what was saved; it is saved all the same."""
    for findings in advising.advise(Q(pk=policy.pk), now=now).values():
        for sentence in sentences(findings):
            messages.warning(request, sentence)


@admin.register(Webhook)
class WebhookAdmin(Retirable):
    """Addresses that steps tell. They belong to no team: every manager edits them and reads their secrets."""

    form = WebhookForm
    refusals = (config.ConfigError,)
    list_display = ("name", "address", "told_by", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("test", "new_secret", "retire")
    page_actions: ClassVar[Sequence[str]] = actions
    main_action = "test"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Its key is another table's, so Django does not ask whether a number fits the column."""
        return super().get_object(request, object_id, from_field) if PK.fullmatch(object_id) else None

    def team_of(self, row: Webhook) -> None:
        """None of its own."""

    def get_fieldsets(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name", "url", "own_secret")}),)
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "address", "told_by", "posted")}),)
        secrets = {"fields": ("secret", "own_secret")}
        return (
            (None, {"fields": ("name", "url", "told_by")}),
            ("What signs its events", secrets),
            ("What was posted last", {"fields": ("posted",)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ("address", "told_by", "secret", "posted") if obj else ()
        return (*super().get_readonly_fields(request, obj), *shown)

    @display(description="Address")
    def address(self, row: Webhook) -> str:
        there = webhooks.pointed(row)
        return masked(there.address) if there else "-"

    @display(description="Told by")
    def told_by(self, row: Webhook) -> str:
        named = EscalationPolicy.objects.filter(steps__targets__webhook=row, retired_at=None).distinct()
        return ", ".join(policy.name for policy in named.order_by("name")) or "no escalation policy"

    @display(description="Secret")
    def secret(self, row: Webhook) -> str:
        there = webhooks.pointed(row)
        return format_html("<code style='user-select:all'>{}</code>", there.signing_secret if there else "-")

    @display(description="The last ten")
    def posted(self, row: Webhook) -> str:
        said = [
            (date(one.at, "Y-m-d H:i:s"), one.subject, "taken" if one.accepted else one.error)
            for one in posted(row.pk, limit=10)
        ]
        return format_html_join("", "<div>{} UTC: {}, {}</div>", said) or "nothing yet"

    def write(
        self, request: HttpRequest, row: Webhook | None, form: Any, formsets: Mapping[type, Any]
    ) -> Webhook:
        said = {"url": form.cleaned_data["url"], "secret": form.cleaned_data["own_secret"]}
        by, now = actor_of(request), clock.now()
        if row is None:
            return webhooks.create_webhook(name=form.cleaned_data["name"], by=by, now=now, **said)
        return webhooks.change_webhook(webhook=row, by=by, now=now, **said)

    @action(description="Send a test event")
    def test(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        done = "A test event is on its way; look again in a moment what came of it"
        self._each(request, queryset, webhooks.try_webhook, done=done)

    @action(description="New secret")
    def new_secret(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        self._each(request, queryset, webhooks.renew_secret, done="Signed with a new secret from now on")

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        self._each(request, queryset, webhooks.retire_webhook, done="Retired")

    def _each(self, request: HttpRequest, rows: QuerySet[Webhook], verb: Any, *, done: str) -> None:
        said = {"by": actor_of(request), "now": clock.now()}
        self.each(request, rows, lambda row: verb(webhook=row, **said), done=done)


class RoutingKeyRows(Rows):
    """The secrets by which senders raise alerts, with the addresses to give to each."""

    model = RoutingKey
    form = RoutingKeyForm
    fields = ("name", "addresses", "revoke")
    readonly_fields = ("addresses",)
    can_delete = False
    verbose_name_plural = "routing keys and the addresses to send alerts to"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingKey]:
        return super().get_queryset(request).filter(revoked_at=None).order_by("pk")

    @display(description="Copy this to the sender")
    def addresses(self, row: RoutingKey) -> str:
        if not row.pk:
            return "Save, and the key and its addresses stand here."
        public = settings.PUBLIC_URL
        lines = [("PagerDuty Events v2", f"{public}/v2/enqueue"), ("its routing_key", row.key)]
        lines += [(source, f"{public}/integrations/{source}/{row.key}") for source in sorted(PARSERS)]
        return format_html_join("", "<div>{}: <code style='user-select:all'>{}</code></div>", lines)


class HeartbeatRows(Rows):
    """Sources that must call in, with the address that each calls."""

    model = Heartbeat
    form = HeartbeatForm
    fields = ("name", "every", "grace", "severity", "address", "retire")
    readonly_fields = ("address",)
    can_delete = False
    verbose_name_plural = "heartbeats: sources that must call in (docs/heartbeats.md)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Heartbeat]:
        return super().get_queryset(request).filter(retired_at=None).order_by("pk")

    @display(description="Let it call this, by GET or POST")
    def address(self, row: Heartbeat) -> str:
        if not row.pk:
            return "Save, and its address stands here."
        return format_html(
            "<code style='user-select:all;overflow-wrap:anywhere;white-space:normal'>{}/heartbeats/{}</code>"
            "<div>{}</div>",
            settings.PUBLIC_URL,
            row.key,
            capfirst(_how(row)),
        )


class HotLineRows(Rows):
    """Numbers that people call to reach the on-call of the service."""

    model = HotLine
    form = HotLineForm
    fields = ("number", "remove")
    can_delete = False
    verbose_name_plural = "numbers that ring the on-call (docs/call-the-on-call.md)"

    def get_queryset(self, request: HttpRequest) -> QuerySet[HotLine]:
        return super().get_queryset(request).filter(retired_at=None).order_by("pk")


@admin.register(Service)
class ServiceAdmin(Retirable):
    form = ServiceForm
    refusals = (config.ConfigError,)
    list_display = ("name", "team", "policy", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "team")
    list_select_related = ("team", "policy")
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("retire",)
    fieldsets = (
        (None, {"fields": ("name", "team", "policy", ("acknowledgement_timeout", "auto_resolve_after"))}),
        ("Urgency", {"fields": (("sev_1", "sev_2"), ("sev_3", "sev_4"), ("hours", "hours_zone"))}),
        ("Severity", {"fields": ("words", "label_rules")}),
        ("Grouping", {"fields": (("group_window", "group_labels"),)}),
        ("Runbooks", {"fields": ("books",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Service | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return self.fieldsets[:1]
        return super().get_fieldsets(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Service | None) -> Any:
        """Keys are secrets of the team."""
        shown = obj is None or self.has_change_permission(request, obj)
        return (RoutingKeyRows, HeartbeatRows, HotLineRows) if shown else (HotLineRows,)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        if db_field.name == "policy":
            kwargs["queryset"] = EscalationPolicy.objects.filter(retired_at=None).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def write(
        self, request: HttpRequest, row: Service | None, form: Any, formsets: Mapping[type, Any]
    ) -> Service:
        by, now = actor_of(request), clock.now()
        if row is None:
            said = form.fields_of_service()
            row = config.create_service(name=form.cleaned_data["name"], by=by, now=now, **said)
        else:
            config.change_service(service=row, by=by, now=now, **form.fields_of_service())
        _write_keys(row, formsets, by=by, now=now)
        for one in kept_rows(formsets[Heartbeat]):
            if one.cleaned_data["retire"]:
                heartbeats.retire_heartbeat(heartbeat=one.instance, by=by, now=now)
            else:
                heartbeats.ensure_heartbeat(service=row, spec=one.spec(), by=by, now=now)
        _advise(request, row.policy, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        def stop(service: Service) -> None:
            config.retire_service(service=service, by=actor_of(request), now=clock.now())

        self.each(request, queryset, stop, done="Retired; their routing keys are revoked")


class Flapping(admin.SimpleListFilter):
    title = "flapping"
    parameter_name = "flapping"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", f"{flapping.FROM} times or more in 24 h")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        return queryset.filter(episodes__gte=flapping.FROM) if self.value() == "yes" else queryset


def _write_keys(row: Service, formsets: Mapping[type, Any], *, by: Actor, now: datetime) -> None:
    """The keys and the numbers that lead to the service."""
    for one in kept_rows(formsets[RoutingKey]):
        if not one.instance.pk:
            config.ensure_routing_key(service=row, name=one.cleaned_data["name"], by=by, now=now)
        elif one.cleaned_data["revoke"]:
            config.revoke_routing_key(key=one.instance, by=by, now=now)
    for one in kept_rows(formsets[HotLine]):
        if not one.instance.pk:
            hot_lines.add_hot_line(service=row, number=one.cleaned_data["number"], by=by, now=now)
        elif one.cleaned_data["remove"]:
            hot_lines.retire_hot_line(line=one.instance, by=by, now=now)


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
    list_filter = ("status", "severity", "service", "urgency", Flapping)
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


def _how(row: Heartbeat) -> str:
    """“on time, last called 2026-03-02 10:00 UTC”."""
    now = clock.now()
    state = state_of(beat_of(row), now=now)
    parts = [
        f"{state} until {row.muted_until:{MINUTE}}" if state is State.MUTED and row.muted_until else state
    ]
    parts += [f"last called {row.last_call_at:{MINUTE}} UTC"] if row.last_call_at else []
    return ", ".join(parts)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnly):
    """How each source is. It is set up on the page of its service, where its address stands, too."""

    refusals = (config.ConfigError,)
    list_display = ("name", "service", "how", "last_call_at", "due_at", "muted_until")
    list_filter = (
        ("silent_since", admin.EmptyFieldListFilter),
        ("retired_at", admin.EmptyFieldListFilter),
        "service",
    )
    list_select_related = ("service__team",)
    search_fields = ("name", "service__name")
    ordering = ("service__name", "name")
    actions = page_actions = ("mute_for_a_day", "mute_for_a_week", "unmute")
    fields = (
        ("name", "service"),
        ("every", "grace", "severity"),
        "how",
        ("last_call_at", "due_at"),
        ("silent_since", "excused_at"),
        ("muted_until", "muted_by"),
        ("created_at", "retired_at"),
    )
    readonly_fields = ("how",)

    def may_act(self, request: HttpRequest, obj: Heartbeat) -> bool:
        return True

    @display(description="How it is")
    def how(self, row: Heartbeat) -> str:
        return "retired" if row.retired_at else _how(row)

    @action(description="Mute for a day")
    def mute_for_a_day(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        self._mute(request, queryset, timedelta(days=1))

    @action(description="Mute for a week")
    def mute_for_a_week(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        self._mute(request, queryset, timedelta(weeks=1))

    @action(description="Unmute")
    def unmute(self, request: HttpRequest, queryset: QuerySet[Heartbeat]) -> None:
        def sound(row: Heartbeat) -> None:
            heartbeats.unmute_heartbeat(heartbeat_id=row.pk, by=actor_of(request), now=clock.now())

        self.each(request, queryset, sound, done="Their silence counts again")

    def _mute(self, request: HttpRequest, rows: QuerySet[Heartbeat], time: timedelta) -> None:
        now = clock.now()

        def mute(row: Heartbeat) -> None:
            if not may_mute(user_of(request), row.service, lasts=time):
                raise config.ConfigError(TOO_LONG)
            heartbeats.mute_heartbeat(heartbeat_id=row.pk, until=now + time, by=actor_of(request), now=now)

        self.each(request, rows, mute, done=f"Muted until {now + time:{MINUTE}} UTC")


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
