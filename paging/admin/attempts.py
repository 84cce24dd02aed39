"""The outbox: each message as it was handed over to a provider, and what that answered."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr, truncatechars
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from paging.admin.filters import PersonFilter, readable, searchable
from paging.models import Attempt, Notification
from people.recorded import ReadOnly, Shown, user_of

WORDS = 200  # characters of a message in a list


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
        "open_address",
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
        rows: QuerySet[Attempt] = super().get_queryset(request)
        rows = rows.select_related("notification__page__user", "notification__method")
        rows = rows.filter(readable(user_of(request), page="notification__page"))
        return rows.alias(open_address=searchable("notification__method"))

    @display(description="Person", ordering="notification__page__user__username")
    def person(self, row: Attempt) -> str:
        return str(row.notification.page.user)

    @display(description="To")
    def via(self, row: Attempt) -> str:
        return str(row.notification.method)

    @display(description="What became of it")
    def became(self, row: Attempt) -> str:
        return linked(row.notification)

    @display(description="Message")
    def words(self, row: Attempt) -> str:
        return truncatechars(row.subject or row.body, WORDS)


def linked(row: Notification) -> str:
    return format_html(
        '<a class="underline" href="{}">{}</a>',
        reverse("admin:paging_notification_change", args=[row.pk]),
        row,
    )
