"""Corrections of call-outs in the admin: what is asked for, and a yes or a no to it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from oncall.actions.refusal import Refused
from oncall.compensation.actions.corrections import approve, decline, in_a_sentence, month_of
from oncall.compensation.admin.filters import TeamFilter
from oncall.compensation.called_out import corrections_seen
from oncall.compensation.models import Correction
from oncall.compensation.permissions import may_approve
from people import clock
from people.recorded import ByVerb, actor_of, user_of

APPROVE, DECLINE = "approve", "decline"
DECISIONS = [(APPROVE, "Approve: it counts from now on"), (DECLINE, "Decline: what was found counts")]
STATES = {"asked": "warning", "approved": "success", "declined": "danger", "dropped": "default"}
ABOUT = ("user", "what", "why", "became", "asked_at", "asked_by", "decided_at", "decided_by")
UNDECIDED = (Correction.State.ASKED, Correction.State.APPROVED)


class DecisionForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's forms take no parameters when they run
    decision = forms.ChoiceField(choices=DECISIONS, widget=UnfoldAdminSelectWidget)
    words = forms.CharField(
        label="What you tell them",
        required=False,
        max_length=400,
        widget=UnfoldAdminTextInputWidget,
        help_text="A no needs a reason. The person reads it.",
    )

    class Meta:
        model = Correction
        fields: tuple[str, ...] = ()


@admin.register(Correction)
class CorrectionAdmin(ByVerb):
    """The true times of call-outs, as people say them; in force once another approved them."""

    form = DecisionForm
    refusals = (Refused,)
    list_display = ("user", "what", "became", "asked_by", "asked_at")
    list_filter = ("state", TeamFilter, ("user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("user__username", "user__name", "why")
    list_select_related = ("user", "asked_by", "decided_by")
    ordering = ("decided_at", "-asked_at", "-pk")
    actions = ("approve",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Correction]:
        rows: QuerySet[Correction] = super().get_queryset(request)
        return rows.filter(pk__in=corrections_seen(user_of(request)).order_by().values("pk"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super(ByVerb, self).has_change_permission(request, obj)
        return allowed and (obj is None or self._decides(request, obj))

    def _decides(self, request: HttpRequest, obj: Correction) -> bool:
        user = user_of(request)
        undecided = obj.state in UNDECIDED and obj.asked_by_id != user.pk
        return undecided and may_approve(user, obj.user, month=month_of(obj))

    def may_act(self, request: HttpRequest, obj: Any) -> bool:
        """The verb says itself who may."""
        return self.has_view_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Correction | None = None) -> Any:
        return ABOUT

    def get_fieldsets(self, request: HttpRequest, obj: Correction | None = None) -> Any:
        about: list[Any] = [(None, {"fields": ABOUT})]
        if obj is not None and self.has_change_permission(request, obj):
            about.append(("Decide", {"fields": ("decision", "words")}))
        return about

    @display(description="What it says")
    def what(self, row: Correction) -> str:
        return in_a_sentence(row)

    @display(description="State", ordering="state", label=STATES)
    def became(self, row: Correction) -> str:
        return row.state

    @action(description="Approve")
    def approve(self, request: HttpRequest, queryset: QuerySet[Correction]) -> None:
        def say_yes(row: Correction) -> None:
            approve(correction=row, by=actor_of(request), now=clock.now())

        self.each(request, queryset, say_yes, done="Approved")

    def write(
        self, request: HttpRequest, row: Correction | None, form: Any, formsets: Mapping[type, Any]
    ) -> Correction:
        if row is None:
            raise Refused("A correction is asked for on the page /pay/call-outs.")
        given, by, now = form.cleaned_data, actor_of(request), clock.now()
        if given["decision"] == APPROVE:
            return approve(correction=row, by=by, now=now)
        return decline(correction=row, why=given["words"], by=by, now=now)
