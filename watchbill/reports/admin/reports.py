"""Reports as they were stored, what became of their mails, and what is to be done about noise: looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.decorators import display

from people.recorded import ReadOnly, teams_of
from watchbill.reports.models import Delivery, FollowUp, StoredReport


def page_of(row: StoredReport) -> str:
    """Where people read it."""
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="/load/reports/{}/">the report</a>', row.uid
    )


@admin.register(StoredReport)
class StoredReportAdmin(ReadOnly):
    """Of a manager's own teams."""

    list_display = ("team", "kind", "about", "since", "until", "red", "amber", "green", "pages", "read")
    list_filter = ("kind",)
    list_select_related = ("team", "about")
    search_fields = ("team__name", "about__username")
    date_hierarchy = "until"
    ordering = ("-until", "-pk")
    fields = (
        "read", "team", "kind", "about", "shift", ("since", "until"), "made_at", ("red", "amber", "green"),
        "pages",
    )  # fmt: skip
    readonly_fields = ("read",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoredReport]:
        rows: QuerySet[StoredReport] = super().get_queryset(request)
        return rows.filter(team__in=teams_of(request)).defer("body")

    @display(description="Its page")
    def read(self, row: StoredReport) -> str:
        return page_of(row)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("report", "user", "state", "due_at", "tries", "sent_at", "error")
    list_filter = ("state",)
    list_select_related = ("report__team", "user")
    search_fields = ("report__team__name", "user__username")
    ordering = ("-due_at", "-pk")
    fields = ("report", "read", "user", "what_became", "due_at", "sent_at", "tries", "error")
    readonly_fields = ("read", "what_became")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.filter(report__team__in=teams_of(request)).defer("report__body")

    @display(description="Its page")
    def read(self, row: Delivery) -> str:
        return page_of(row.report)

    @display(description="State")
    def what_became(self, row: Delivery) -> str:
        """In words, with what to do."""
        if row.state == Delivery.State.GIVEN_UP:
            return "Given up, for the reason below. The report can be read at its page."
        if row.state == Delivery.State.KEPT:
            return "Not sent: no mail is set up (EMAIL_URL or MAIL_API). The report can be read at its page."
        if row.state == Delivery.State.SENT:
            return "Sent."
        return "Tried again when it is due." if row.tries else "Waiting for its time."


@admin.register(FollowUp)
class FollowUpAdmin(ReadOnly):
    """They are opened and closed on the team's page of pager load."""

    list_display = ("what", "key", "service", "team", "owner", "due", "is_open", "outcome")
    list_filter = (("done_at", admin.EmptyFieldListFilter),)
    list_select_related = ("team", "owner")
    search_fields = ("what", "key", "service", "owner__username")
    ordering = ("due", "pk")
    fields = (
        "team", ("service", "key"), "what", ("owner", "due"), ("created_at", "created_by"),
        ("done_at", "done_by"), "outcome",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[FollowUp]:
        rows: QuerySet[FollowUp] = super().get_queryset(request)
        return rows.filter(team__in=teams_of(request))

    @display(description="Open", boolean=True)
    def is_open(self, row: Any) -> bool:
        return row.done_at is None
