"""Disputes in the admin: the thread, an answer, and an end."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from oncall.actions.refusal import Refused
from oncall.compensation.actions.disputes import answer, close
from oncall.compensation.admin.filters import TeamFilter
from oncall.compensation.models import Dispute, DisputeMessage
from oncall.compensation.permissions import may_approve
from oncall.compensation.selectors import seen
from people import clock
from people.recorded import ByVerb, Shown, actor_of, user_of

ENDS = [("", "It stays open"), ("accepted", "Accept it"), ("declined", "Decline it")]
STATES = {"open": "warning", "accepted": "success", "declined": "danger", "withdrawn": "default"}
ABOUT = ("person", "line", "became", "opened_at", "closed_at", "closed_by")
ANSWER = ("said", "end", "amount", "currency", "lieu_minutes")


class AnswerForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's forms take no parameters when they run
    """What is said, and how it ends. What it makes good is paid in the first open month."""

    said = forms.CharField(
        label="Answer", max_length=4000, widget=UnfoldAdminTextareaWidget, help_text="The person reads it."
    )
    end = forms.ChoiceField(label="And", choices=ENDS, required=False, widget=UnfoldAdminSelectWidget)
    amount = forms.DecimalField(
        required=False,
        max_digits=14,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Where it is accepted: what makes it good.",
    )
    currency = forms.CharField(required=False, max_length=3, widget=UnfoldAdminTextInputWidget)
    lieu_minutes = forms.IntegerField(required=False, widget=UnfoldAdminIntegerFieldWidget)

    class Meta:
        model = Dispute
        fields: tuple[str, ...] = ()


class MessageRows(Shown):
    model = DisputeMessage
    fields = ("at", "by", "text")
    readonly_fields = fields
    ordering = ("pk",)
    verbose_name_plural = "thread"


class PersonsTeam(TeamFilter):
    person = "statement__user"


@admin.register(Dispute)
class DisputeAdmin(ByVerb):
    """What people say is wrong with their pay. Opened by themselves, on their statement's page."""

    form = AnswerForm
    refusals = (Refused,)
    list_display = ("person", "month", "line", "became", "opened_at")
    list_filter = ("state", PersonsTeam, ("statement__user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("statement__user__username", "statement__user__name", "line")
    list_select_related = ("statement__user", "closed_by")
    ordering = ("closed_at", "-opened_at", "-pk")
    inlines = (MessageRows,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispute]:
        rows: QuerySet[Dispute] = super().get_queryset(request).select_related("statement__user")
        return rows.filter(seen(user_of(request), user="statement__user", month="statement__month"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super(ByVerb, self).has_change_permission(request, obj)
        return allowed and (obj is None or self._decides(request, obj))

    def _decides(self, request: HttpRequest, obj: Dispute) -> bool:
        statement = obj.statement
        open_still = obj.state == Dispute.State.OPEN
        return open_still and may_approve(user_of(request), statement.user, month=statement.month)

    def get_readonly_fields(self, request: HttpRequest, obj: Dispute | None = None) -> Any:
        return ABOUT

    def get_fieldsets(self, request: HttpRequest, obj: Dispute | None = None) -> Any:
        about: list[Any] = [(None, {"fields": ABOUT})]
        if obj is not None and self.has_change_permission(request, obj):
            about.append(("Answer", {"fields": ANSWER}))
        return about

    @display(description="Person", ordering="statement__user__username")
    def person(self, row: Dispute) -> str:
        return str(row.statement)

    @display(description="Month", ordering="statement__month")
    def month(self, row: Dispute) -> str:
        return f"{row.statement.month:%B %Y}"

    @display(description="State", ordering="state", label=STATES)
    def became(self, row: Dispute) -> str:
        return row.state

    def write(
        self, request: HttpRequest, row: Dispute | None, form: Any, formsets: Mapping[type, Any]
    ) -> Dispute:
        if row is None:
            raise Refused("A dispute is opened by the person paid, on their statement's page.")
        given, by, now = form.cleaned_data, actor_of(request), clock.now()
        if not given["end"]:
            answer(dispute=row, text=given["said"], by=by, now=now)
            return row
        return close(
            dispute=row,
            state=given["end"],
            text=given["said"],
            amount=given["amount"],
            currency=given["currency"],
            lieu_minutes=given["lieu_minutes"] or 0,
            by=by,
            now=now,
        )
