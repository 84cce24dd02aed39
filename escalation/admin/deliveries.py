"""Every event that was posted to a webhook that follows, each try of it, and what came back."""

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date, linebreaksbr
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display

from escalation.actions import following
from escalation.actions.steps import ConfigError
from escalation.core.following import EVENTS
from escalation.models import HookDelivery, HookTry, Webhook
from escalation.permissions import may_change_webhook
from people import clock
from people.recorded import ReadOnly, Shown, actor_of, user_of

State = HookDelivery.State
STATES = {
    State.WAITING: "default",
    State.SENDING: "info",
    State.DELIVERED: "success",
    State.FAILED: "danger",
}
CODE = "<pre style='white-space:pre-wrap;overflow-wrap:anywhere;font-size:12px'>{}</pre>"


class TryRows(Shown):
    model = HookTry
    fields = readonly_fields = ("when", "came_back", "took", "said")
    ordering = ("pk",)
    verbose_name_plural = "tries"

    @display(description="When (UTC)")
    def when(self, row: HookTry) -> str:
        return date(row.at, "Y-m-d H:i:s")

    @display(description="What came back")
    def came_back(self, row: HookTry) -> str:
        return row.error or f"taken ({row.status})"

    @display(description="After")
    def took(self, row: HookTry) -> str:
        return f"{row.took_ms} ms"

    @display(description="The server said")
    def said(self, row: HookTry) -> str:
        return row.answer or "-"


class OfWebhook(admin.SimpleListFilter):
    title = "webhook"
    parameter_name = "webhook"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = Webhook.objects.filter(follower__isnull=False).order_by("name")
        return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HookDelivery]) -> QuerySet[HookDelivery]:
        chosen = self.value()
        known = chosen is not None and chosen in dict(self.lookup_choices)
        return queryset.filter(webhook=int(chosen)) if chosen and known else queryset


class OfEvent(admin.SimpleListFilter):
    """Of those that there may be, so that no list is read for it."""

    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event, event) for event in EVENTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[HookDelivery]) -> QuerySet[HookDelivery]:
        chosen = self.value()
        return queryset.filter(event=chosen) if chosen in EVENTS else queryset


@admin.register(HookDelivery)
class HookDeliveryAdmin(ReadOnly):
    """Kept for 30 days. Each can be posted again, under the same id."""

    inlines = (TryRows,)
    refusals = (ConfigError,)
    list_display = ("at", "event", "about", "webhook", "became", "why", "attempts")
    list_filter = ("state", OfWebhook, OfEvent)
    search_fields = ("=incident_id", "said", "reason")
    list_select_related = ("webhook",)
    ordering = ("-pk",)
    actions = page_actions = ("replay",)
    main_action = "replay"
    fieldsets: ClassVar[Any] = (
        (
            None,
            {"fields": (("event", "about"), ("webhook", "at"), ("became", "why"), ("due_at", "settled_at"))},
        ),
        ("What is posted", {"fields": ("headers", "body")}),
    )
    readonly_fields = ("about", "became", "why", "headers", "body")

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        return may_change_webhook(user_of(request), obj.webhook)

    def buttons(self, request: HttpRequest, obj: Any) -> Any:
        return self.page_actions if obj.state in {State.DELIVERED, State.FAILED} else ()

    @action(description="Post it again")
    def replay(self, request: HttpRequest, queryset: QuerySet[HookDelivery]) -> None:
        by, now = actor_of(request), clock.now()
        rows = queryset.select_related("webhook").order_by("pk")
        self.each(
            request,
            rows,
            lambda row: following.replay(delivery=row, by=by, now=now),
            done="On its way again; look in a moment what came of it",
        )

    @display(description="Incident", ordering="incident_id")
    def about(self, row: HookDelivery) -> str:
        return format_html('<a class="underline" href="/incidents/{0}">#{0}</a>', row.incident_id)

    @display(description="State", ordering="state", label=STATES)
    def became(self, row: HookDelivery) -> str:
        return row.state

    @display(description="Why")
    def why(self, row: HookDelivery) -> str:
        if row.state == State.WAITING and row.reason:
            return f"{row.reason}; tried again from {date(row.due_at, 'Y-m-d H:i:s')} UTC on"
        return row.reason or row.get_state_display()

    @display(description="Headers")
    def headers(self, row: HookDelivery) -> str:
        """Without what is signed: a signature is of one try."""
        said = (
            f"Content-Type: application/json; charset=utf-8\nX-Watchbill-Event: {row.event}\n"
            f"X-Watchbill-Delivery: {row.message_id}\nX-Watchbill-Signature: t=(of each try),v1=…\n"
            f"webhook-id: {row.message_id}\nwebhook-timestamp: (of each try)\nwebhook-signature: v1,…"
        )
        return format_html(CODE, linebreaksbr(said))

    @display(description="Body, laid out")
    def body(self, row: HookDelivery) -> str:
        return format_html(CODE, json.dumps(json.loads(following.compose(row)), indent=2, ensure_ascii=False))


def log_of(webhook: int, **more: str) -> str:
    """The address of the log of one webhook."""
    asked = "&".join(f"{name}={value}" for name, value in {"webhook": webhook, **more}.items())
    return f"{reverse('admin:escalation_hookdelivery_changelist')}?{asked}"
