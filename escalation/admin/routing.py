"""Routing rules in the admin: by service, in the order in which they count, each with a try-out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display

from escalation.actions.routing import (
    change_routing_rule,
    create_routing_rule,
    move_routing_rule,
    remove_routing_rule,
)
from escalation.actions.steps import ConfigError
from escalation.admin.trying import Tried
from escalation.advising import advise_routing
from escalation.forms.routing import RoutingRuleForm
from escalation.models import RoutingRule, Service
from escalation.permissions import may_route, may_take_out
from escalation.selectors.routing import makes_of_it, routes_of, routing_rules, spelled_match
from escalation.selectors.tryout import TryOut, try_routing
from people import clock
from people.models import Team
from people.recorded import ByVerb, actor_of, teams_of, user_of

SUPPRESS = "_suppress"
SAID = {
    "service": (
        "What comes by keys of",
        "Each event that comes by a key of this service is held against it.",
    ),
    "to_service": ("Goes to", "Whose policy then pages. Services of teams that you manage, and of no team."),
}


@admin.register(RoutingRule)
class RoutingRuleAdmin(Tried, ByVerb):
    """Moved and taken out by buttons. A rule to a service of another team needs a manager of both."""

    form = RoutingRuleForm
    refusals = (ConfigError,)
    list_display = ("name", "means", "makes", "moves")
    list_display_links = ("name", "means")
    list_filter = ("service",)
    search_fields = ("service__name", "to_service__name")
    fields = ("service", "labels", "to_service", ("severity", "urgency"))
    tried_fields = ("service", "labels", "to_service", "severity", "urgency")
    actions = page_actions = ("move_up", "move_down", "take_out")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoutingRule]:
        return routing_rules()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("service__name", "position", "pk")

    def team_of(self, row: RoutingRule) -> Team | None:
        return row.service.team

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_route(user_of(request), obj.service, obj.to_service))

    def may_act(self, request: HttpRequest, obj: RoutingRule) -> bool:
        """Managers of the service move its rules, and take them out; those to whom one leads do that, too."""
        return may_take_out(user_of(request), obj)

    def buttons(self, request: HttpRequest, obj: RoutingRule) -> Any:
        return self.page_actions if self._may_move(request, obj) else ("take_out",)

    def _may_move(self, request: HttpRequest, row: RoutingRule) -> bool:
        return super().has_change_permission(request, row)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            ()
            if self.has_change_permission(request, obj)
            else ("means", "makes", *super().get_readonly_fields(request))
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return ("service", "means", "makes")
        return self.fields

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        theirs = Service.objects.filter(Q(team__in=teams_of(request)) | Q(team=None), retired_at=None)
        kwargs["queryset"] = theirs.select_related("team").order_by("name")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label, field.help_text = SAID[db_field.name]
        return field

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method == "POST" and SUPPRESS in request.POST:
            return _to_suppress(request, object_id)
        shown = {"suppress_instead": True, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, shown)

    def write(
        self, request: HttpRequest, row: RoutingRule | None, form: Any, formsets: Mapping[type, Any]
    ) -> RoutingRule:
        spec, by, now = form.spec(), actor_of(request), clock.now()
        service = row.service if row else form.cleaned_data["service"]
        if not may_route(user_of(request), service, spec.to_service):
            raise PermissionDenied
        if row is None:
            row = create_routing_rule(service=service, spec=spec, by=by, now=now)
        else:
            row = change_routing_rule(rule=row, spec=spec, by=by, now=now)
        for found in advise_routing(Q(pk=row.pk)):
            messages.warning(request, f"{found.what} {found.mend}")
        return row

    def try_out(self, request: HttpRequest, form: Any) -> TryOut | None:
        route = form.route()
        service = form.instance.service if form.instance.pk else form.cleaned_data["service"]
        others = [one for one in routes_of(service) if one.id != route.id]
        earlier = [one for one in others if not route.number or one.number < route.number]
        to = form.cleaned_data["to_service"]
        return try_routing(service=service, route=route, to=to, earlier=earlier, now=clock.now())

    def act_view(self, request: HttpRequest, object_id: int, action: str) -> HttpResponse:
        """A rule that is moved in the list is seen there, and so is one that is no more."""
        answer = super().act_view(request, object_id, action)
        there = RoutingRule.objects.filter(pk=object_id).exists()
        if answer.status_code == 302 and (not there or "from_list" in request.GET):
            return redirect("admin:escalation_routingrule_changelist")
        return answer

    @display(description="Rule", ordering="service__name")
    def name(self, row: RoutingRule) -> str:
        return f"{row.position} of {row.service}"

    @display(description="Alerts with")
    def means(self, row: RoutingRule) -> str:
        return spelled_match(row)

    @display(description="What becomes of them")
    def makes(self, row: RoutingRule) -> str:
        return makes_of_it(row)

    @display(description="Order")
    def moves(self, row: RoutingRule) -> str:
        """Buttons of the list's own form, each with an address of its own."""
        return format_html(
            "<button {} aria-label='Move {} up'>↑</button> <button {} aria-label='Move {} down'>↓</button>",
            _sends(row, "move_up"),
            row,
            _sends(row, "move_down"),
            row,
        )

    @action(description="Move up")
    def move_up(self, request: HttpRequest, queryset: QuerySet[RoutingRule]) -> None:
        self._move(request, queryset, by=-1, done="Asked earlier now")

    @action(description="Move down")
    def move_down(self, request: HttpRequest, queryset: QuerySet[RoutingRule]) -> None:
        self._move(request, queryset, by=1, done="Asked later now")

    def _move(self, request: HttpRequest, queryset: QuerySet[RoutingRule], *, by: int, done: str) -> None:
        def move(rule: RoutingRule) -> None:
            if not self._may_move(request, rule):
                raise ConfigError(f"{rule} belongs to a team that you do not manage.")
            move_routing_rule(rule=rule, to=rule.position + by, by=actor_of(request), now=clock.now())

        self.each(request, queryset if by < 0 else reversed(queryset), move, done=done)

    @action(description="Take out")
    def take_out(self, request: HttpRequest, queryset: QuerySet[RoutingRule]) -> None:
        def remove(rule: RoutingRule) -> None:
            remove_routing_rule(rule=rule, by=actor_of(request), now=clock.now())

        self.each(request, queryset, remove, done="Taken out; new alerts no longer go by it")


def _sends(row: RoutingRule, name: str) -> str:
    address = reverse("admin:escalation_routingrule_act", args=[row.pk, name])
    return format_html(
        "type='submit' formaction='{}?from_list' formmethod='post' class='{}'",
        address,
        "cursor-pointer px-2 py-1 border border-base-200 rounded-default dark:border-base-700",
    )


def _to_suppress(request: HttpRequest, object_id: str | None) -> HttpResponse:
    """The form of a suppress rule, about the alerts that the form names: those of the service they go to."""
    asked = {"labels": request.POST.get("labels", "")[:20_000], "kind": "suppress"}
    service = request.POST.get("to_service") or request.POST.get("service", "")
    if not service and object_id and object_id.isdecimal():
        row = RoutingRule.objects.filter(pk=int(object_id)).first()
        service = str(row.service_id) if row else ""
    return redirect(f"{reverse('admin:escalation_alertrule_add')}?{urlencode({**asked, 'service': service})}")
