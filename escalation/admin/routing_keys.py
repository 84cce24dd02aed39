"""One routing key: a page of its own, reached from its service, for whoever may edit that."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from escalation.admin.mapping import MappingPage
from escalation.models import RoutingKey
from people.recorded import ReadOnly, teams_of, user_of


@admin.register(RoutingKey)
class RoutingKeyAdmin(MappingPage, ReadOnly):
    """Keys are secrets of the team: nobody else sees that there is one."""

    list_display = ("name", "service", "created_at")
    list_select_related = ("service",)
    search_fields = ("name", "service__name")
    ordering = ("service__name", "name")
    fields = ("name", "service", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingKey]:
        rows: QuerySet[RoutingKey] = super().get_queryset(request).filter(revoked_at=None)
        if user_of(request).is_superuser:
            return rows
        return rows.filter(Q(service__team__in=teams_of(request)) | Q(service__team=None))

    def get_model_perms(self, request: HttpRequest) -> dict[str, Any]:
        """Not in the menu: its way leads over the service."""
        return {}
