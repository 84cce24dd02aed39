"""Statements in the admin: looked at with all their evidence, approved, returned and locked."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.decorators import action, display
from unfold.views import ChangeList

from oncall.actions.refusal import Refused
from oncall.compensation.actions import statements
from oncall.compensation.admin.filters import MonthFilter, TeamFilter
from oncall.compensation.core.months import in_words
from oncall.compensation.currencies import shown
from oncall.compensation.exports.items import hours_in_text
from oncall.compensation.models import Dispute, Statement, StatementLine
from oncall.compensation.permissions import may_approve
from oncall.compensation.selectors import NOTHING, fingerprint, lines_of, seen, totals_of
from oncall.models import Schedule
from people import clock
from people.recorded import ReadOnly, Shown, actor_of, user_of

State = Statement.State
STATES = {State.DRAFT: "warning", State.APPROVED: "info", State.LOCKED: "success"}


class StatementList(ChangeList):
    """What each of them comes to, in one query for the whole list."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Statement] = list(self.result_list)
        found = totals_of(rows)
        for row in rows:
            row.totals = found.get(row.pk, NOTHING)  # type: ignore[attr-defined]
        self.result_list = rows


class LineRows(Shown):
    """Each line, opening to the schedule, to what was laid over it, and to the pages."""

    model = StatementLine
    fields = ("what", "where", "start", "end", "hours", "rate", "paid", "lieu", "evidence", "because")
    readonly_fields = fields
    ordering = ("position",)
    verbose_name_plural = "lines"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        rows: QuerySet[StatementLine] = super().get_queryset(request)
        return rows

    @display(description="What")
    def what(self, row: StatementLine) -> str:
        return f"{row.kind.replace('_', '-')} {row.band}".strip()

    @display(description="On")
    def where(self, row: StatementLine) -> str:
        """The schedule opens: it shows its versions and overrides."""
        if not row.schedule:
            return "-"
        return linked(_schedules(self, row).get(row.schedule), f"{row.role} of {row.schedule}")

    @display(description="Hours")
    def hours(self, row: StatementLine) -> str:
        return hours_in_text(row.seconds)

    @display(description="Paid")
    def paid(self, row: StatementLine) -> str:
        return f"{shown(row.amount, row.currency)} {row.currency}"

    @display(description="In lieu")
    def lieu(self, row: StatementLine) -> str:
        return f"{row.lieu_minutes} min" if row.lieu_minutes else "-"

    @display(description="Because of")
    def evidence(self, row: StatementLine) -> str:
        over = linked(_schedules(self, row).get(row.schedule), row.override) if row.override else ""
        pages = format_html_join(", ", "{}", ((_page(number),) for number in row.pages))
        return format_html("{} {}", over, pages) if over or pages else "-"


def _schedules(rows: Any, line: StatementLine) -> dict[str, str]:
    """By name, the address of each schedule that the statement names; asked once for a page."""
    found: dict[str, str] | None = getattr(rows, "_schedules", None)
    if found is None or line.schedule not in found:
        names = StatementLine.objects.filter(statement=line.statement_id).values("schedule")
        found = {
            name: reverse("admin:oncall_schedule_change", args=[pk])
            for pk, name in Schedule.objects.filter(name__in=names).values_list("pk", "name")
        }
        found = dict.fromkeys([line.schedule], "") | found
        rows._schedules = found  # noqa: SLF001
    return found


def linked(address: str | None, text: str) -> str:
    return format_html('<a class="underline" href="{}">{}</a>', address, text) if address else text


def _page(number: int) -> str:
    address = reverse("admin:paging_notification_changelist")
    return linked(f"{address}?page__id__exact={int(number)}", f"page {number}")


class DisputeRows(Shown):
    model = Dispute
    fields = ("line", "state", "opened_at", "closed_by")
    readonly_fields = fields
    ordering = ("pk",)
    show_change_link = True


@admin.register(Statement)
class StatementAdmin(ReadOnly):
    """What people are owed, month by month. Approved here or on its page by a manager of a team of theirs."""

    refusals = (Refused,)
    list_display = ("user", "of_month", "became", "comes_to", "warned", "disputed", "approved_by")
    list_filter = (MonthFilter, TeamFilter, "state", ("user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("user__username", "user__name")
    list_select_related = ("user", "approved_by")
    ordering = ("-month", "user__username", "pk")
    inlines = (LineRows, DisputeRows)
    fields = (
        ("user", "of_month", "became"),
        "comes_to",
        "warned",
        "reckoned_at",
        ("approved_at", "approved_by"),
        ("locked_at", "locked_by"),
    )
    readonly_fields = ("of_month", "became", "comes_to", "warned")
    actions = ("approve", "lock")
    page_actions = ("approve", "lock", "back_to_draft")
    page_questions: ClassVar[Mapping[str, str]] = {"back_to_draft": "Why it is returned"}
    main_action = "approve"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        rows: QuerySet[Statement] = super().get_queryset(request).filter(seen(user_of(request)))
        open_ones = Count("disputes", filter=Q(disputes__state=Dispute.State.OPEN))
        return rows.annotate(open_disputes=open_ones)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StatementList

    def may_act(self, request: HttpRequest, obj: Statement) -> bool:
        """Each action says itself who may."""
        return self.has_view_permission(request, obj)

    def buttons(self, request: HttpRequest, obj: Statement) -> Sequence[str]:
        if not may_approve(user_of(request), obj.user, month=obj.month):
            return ()
        return {State.DRAFT: ("approve",), State.APPROVED: ("lock", "back_to_draft")}.get(
            State(obj.state), ()
        )

    def page_fields(self, request: HttpRequest, obj: Statement) -> Mapping[str, str]:
        return {"revision": fingerprint(lines_of(obj))}

    @display(description="Month", ordering="month")
    def of_month(self, row: Statement) -> str:
        return in_words(row.month)

    @display(description="State", ordering="state", label=STATES)
    def became(self, row: Statement) -> str:
        return row.state

    @display(description="Comes to")
    def comes_to(self, row: Any) -> str:
        found = row.totals if hasattr(row, "totals") else totals_of([row]).get(row.pk, NOTHING)
        return str(found)

    @display(description="Look at")
    def warned(self, row: Statement) -> str:
        return " ".join(row.warnings) or "-"

    @display(description="Open disputes")
    def disputed(self, row: Any) -> str:
        return str(row.open_disputes or "-")

    @action(description="Approve")
    def approve(self, request: HttpRequest, queryset: QuerySet[Statement]) -> None:
        """As the page showed it, or from the list as it stands there; where that is no longer what is
        reckoned, it is refused.
        """
        looked_at = request.POST.get("revision", "")

        def say_yes(row: Statement) -> None:
            seen_lines = looked_at or fingerprint(lines_of(row))
            statements.approve(statement=row, by=actor_of(request), now=clock.now(), seen=seen_lines)

        self.each(request, queryset, say_yes, done="Approved")

    @action(description="Lock")
    def lock(self, request: HttpRequest, queryset: QuerySet[Statement]) -> None:
        def finish(row: Statement) -> None:
            statements.lock(statement=row, by=actor_of(request), now=clock.now())

        self.each(request, queryset, finish, done="Locked")

    @action(description="Back to draft")
    def back_to_draft(self, request: HttpRequest, queryset: QuerySet[Statement]) -> None:
        def undo(row: Statement) -> None:
            statements.back_to_draft(
                statement=row, why=request.POST.get("why", ""), by=actor_of(request), now=clock.now()
            )

        self.each(request, queryset, undo, done="Drafts again")
