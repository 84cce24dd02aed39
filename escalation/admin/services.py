"""Services, with the secrets that lead to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.decorators import action, display

from escalation.actions import config, heartbeats, hot_lines
from escalation.admin.heartbeats import HeartbeatRows
from escalation.admin.policies import advise
from escalation.admin.ruled import rules_of
from escalation.core.sending import Sending
from escalation.forms.service import HotLineForm, RoutingKeyForm, ServiceForm
from escalation.models import (
    EscalationPolicy,
    Heartbeat,
    HotLine,
    RoutingKey,
    Service,
)
from escalation.selectors.senders import sending
from escalation.sources.registry import ALL
from people import clock
from people.ledger.record import Actor
from people.recorded import (
    Retirable,
    Rows,
    actor_of,
    kept_rows,
    teams_of,
)

LINK = "text-primary-600 dark:text-primary-500"
SUMMARY = "cursor-pointer relative pr-8 text-primary-600 dark:text-primary-500"


class RoutingKeyRows(Rows):
    """The secrets by which senders raise alerts, with the addresses to give to each."""

    model = RoutingKey
    form = RoutingKeyForm
    fields = ("name", "addresses", "sends", "signed_with", "revoke")
    readonly_fields = ("addresses", "sends")
    can_delete = False
    verbose_name_plural = "routing keys and the addresses to send alerts to"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingKey]:
        return super().get_queryset(request).filter(revoked_at=None).order_by("pk")

    def get_formset(self, request: HttpRequest, obj: Service | None = None, **kwargs: Any) -> Any:
        """What came by each is asked for once, for all of them."""
        keys = obj.routing_keys.filter(revoked_at=None).values_list("pk", flat=True) if obj else ()
        self._sending = sending(list(keys), now=clock.now())
        return super().get_formset(request, obj, **kwargs)

    @display(description="What it sends")
    def sends(self, row: RoutingKey) -> str:
        """As a link to the key's own page."""
        if not row.pk:
            return ""
        page = reverse("admin:escalation_routingkey_change", args=[row.pk])
        said = self._sending.get(row.pk, Sending()).line(clock.now())
        return format_html("<a class='{}' href='{}'>{}</a>", LINK, page, capfirst(said))

    @display(description="Copy this to the sender")
    def addresses(self, row: RoutingKey) -> str:
        if not row.pk:
            return "Save, and the key and its addresses stand here."
        public = settings.PUBLIC_URL
        shown = [("PagerDuty Events v2", f"{public}/v2/enqueue"), ("its routing_key", row.key)]
        shown += [("Mail (docs/email.md)", address) for address in mail_addresses(row.key)]
        more = [(one.title, f"{public}/integrations/{one.name}/{row.key}") for one in ALL]
        titles = ", ".join(one.title for one in ALL[:3])
        return format_html(
            "{}<details><summary class='{}'>{} and {} more</summary>{}</details>",
            _addresses(shown),
            SUMMARY,
            titles,
            len(ALL) - 3,
            _addresses(more),
        )


def mail_addresses(key: str) -> Sequence[str]:
    """Where mail raises alerts by this key: by the provider of EMAIL_REPLIES, and by our own listener, which
    is for trying it out where nobody has chosen its place.
    """
    local, _, domain = settings.MAIL_REPLIES["at"].rpartition("@")
    found = [f"{local}+{key}@{domain}" if local else f"{key}@{domain}"] if domain else []
    listener = settings.MAIL_INTAKE
    if listener.is_chosen or (listener.port and not found):
        found.append(f"{key}@{listener.domain}")
    return found


def _addresses(lines: Sequence[tuple[str, str]]) -> str:
    """Each can be taken with one click, and breaks where a phone is narrow."""
    return format_html_join(
        "", "<div>{}: <code style='user-select:all;overflow-wrap:anywhere'>{}</code></div>", lines
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
        rules = (("Routing and suppress rules", {"fields": ("rules",)}),) if obj else ()
        return (*super().get_fieldsets(request, obj), *rules)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "rules")

    @display(description="Its alerts meet")
    def rules(self, service: Service) -> str:
        return rules_of(service, now=clock.now())

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
        advise(request, row.policy, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Service]) -> None:
        def stop(service: Service) -> None:
            config.retire_service(service=service, by=actor_of(request), now=clock.now())

        self.each(request, queryset, stop, done="Retired; their routing keys are revoked")


def _write_keys(row: Service, formsets: Mapping[type, Any], *, by: Actor, now: datetime) -> None:
    """The keys and the numbers that lead to the service."""
    for one in kept_rows(formsets[RoutingKey]):
        if not one.instance.pk:
            key = config.ensure_routing_key(service=row, name=one.cleaned_data["name"], by=by, now=now)
        else:
            key = one.instance
        secret = one.secret()
        if secret is not None:
            config.set_signing_secret(key=key, secret=secret, by=by, now=now)
        if one.cleaned_data["revoke"]:
            config.revoke_routing_key(key=key, by=by, now=now)
    for one in kept_rows(formsets[HotLine]):
        if not one.instance.pk:
            hot_lines.add_hot_line(service=row, number=one.cleaned_data["number"], by=by, now=now)
        elif one.cleaned_data["remove"]:
            hot_lines.retire_hot_line(line=one.instance, by=by, now=now)
