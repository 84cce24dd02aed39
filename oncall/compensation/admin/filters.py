"""What lists of pay are filtered by. No filter names what its reader may not see."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from oncall.compensation.core.months import in_words
from people.recorded import teams_of

MONTHS_LISTED = 36


class MonthFilter(admin.SimpleListFilter):
    title = parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.get_queryset(request).order_by("-month").values_list("month", flat=True)
        return [(f"{month:%Y-%m}", in_words(month)) for month in rows.distinct()[:MONTHS_LISTED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        if not asked:
            return queryset
        try:
            return queryset.filter(month=date.fromisoformat(f"{asked}-01"))
        except ValueError:
            return queryset.none()


class TeamFilter(admin.SimpleListFilter):
    """The teams whose pay one decides about; `person` is where the row keeps its person."""

    title = parameter_name = "team"
    person = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(team.pk), team.name) for team in teams_of(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.value()
        if not asked:
            return queryset
        team = teams_of(request).filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
        if team is None:
            return queryset.none()
        return queryset.filter(**{f"{self.person}__in": team.members.values("pk")})
