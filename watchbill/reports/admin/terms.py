"""What a team finds bearable, in versions; and when and to whom its report goes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from people import clock
from people.recorded import ByVerb, actor_of, teams_of
from watchbill.reports.actions.refusal import Refused
from watchbill.reports.actions.terms import DAYS, set_mailing, set_terms
from watchbill.reports.core.measures import MEASURES
from watchbill.reports.core.thresholds import Limit, Thresholds
from watchbill.reports.forms.terms import MailingForm, TermsForm, told
from watchbill.reports.models import Mailing, Terms

USUAL = Thresholds()
OF_A_TEAM = ("shifts_over_budget", "on_call_share", "uneven_sleep")
COUNTS = ("labels_needed", "pages_needed")


def _pairs(names: Any) -> tuple[Any, ...]:
    return tuple((f"{name}_amber", f"{name}_red") for name in names)


OF_A_SHIFT = tuple(
    name for name in MEASURES if name not in OF_A_TEAM and isinstance(getattr(USUAL, name), Limit)
)


class OfTeams(ByVerb):
    """A team's managers see and change what is of their own teams only; the team stays what it is."""

    refusals = (Refused,)
    list_select_related: ClassVar[tuple[str, ...]] = ("team",)
    search_fields = ("team__name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(team__in=teams_of(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("team",) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "team":  # one that has any is changed where it stands
            kwargs["queryset"] = teams_of(request).exclude(pk__in=self.model.objects.values("team"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Terms)
class TermsAdmin(OfTeams):
    """Saving the version in force makes the next one; those before it are looked at only."""

    form = TermsForm
    list_display = ("team", "number", "in_force", "differs", "created_at", "created_by")
    list_select_related = ("team", "created_by")
    ordering = ("team__name", "-number")
    fieldsets = (
        (None, {"fields": ("team",), "description": "Empty is the usual, which stands in each field."}),
        ("A shift", {"fields": _pairs(OF_A_SHIFT)}),
        ("People and the team", {"fields": _pairs(OF_A_TEAM)}),
        ("Enough to say anything", {"fields": (COUNTS,)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Terms]:
        rows: QuerySet[Terms] = super().get_queryset(request)
        return rows.annotate(newest=Max("team__load_terms__number"))

    def get_fieldsets(self, request: HttpRequest, obj: Terms | None = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ((None, {"fields": ("team", "number", "differs", "created_at", "created_by")}),)
        if obj:
            first = {
                "fields": ("team", "number", "budget"),
                "description": self.fieldsets[0][1]["description"],
            }
            return ((None, first), *self.fieldsets[1:])
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("team", "number", "budget", "differs", "created_at", "created_by") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not hasattr(obj, "newest") or obj.number == obj.newest)

    def write(
        self, request: HttpRequest, row: Terms | None, form: Any, formsets: Mapping[type, Any]
    ) -> Terms:
        team = row.team if row else form.cleaned_data["team"]
        thresholds, by, now = form.cleaned_data["thresholds"], actor_of(request), clock.now()
        made = set_terms(team=team, thresholds=thresholds, by=by, now=now) or row
        if made is None:
            raise Refused("All of this is usual; fill in what shall be another number for this team.")
        return made

    @display(description="In force", boolean=True)
    def in_force(self, row: Any) -> bool:
        return bool(row.number == row.newest)

    @display(description="Other than usual")
    def differs(self, row: Terms) -> str:
        return "; ".join(told(row)) or "nothing"

    @display(description="Pages per shift")
    def budget(self, row: Terms) -> str:
        """Of the team itself."""
        address = reverse("admin:people_team_change", args=[row.team_id])
        return format_html(
            '{} (<a class="text-primary-600 dark:text-primary-500" href="{}">set at the team</a>)',
            row.team.pages_per_shift_budget,
            address,
        )


@admin.register(Mailing)
class MailingAdmin(OfTeams):
    form = MailingForm
    list_display = ("team", "when", "readers", "after_shift")
    ordering = ("team__name",)
    fields = ("team", ("weekday", "at"), "to", "after_shift")
    autocomplete_fields = ("to",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mailing]:
        return super().get_queryset(request).prefetch_related("to")

    def write(
        self, request: HttpRequest, row: Mailing | None, form: Any, formsets: Mapping[type, Any]
    ) -> Mailing:
        given = form.cleaned_data
        said = {name: given[name] for name in ("weekday", "at", "to", "after_shift")}
        team = row.team if row else given["team"]
        made = set_mailing(team=team, by=actor_of(request), now=clock.now(), **said) or row
        if made is None:
            raise Refused("So it is already: Monday at 9, to the team's managers, and after shifts.")
        return made

    @display(description="Made", ordering="weekday")
    def when(self, row: Mailing) -> str:
        return f"{DAYS[row.weekday]} {row.at:%H:%M} ({row.team.time_zone})"

    @display(description="Goes to")
    def readers(self, row: Mailing) -> str:
        return ", ".join(sorted(str(user) for user in row.to.all())) or "its managers"
