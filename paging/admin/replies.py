"""What people sent us: from whom, what we took it for, and what we answered."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from paging.admin.filters import PersonFilter
from paging.models import Inbound
from people.recorded import ReadOnly

HEARD = {"done": "success", "carrier": "info", "wrong": "warning"}


@admin.register(Inbound)
class InboundAdmin(ReadOnly):
    """What people sent us, newest first: from whom, what we took it for, and what we answered. Of a stranger
    neither number nor address is kept. Calls to the on-call have a list of their own.
    """

    list_display = ("at", "person", "way", "said", "meant", "became", "answer")
    list_filter = ("outcome", "via", ("user", PersonFilter))
    search_fields = ("user__username", "user__name", "sender", "said", "answer")
    date_hierarchy = "at"
    ordering = ("-id",)
    fields = ("at", "person", "way", "said", "meant", "result", "answer", "provider", "provider_id")
    readonly_fields = ("person", "way", "meant", "result")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbound]:
        return super().get_queryset(request).select_related("user")

    @display(description="From", ordering="user__username")
    def person(self, row: Inbound) -> str:
        return str(row.user) if row.user else "nobody we know"

    @display(description="By", ordering="via")
    def way(self, row: Inbound) -> str:
        return f"{row.get_via_display()} {row.sender}"

    @display(description="Understood", empty_value="nothing")
    def meant(self, row: Inbound) -> str | None:
        return row.understood or None

    @display(description="What came of it", ordering="outcome", label=HEARD)
    def became(self, row: Inbound) -> tuple[str, str]:
        return row.outcome, row.outcome

    @display(description="What came of it")
    def result(self, row: Inbound) -> str:
        return row.get_outcome_display()
