"""One routing key: a page of its own, reached from its service, for whoever may edit that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.views import ChangeList

from escalation.actions.config import ConfigError
from escalation.actions.key_limits import set_events_per_minute
from escalation.admin.key_chart import chart
from escalation.admin.mapping import MappingPage
from escalation.core.sending import Sending, hints, limit_of, part
from escalation.core.spoken import about
from escalation.forms.routing_key import LimitForm
from escalation.intake import over_limit_now
from escalation.models import LastPost, RoutingKey
from escalation.selectors.senders import minutes, sending
from people import clock
from people.models import Team
from people.recorded import ByVerb, actor_of, teams_of, user_of

OVER = "It is over its limit: posts are refused, and lost unless their sender sends them again."


class KeyList(ChangeList):
    """With what came by those of the page."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        found = sending([row.pk for row in rows], now=clock.now())
        for row in rows:
            row.sending = found[row.pk]
        self.result_list = rows


@admin.register(RoutingKey)
class RoutingKeyAdmin(MappingPage, ByVerb):
    """Keys are secrets of the team: nobody else sees that there is one."""

    form = LimitForm
    refusals = (ConfigError,)
    change_form_template = "escalation/routing_key.html"
    list_display = ("name", "service", "last", "rate", "errors")
    list_select_related = ("service__team",)
    search_fields = ("name", "service__name")
    ordering = ("service__name", "name")
    fields = (("name", "service", "created_at"), "events_per_minute")
    readonly_fields = ("name", "service", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingKey]:
        rows: QuerySet[RoutingKey] = super().get_queryset(request).filter(revoked_at=None)
        rows = rows.select_related("service__team")
        if user_of(request).is_superuser:
            return rows
        teams = teams_of(request)
        return rows.filter(Q(service__team__in=teams) | Q(service__team=None)) if teams else rows.none()

    def get_model_perms(self, request: HttpRequest) -> dict[str, Any]:
        """Not in the menu: its way leads over the service."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """On the page of its service."""
        return False

    def team_of(self, row: RoutingKey) -> Team | None:
        return row.service.team

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeyList

    @display(description="Last event")
    def last(self, row: Any) -> str:
        return str(row.sending.last(clock.now()))

    @display(description="Events in the last hour")
    def rate(self, row: Any) -> str:
        return f"{row.sending.hour:,}"

    @display(description="Refused in the last day")
    def errors(self, row: Any) -> str:
        return f"{row.sending.refused_day:,}"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        row = self.get_object(request, object_id) if object_id else None
        beside = _beside(row, clock.now()) if row is not None else {}
        return super().changeform_view(request, object_id, form_url, beside | (extra_context or {}))

    def write(
        self, request: HttpRequest, row: RoutingKey, form: Any, formsets: Mapping[type, Any]
    ) -> RoutingKey:
        events = form.cleaned_data["events_per_minute"]
        set_events_per_minute(key=row, events=events, by=actor_of(request), now=clock.now())
        return row


def _beside(row: RoutingKey, now: datetime) -> dict[str, Any]:
    """What the page shows beside the form."""
    sent = sending([row.pk], now=now)[row.pk]
    limit = limit_of(row.events_per_minute, site=settings.EVENTS_PER_MINUTE)
    refused = LastPost.objects.filter(key=row, outcome=LastPost.Outcome.REFUSED).first()
    return {
        "last_event_at": sent.last_event_at,
        "figures": _figures(sent, limit, now),
        "chart": chart(minutes(row.pk, now=now), limit=limit),
        "hints": _hints(row, sent, limit, now),
        "refused": refused,
        "refused_ago": refused and about(now - refused.at),
        "refused_body": refused and pretty(refused.body),
    }


def _figures(sent: Sending, limit: int, now: datetime) -> list[tuple[str, str]]:
    of_limit = f" of {limit:,} ({part(sent.minute, limit)} %)" if limit else ", no limit"
    return [
        ("Last event", sent.last(now)),
        ("Events in the last minute", f"{sent.minute:,}{of_limit}"),
        ("in the last hour", f"{sent.hour:,}"),
        ("in the last day", f"{sent.day:,}"),
        ("Refused in the last hour", f"{sent.refused_hour:,}"),
        ("in the last day", f"{sent.refused_day:,}"),
    ]


def _hints(row: RoutingKey, sent: Sending, limit: int, now: datetime) -> list[str]:
    if over_limit_now().filter(pk=row.pk).exists():
        return [OVER, *hints(sent, limit=0, now=now)]
    return hints(sent, limit=limit, now=now)


def pretty(body: str) -> str:
    """JSON with its lines; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return body
