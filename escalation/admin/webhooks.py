"""What steps tell of incidents, in a form that a program reads."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display

from escalation.actions import config, webhooks
from escalation.forms.webhook import WebhookForm
from escalation.models import (
    EscalationPolicy,
    Webhook,
)
from oncall.selectors import announcing_to
from paging.core.address import masked
from paging.selectors import posted
from people import clock
from people.recorded import (
    Retirable,
    actor_of,
)

PK = re.compile(r"[0-9]{1,18}", re.ASCII)


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
        tells = [policy.name for policy in named.order_by("name")]
        tells += [f"schedule {schedule.name}" for schedule in announcing_to(row.pk)]
        return ", ".join(tells) or "no escalation policy"

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
