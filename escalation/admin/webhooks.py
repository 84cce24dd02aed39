"""What steps tell of incidents, in a form that a program reads, and what follows them."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display

from escalation.actions import config, following, webhooks
from escalation.actions.following import standing
from escalation.admin.deliveries import log_of
from escalation.forms.webhook import WebhookForm
from escalation.models import EscalationPolicy, Follower, HookDelivery, Webhook
from escalation.permissions import may_change_webhook
from oncall.selectors import announcing_to
from paging.actions.hooks import former_secret
from paging.core.address import masked
from paging.core.signing import spelled
from paging.selectors import posted
from people import clock
from people.forms import ShortDurationField
from people.recorded import Retirable, actor_of, user_of

FOLLOWS = ("follow_all", "follow_teams", "follow_services", "follow_events")
SHOWN = (
    "address", "told_by", "secret", "standard_secret", "former", "follows_what", "does", "log", "posted",
)  # fmt: skip
SELECTED = "<code style='user-select:all;overflow-wrap:anywhere'>{}</code>"
PK = re.compile(r"[0-9]{1,18}", re.ASCII)


@admin.register(Webhook)
class WebhookAdmin(Retirable):
    """Addresses that steps tell. They belong to no team: every manager edits them and reads their secrets.
    Those that follow incidents are edited by who manages all that they follow.
    """

    form = WebhookForm
    refusals = (config.ConfigError,)
    list_display = ("name", "address", "told_by", "follows_what", "does", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("test", "new_secret", "retire")
    page_actions: ClassVar[Sequence[str]] = ("test", "resume", "replay_failed", "new_secret", "retire")
    page_questions: ClassVar[Mapping[str, str]] = {"replay_failed": "Since: 24h, 3d, 2026-11-28 06:00"}
    main_action = "test"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Its key is another table's, so Django does not ask whether a number fits the column."""
        return super().get_object(request, object_id, from_field) if PK.fullmatch(object_id) else None

    def team_of(self, row: Webhook) -> None:
        """None of its own."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_change_webhook(user_of(request), obj))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"user": user_of(request)})

    def buttons(self, request: HttpRequest, obj: Any) -> Sequence[str]:
        """To follow again where it was given up or rests; to post again where something failed."""
        row = Follower.objects.filter(pk=obj.pk).first()
        rests = row is not None and (row.ended_at is not None or row.rest_until is not None)
        failed = obj.deliveries.filter(state=HookDelivery.State.FAILED)
        offered = {"resume": rests, "replay_failed": row is not None and failed.exists()}
        return [name for name in self.page_actions if offered.get(name, True)]

    def get_fieldsets(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        if obj is None:
            return (
                (None, {"fields": ("name", "url", "own_secret")}),
                ("What it follows", {"fields": FOLLOWS}),
            )
        if not self.has_change_permission(request, obj):
            shown = ("name", "address", "told_by", "follows_what", "does", "log", "posted")
            return ((None, {"fields": shown}),)
        return (
            (None, {"fields": ("name", "url", "told_by")}),
            ("What signs its events", {"fields": ("secret", "standard_secret", "former", "own_secret")}),
            ("What it follows", {"fields": ("does", "log", *FOLLOWS)}),
            ("What steps and schedules posted last", {"fields": ("posted",)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *(SHOWN if obj else ()))

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

    @display(description="Follows")
    def follows_what(self, row: Webhook) -> str:
        return following.in_words(following.spec_of(Follower.objects.filter(pk=row.pk).first()))

    @display(description="Server")
    def does(self, row: Webhook) -> str:
        return standing(Follower.objects.filter(pk=row.pk).first())

    @display(description="Every event, and each try")
    def log(self, row: Webhook) -> str:
        return format_html(
            '<a class="underline" href="{}">the log</a>, <a class="underline" href="{}">what failed</a>',
            log_of(row.pk),
            log_of(row.pk, state__exact=HookDelivery.State.FAILED),
        )

    @display(description="Secret")
    def secret(self, row: Webhook) -> str:
        there = webhooks.pointed(row)
        return format_html(SELECTED, there.signing_secret if there else "-")

    @display(description="As libraries of Standard Webhooks take it")
    def standard_secret(self, row: Webhook) -> str:
        there = webhooks.pointed(row)
        return format_html(SELECTED, spelled(there.signing_secret) if there else "-")

    @display(description="The former one")
    def former(self, row: Webhook) -> str:
        there = webhooks.pointed(row)
        if there is None or not former_secret(there, now=clock.now()):
            return "signs no more"
        return f"signs, too, until {date(there.former_until, 'Y-m-d H:i')} UTC"

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
            row = webhooks.create_webhook(name=form.cleaned_data["name"], by=by, now=now, **said)
        else:
            row = webhooks.change_webhook(webhook=row, by=by, now=now, **said)
        following.set_follows(webhook=row, spec=form.spec(), by=by, now=now)
        return row

    @action(description="Send a test event")
    def test(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        done = "A test event is on its way; look again in a moment what came of it"
        self._each(request, queryset, webhooks.try_webhook, done=done)

    @action(description="New secret")
    def new_secret(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        done = "Signed with a new secret from now on, and for 24 hours with the former one, too"
        self._each(request, queryset, webhooks.renew_secret, done=done)

    @action(description="Follow again")
    def resume(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        self._each(request, queryset, following.resume, done="Events are posted again")

    @action(description="Post again what failed")
    def replay_failed(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        since = _since(request.POST.get("why", ""), now=clock.now())
        if since is None:
            messages.error(request, "Say since when, such as 24h, 3d or 2026-11-28 06:00 (UTC).")
            return
        by, now = actor_of(request), clock.now()

        def post_again(row: Webhook) -> None:
            again, left = following.replay_failed(webhook=row, since=since, by=by, now=now)
            more = f"; {left} more are left for another time" if left else ""
            messages.info(request, f"{again} events of {row} are posted again{more}.")

        self.each(request, queryset, post_again, done="Posted again")

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        self._each(request, queryset, webhooks.retire_webhook, done="Retired")

    def _each(self, request: HttpRequest, rows: QuerySet[Webhook], verb: Any, *, done: str) -> None:
        said = {"by": actor_of(request), "now": clock.now()}
        self.each(request, rows, lambda row: verb(webhook=row, **said), done=done)


def _since(said: str, *, now: datetime) -> datetime | None:
    """A length of time before now, a day, or a moment; in UTC where it does not say. None: none of these."""
    with suppress(ValidationError, ValueError, OverflowError):
        ago = ShortDurationField(required=False).clean(said)
        return now - ago if ago else None
    with suppress(ValueError, OverflowError):
        day = parse_date(said.strip())
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(said.strip())  # noqa: DTZ001
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
