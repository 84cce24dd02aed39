"""Policies, services and incidents in the admin."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display
from unfold.views import ChangeList

from escalation import advising, selectors
from escalation.actions import config, hot_lines, respond, webhooks
from escalation.core.policy import Policy
from escalation.forms.policy import specs, target_choices, with_choices
from escalation.forms.service import HotLineForm, RoutingKeyForm, ServiceForm
from escalation.forms.webhook import WebhookForm
from escalation.models import (
    EscalationPolicy,
    HotCall,
    HotLine,
    Incident,
    Ring,
    RoutingKey,
    Service,
    Step,
    Webhook,
)
from escalation.sources.registry import PARSERS
from oncall.advice import sentences
from oncall.selectors import on_call
from paging.core.address import masked
from paging.selectors import posted
from people.models import User
from people.permissions import may_edit_team
from people.recorded import ReadOnly, Retirable, Rows, Shown, actor_of, kept_rows, teams_of, user_of

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
        by, now = actor_of(request), timezone.now()
        if row is None:
            row = config.create_policy(name=form.cleaned_data["name"], by=by, now=now, **said)
        else:
            config.change_policy(policy=row, by=by, now=now, **said)
        _advise(request, row, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[EscalationPolicy]) -> None:
        def stop(policy: EscalationPolicy) -> None:
            config.retire_policy(policy=policy, by=actor_of(request), now=timezone.now())

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
        by, now = actor_of(request), timezone.now()
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
        said = {"by": actor_of(request), "now": timezone.now()}
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
        (None, {"fields": ("name", "team", "policy", "acknowledgement_timeout")}),
        ("Urgency", {"fields": (("sev_1", "sev_2"), ("sev_3", "sev_4"), ("hours", "hours_zone"))}),
        ("Runbooks", {"fields": ("books",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Service | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return self.fieldsets[:1]
        return super().get_fieldsets(request, obj)

    def get_inlines(self, request: HttpRequest, obj: Service | None) -> Any:
        """Keys are secrets of the team."""
        shown = obj is None or self.has_change_permission(request, obj)
        return (RoutingKeyRows, HotLineRows) if shown else (HotLineRows,)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":
            kwargs["queryset"] = teams_of(request)
        if db_field.name == "policy":
            kwargs["queryset"] = EscalationPolicy.objects.filter(retired_at=None).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def write(
        self, request: HttpRequest, row: Service | None, form: Any, formsets: Mapping[type, Any]
    ) -> Service:
        by, now = actor_of(request), timezone.now()
        if row is None:
            said = form.fields_of_service()
            row = config.create_service(name=form.cleaned_data["name"], by=by, now=now, **said)
        else:
            config.change_service(service=row, by=by, now=now, **form.fields_of_service())
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
        _advise(request, row.policy, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        def stop(service: Service) -> None:
            config.retire_service(service=service, by=actor_of(request), now=timezone.now())

        self.each(request, queryset, stop, done="Retired; their routing keys are revoked")


class IncidentList(ChangeList):
    """Who is on call for each open incident: of its first step, in a few queries for the whole list."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        wanted = {row.pk: _schedules(row) for row in rows if row.status != Incident.Status.RESOLVED}
        found = on_call({pk for keys in wanted.values() for pk, _ in keys}, at=timezone.now())
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
    list_filter = ("status", "severity", "service", "urgency")
    list_select_related = ("service", "acknowledged_by", "resolved_by")
    search_fields = ("title", "service__name")
    date_hierarchy = "triggered_at"
    ordering = ("-triggered_at", "-pk")
    actions = page_actions = ("acknowledge", "resolve", "escalate")
    main_action = "acknowledge"
    fields = (
        ("title", "service"),
        ("status", "severity", "urgency"),
        ("triggered_at", "acknowledged_at", "resolved_at"),
        ("on_it", "not_paging", "next_look"),
        ("again", "policy_name"),
    )
    readonly_fields = ("on_it", "not_paging", "next_look", "again", "policy_name")

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
            shown = {
                "timeline": selectors.timeline(row.pk),
                "alerts": row.alerts.order_by("-last_event_at", "-pk"),
            }
        return super().changeform_view(request, object_id, form_url, shown | (extra_context or {}))

    @display(description="Why nobody is paged")
    def not_paging(self, row: Incident) -> str:
        return row.parked_reason or "-"

    @display(description="Next step at (UTC)", ordering="wake_at")
    def next_look(self, row: Incident) -> Any:
        return row.wake_at

    @display(description="Resolved within the hour before")
    def again(self, row: Incident) -> str:
        return "yes, it recurred" if row.recurred else "no"

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

    def _respond(self, request: HttpRequest, rows: QuerySet[Incident], verb: Any, *, done: str) -> None:
        said = {"by": actor_of(request), "now": timezone.now()}
        self.each(request, rows, lambda row: verb(incident_id=row.pk, **said), done=done)


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
