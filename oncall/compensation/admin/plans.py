"""Pay plans in the admin: what each pays and whom, by the versions that say so."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from oncall.actions.refusal import Refused
from oncall.advice import sentences
from oncall.compensation.actions import plans
from oncall.compensation.actions.assigning import name_of
from oncall.compensation.advising import about_plans
from oncall.compensation.forms import powers, told
from oncall.compensation.forms.plans import PlanForm
from oncall.compensation.models import Assignment, PayPlan, PlanVersion
from people import clock
from people.recorded import Retirable, actor_of, user_of

SHOWN_VERSIONS = 20
SAID_ONCE = (
    "A person is paid by one plan at a time: their own, else that of their place, else that of a team."
)


@admin.register(PayPlan)
class PlanAdmin(Retirable):
    """The page shows the version that begins last; `?version=` another one of the plan."""

    form = PlanForm
    change_form_template = "compensation/plan.html"
    refusals = (Refused,)
    list_display = ("name", "currency", "pays", "version_count", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter), "currency")
    search_fields = ("name",)
    ordering = ("name",)
    actions = ("retire",)
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": ("name", "currency", ("effective_from", "effective_until"), "editing")}),
        ("Whom it pays", {"fields": ("people", "teams", "places"), "description": SAID_ONCE}),
        (
            "Standby",
            {"fields": ("role_factors", "precedence", "overlap", "minimum_per_shift")},
        ),
        (
            "Call-outs",
            {
                "fields": (
                    "call_outs",
                    "working",
                    ("merge", "minimum"),
                    ("round_up_to", "longest"),
                    ("call_out_amount", "call_out_per"),
                    ("times_weekday", "times_evening"),
                    ("times_night", "times_weekend"),
                    "times_holiday",
                )
            },
        ),
        (
            "Time in lieu, for call-outs",
            {
                "fields": (
                    ("lieu_rate", "lieu_expires"),
                    ("lieu_awake", "lieu_woken"),
                    ("lieu_further_hour", "lieu_day"),
                )
            },
        ),
        (
            "Cap and rounding",
            {
                "fields": (
                    ("cap_hours", "cap_amount"),
                    ("cap_per", "cap_warn"),
                    ("rounding_mode", "rounding_per"),
                    "rounding_unit",
                    "why",
                )
            },
        ),
    )

    class Media:
        css = {"all": ("oncall/strip.css",)}
        js = ("compensation/rows.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PayPlan]:
        paid = Assignment.objects.filter(until=None).select_related("user", "team").order_by("pk")
        versions = PlanVersion.objects.prefetch_related(Prefetch("assignments", paid))
        rows: QuerySet[PayPlan] = super().get_queryset(request)
        shown = rows.filter(pk__in=powers.seen(user_of(request)))
        return shown.prefetch_related(Prefetch("versions", versions))

    def team_of(self, row: PayPlan) -> None:
        """None of its own: see `powers`."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or powers.may_change(user_of(request), obj))

    def get_fieldsets(self, request: HttpRequest, obj: PayPlan | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("name", "currency")}),)
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "currency") if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change=change, **kwargs)
        asked = request.POST.get("editing") or request.GET.get("version", "")
        own = {"by": user_of(request), "version": _chosen(obj, asked) if obj else None}
        return type(form.__name__, (form,), own)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        plan = self.get_object(request, object_id) if object_id else None
        beside = {"versions": list(_told(plan, clock.now()))} if plan else {}
        return super().changeform_view(request, object_id, form_url, beside | (extra_context or {}))

    def write(
        self, request: HttpRequest, row: PayPlan | None, form: Any, formsets: Mapping[type, Any]
    ) -> PayPlan:
        said, by, now, user = form.cleaned_data, actor_of(request), clock.now(), user_of(request)
        if row is None:
            row = plans.create_plan(name=said["name"], currency=said["currency"], by=by, now=now)
        whom = {name: said[name] for name in ("people", "teams", "places")}
        begins_to = not powers.pays(row, user) and powers.would_pay(user, **whom)
        itself = begins_to or powers.pays(row, user)
        plans.set_version(
            plan=row,
            effective_from=form.begins(),
            effective_until=said["effective_until"],
            terms=form.terms,
            **whom,
            by=by,
            now=now,
            why="; ".join(part for part in (said["why"], powers.ITSELF if itself else "") if part),
        )
        if begins_to and not powers.may_change(user, row):
            raise Refused(
                "This would pay yourself. Let somebody else write it: another administrator, or a manager of "
                "a team that it pays."
            )
        for sentence in sentences(about_plans(Q(plan=row, effective_from=form.begins()))):
            messages.warning(request, sentence)
        return row

    @display(description="Pays")
    def pays(self, plan: PayPlan) -> str:
        version = _in_order(plan)[-1] if _in_order(plan) else None
        return ", ".join(name_of(one) for one in version.assignments.all()) if version else "nobody"

    @display(description="Versions")
    def version_count(self, plan: PayPlan) -> int:
        return len(plan.versions.all())

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[PayPlan]) -> None:
        def stop(plan: PayPlan) -> None:
            plans.retire_plan(plan=plan, by=actor_of(request), now=clock.now())

        self.each(request, queryset, stop, done="Retired; they pay nobody from today on")


def _in_order(plan: PayPlan) -> list[PlanVersion]:
    return sorted(plan.versions.all(), key=lambda row: row.effective_from or date.min)


def _chosen(plan: PayPlan, asked: str) -> PlanVersion | None:
    """The version that was asked for, or the one that begins last."""
    versions = _in_order(plan)
    last = versions[-1] if versions else None
    return next((one for one in versions if str(one.pk) == asked), last)


def _told(plan: PayPlan, now: datetime) -> Iterator[dict[str, Any]]:
    """The versions, the latest first, in words."""
    for version in reversed(_in_order(plan)[-SHOWN_VERSIONS:]):
        yield {
            "row": version,
            "lines": list(told.lines(version.terms, plan.currency)),
            "pays": ", ".join(name_of(one) for one in version.assignments.all()) or "nobody",
        }
