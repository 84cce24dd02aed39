"""What lists of messages are filtered and searched by."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import HttpRequest

from paging.core.address import OPEN
from paging.core.rules import HIGH, INFO, LOW
from paging.models import Notification
from people.models import User
from people.permissions import PRIVATE

URGENCIES = {HIGH: "high", LOW: "low", INFO: "a notice, which pages nobody"}


class UrgencyFilter(admin.SimpleListFilter):
    title = "urgency"
    parameter_name = "urgency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(URGENCIES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(page__urgency=self.value()) if self.value() in URGENCIES else queryset


class ProviderFilter(admin.SimpleListFilter):
    title = parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = (
            Notification.objects.exclude(provider="").order_by("provider").values_list("provider", flat=True)
        )
        return [(name, name) for name in names.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(provider=self.value()) if self.value() else queryset


class PersonFilter(admin.RelatedOnlyFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "person"


def readable(user: User, *, page: str) -> Q:
    """The messages that `user` may read: all but those about private things of others, which say whose these
    are and that there is something.
    """
    if user.is_superuser:
        return Q()
    private = Q(*(Q(**{f"{page}__cause__startswith": f"{kind}:"}) for kind in PRIVATE), _connector=Q.OR)
    return ~private | Q(**{f"{page}__user": user.pk})


def searchable(method: str) -> Case:
    """The address of a contact method where it is no key: what can be searched can be guessed bit by bit."""
    return Case(When(**{f"{method}__kind__in": OPEN}, then=F(f"{method}__address")), default=Value(""))
