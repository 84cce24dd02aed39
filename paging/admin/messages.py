"""Every message, what became of it and why; and how the providers do."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display
from unfold.views import ChangeList

from paging.actions.spending import month_start
from paging.admin.attempts import AttemptRows, linked
from paging.admin.filters import URGENCIES, PersonFilter, ProviderFilter, UrgencyFilter, readable, searchable
from paging.core.cause import is_test
from paging.core.rules import INFO
from paging.models import Attempt, Notification, Page
from paging.selectors import carried, costs, spent
from people.recorded import ReadOnly, user_of

DAYS = ("1", "7", "30")
TITLE = 90  # characters of what a message is about
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


class NotificationList(ChangeList):
    """What each of them cost, in one query for the whole list."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        found = costs([row.pk for row in rows])
        for row in rows:
            row.cost = ", ".join(f"{cost.normalize():f} {unit}" for unit, cost in found.get(row.pk, ()))
        self.result_list = rows


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
        "open_address",
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
        rows: QuerySet[Notification] = super().get_queryset(request).select_related("page__user", "method")
        rows = rows.filter(readable(user_of(request), page="page"))
        return rows.alias(open_address=searchable("method"))

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
        return "-" if row.bundled_into is None else linked(row.bundled_into)

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
