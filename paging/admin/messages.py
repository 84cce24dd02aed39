"""Every message and what became of it, how the providers do, and the outbox: each call of a provider."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr, truncatechars
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display
from unfold.views import ChangeList

from paging.actions.spending import month_start
from paging.core.cause import is_test
from paging.core.rules import HIGH, INFO, LOW
from paging.models import Attempt, Notification, Page
from paging.selectors import carried, costs, spent
from people.recorded import ReadOnly, Shown

DAYS = ("1", "7", "30")
TITLE = 90  # characters of what a message is about
WORDS = 200  # characters of a message in a list
MOST_NAMED = 50
State = Notification.State
STATES = {
    State.PENDING: "default",
    State.CLAIMED: "default",
    State.SENT: "info",
    State.DELIVERED: "success",
    State.UNDELIVERED: "danger",
    State.FAILED: "danger",
    State.BUNDLED: "default",
    State.SUPPRESSED: "default",
    State.UNKNOWN: "warning",
}
URGENCIES = {HIGH: "high", LOW: "low", INFO: "a notice, which pages nobody"}


class AttemptTold:
    """How an attempt is read, in rows and on its own page."""

    @display(description="Text")
    def text(self, row: Attempt) -> str:
        texts = "\n\n".join(filter(None, (row.subject, row.body)))
        return format_html("{}", linebreaksbr(texts, autoescape=True))

    @display(description="Answered after")
    def took(self, row: Attempt) -> str:
        return "-" if row.took_ms is None else f"{row.took_ms} ms"

    @display(description="Cost")
    def price(self, row: Attempt) -> str:
        return "-" if row.cost is None else f"{row.cost.normalize():f} {row.currency}"

    @display(description="Provider's id")
    def named(self, row: Attempt) -> str:
        """A long word, which may be broken where the page is narrow."""
        return format_html('<span style="word-break:break-all">{}</span>', row.provider_id or "-")


class AttemptRows(AttemptTold, Shown):
    model = Attempt
    fields = ("at", "provider", "accepted", "error", "named", "took", "price", "text")
    readonly_fields = fields
    ordering = ("id",)
    verbose_name_plural = "attempts: each call of a provider"


class UrgencyFilter(admin.SimpleListFilter):
    title = "urgency"
    parameter_name = "urgency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(URGENCIES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(page__urgency=self.value()) if self.value() in URGENCIES else queryset


class ProviderFilter(admin.SimpleListFilter):
    title = parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = (
            Notification.objects.exclude(provider="").order_by("provider").values_list("provider", flat=True)
        )
        return [(name, name) for name in names.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class PersonFilter(admin.RelatedOnlyFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "person"


class NotificationList(ChangeList):
    """What each of them cost, in one query for the whole list."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        _add_costs(rows)
        self.result_list = rows


def _add_costs(rows: Collection[Any]) -> None:
    found = costs([row.pk for row in rows])
    for row in rows:
        row.cost = ", ".join(f"{cost.normalize():f} {currency}" for currency, cost in found.get(row.pk, ()))


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    """Every message that was to leave, sent or not, and why; and how the providers do."""

    said = "Every message that was to leave, sent or not, and why. The outbox has each call of a provider."
    list_before_template = "paging/said.html"
    actions_list = ("delivery",)
    list_display = ("due_at", "person", "method", "about", "became", "why", "handed_to", "price")
    list_filter = (
        UrgencyFilter,
        "state",
        "method__kind",
        ProviderFilter,
        ("page__user", PersonFilter),
    )
    search_fields = (
        "page__user__username",
        "page__user__name",
        "method__address",
        "page__cause",
        "page__facts__title",
        "reason",
    )
    date_hierarchy = "due_at"
    ordering = ("-due_at", "-id")
    inlines = (AttemptRows,)
    fields = (
        ("person", "method"),
        ("about", "urgency"),
        ("state", "reason"),
        ("due_at", "sent_at"),
        ("provider", "attempts"),
        ("said_by", "speaks_for"),
    )
    readonly_fields = ("person", "about", "urgency", "said_by", "speaks_for")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return super().get_queryset(request).select_related("page__user", "method")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        """Also by the id that a provider gave to an attempt, whole: that is how one asks a provider."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        named = Attempt.objects.filter(provider_id=search_term.strip()).exclude(provider_id="")
        return found | queryset.filter(pk__in=named.values("notification")), repeats

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NotificationList

    @action(description="How the providers do", url_path="delivery", permissions=["delivery"])
    def delivery(self, request: HttpRequest) -> HttpResponse:
        """`delivery?days=7`: what each provider took, what came to phones, how fast, and what it cost."""
        now, asked = timezone.now(), request.GET.get("days", "")
        days = int(asked) if asked in DAYS else 7
        begins = month_start(now)
        context = {
            **self.admin_site.each_context(request),
            "title": "How the providers do",
            "days": days,
            "choices": [int(one) for one in DAYS],
            "rows": carried(since=now - timedelta(days=days)),
            "month": begins,
            "spent": spent(since=begins, currency=settings.PRICES.currency),
            "currency": settings.PRICES.currency,
            "cap": settings.SPENDING_CAP,
        }
        return TemplateResponse(request, "paging/delivery.html", context)

    def has_delivery_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description="Person", ordering="page__user__username")
    def person(self, row: Notification) -> str:
        return str(row.page.user)

    @display(description="About")
    def about(self, row: Notification) -> str:
        return _about(row.page)

    @display(description="Urgency")
    def urgency(self, row: Notification) -> str:
        return URGENCIES.get(row.page.urgency, row.page.urgency)

    @display(description="State", ordering="state", label=STATES)
    def became(self, row: Notification) -> str:
        return row.state

    @display(description="Why")
    def why(self, row: Notification) -> str:
        """Its reason; where there is none, what the state means."""
        return row.reason or row.get_state_display()

    @display(description="Handed to", ordering="provider")
    def handed_to(self, row: Notification) -> str:
        times = f", {row.attempts} times" if row.attempts > 1 else ""
        return f"{row.provider}{times}" if row.provider else "-"

    @display(description="Cost")
    def price(self, row: Any) -> str:
        return row.cost or "-"

    @display(description="Said by")
    def said_by(self, row: Notification) -> str:
        return "-" if row.bundled_into is None else _linked(row.bundled_into)

    @display(description="Also says")
    def speaks_for(self, row: Notification) -> str:
        others = row.members.select_related("page").order_by("id")
        return format_html_join(", ", "{}", ((_about(one.page),) for one in others[:MOST_NAMED])) or "-"


def _about(page: Page) -> str:
    """What an incident is called, and its page; of anything else what its message is titled."""
    facts = page.facts
    title = truncatechars(f"{facts.get('reference', '')} {facts.get('title', '')}".strip(), TITLE)
    if page.urgency == INFO or is_test(page.cause):
        return title
    return format_html(
        '<a class="underline" style="display:inline-block;min-width:9rem" href="{}">{}</a>',
        facts["path"],
        title,
    )


def _linked(row: Notification) -> str:
    return format_html(
        '<a class="underline" href="{}">{}</a>',
        reverse("admin:paging_notification_change", args=[row.pk]),
        row,
    )


@admin.register(Attempt)
class AttemptAdmin(AttemptTold, ReadOnly):
    """The outbox: each message as it was handed over, newest first."""

    said = (
        "Each call of a provider, as it was handed over. What became of a message stands in its notification."
    )
    list_before_template = "paging/said.html"
    list_display = ("at", "person", "via", "provider", "accepted", "words", "error", "price")
    list_filter = (
        "provider",
        "accepted",
        "notification__method__kind",
        ("notification__page__user", PersonFilter),
    )
    search_fields = (
        "subject",
        "body",
        "provider_id",
        "notification__page__user__username",
        "notification__method__address",
    )
    date_hierarchy = "at"
    ordering = ("-id",)
    fields = (
        ("at", "took"),
        ("person", "via"),
        ("became", "price"),
        ("provider", "named"),
        ("accepted", "error"),
        "text",
    )
    readonly_fields = ("person", "via", "became", "text", "took", "price", "named")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        return (
            super().get_queryset(request).select_related("notification__page__user", "notification__method")
        )

    @display(description="Person", ordering="notification__page__user__username")
    def person(self, row: Attempt) -> str:
        return str(row.notification.page.user)

    @display(description="To")
    def via(self, row: Attempt) -> str:
        return str(row.notification.method)

    @display(description="What became of it")
    def became(self, row: Attempt) -> str:
        return _linked(row.notification)

    @display(description="Message")
    def words(self, row: Attempt) -> str:
        return truncatechars(row.subject or row.body, WORDS)
