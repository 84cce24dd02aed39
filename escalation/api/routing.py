"""`/api/v1/routing-rules`: what becomes of alerts that come by a service's keys, and what would have."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from escalation.actions.routing import (
    RoutingSpec,
    change_routing_rule,
    create_routing_rule,
    move_routing_rule,
    remove_routing_rule,
)
from escalation.actions.steps import ConfigError
from escalation.core.matching import faults_of
from escalation.core.routing import URGENCIES, Route
from escalation.core.severity import SEVERITIES
from escalation.models import RoutingRule, Service
from escalation.permissions import may_route, may_take_out
from escalation.selectors.routing import routes_of, routing_rules
from escalation.selectors.tryout import MOST, SHOWN, try_routing
from people import clock
from people.ledger.record import Actor
from people.named import Named
from people.pagination import SafeCursor
from people.permissions import may_edit_team
from people.recorded import user_of

NOT_YOURS = OpenApiResponse(description="You do not manage the team of its service, and that of the other.")
MATCH = "Labels that an alert must have, such as {“alertname”: “Disk*”}; * stands for anything."


class InTheirOrder(SafeCursor):
    ordering = ("service_id", "position", "id")


class RoutingRuleSerializer(serializers.ModelSerializer[RoutingRule]):
    """Of a service's rules, in the order of `position`, the first that fits counts."""

    service = serializers.CharField(source="service.name", help_text="By whose keys its alerts come.")
    match = serializers.DictField(child=serializers.CharField(), help_text=MATCH)
    to_service = serializers.CharField(source="to_service.name", default=None, allow_null=True)

    class Meta:
        model = RoutingRule
        fields = ("id", "service", "position", "match", "to_service", "severity", "urgency")


class RoutingRuleFieldsSerializer(serializers.Serializer[dict[str, Any]]):
    """What a rule says. What is left out is left to the service; of a change, as it was."""

    match = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text=MATCH)
    to_service = Named(
        slug_field="name",
        queryset=Service.objects.filter(retired_at=None).select_related("team"),
        required=False,
        allow_null=True,
        help_text="The service they go to.",
    )
    severity = serializers.ChoiceField(choices=SEVERITIES, required=False, allow_blank=True)
    urgency = serializers.ChoiceField(choices=URGENCIES, required=False, allow_blank=True)


class NewRoutingRuleSerializer(RoutingRuleFieldsSerializer):
    service = Named(
        slug_field="name",
        queryset=Service.objects.filter(retired_at=None).select_related("team"),
        help_text="By whose keys they come.",
    )


class MoveSerializer(serializers.Serializer[dict[str, Any]]):
    position = serializers.IntegerField(min_value=1, max_value=1_000_000)


class TallySerializer(serializers.Serializer[Any]):
    matched = serializers.IntegerField()
    all = serializers.IntegerField()
    taken = serializers.IntegerField(help_text="Of those matched: which an earlier rule has.")


class RoutedOutcomeSerializer(serializers.Serializer[Any]):
    service = serializers.CharField()
    severity = serializers.CharField()
    urgency = serializers.CharField()


class TriedRoutingSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(source="alert.first_event_at")
    summary = serializers.CharField(source="alert.summary")
    incident = serializers.IntegerField(source="alert.incident_id")
    was = RoutedOutcomeSerializer()
    would = RoutedOutcomeSerializer(allow_null=True, help_text="Null: an earlier rule has it.")


class TryOutRoutingSerializer(serializers.Serializer[Any]):
    said = serializers.CharField(help_text="In a sentence.")
    day = TallySerializer(help_text="Of the last 24 hours.")
    week = TallySerializer(help_text="Of the last seven days.")
    capped = serializers.BooleanField(help_text=f"There were more than {MOST}; the newest are counted.")
    first = TriedRoutingSerializer(many=True, help_text=f"The newest {SHOWN} of those matched.")


class RoutingRuleFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    service = filters.CharFilter(field_name="service__name")
    to_service = filters.CharFilter(field_name="to_service__name")

    class Meta:
        model = RoutingRule
        fields = ("service", "to_service")


class RoutingRuleViewSet(viewsets.ReadOnlyModelViewSet[RoutingRule]):
    """Everyone who can log in sees every rule. Managers of a service's team make, change and move its rules,
    to services that they manage or that are no team's; managers of either service take one out.
    """

    queryset = routing_rules()
    serializer_class = RoutingRuleSerializer
    pagination_class = InTheirOrder
    filterset_class = RoutingRuleFilter
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[RoutingRule]:
        return routing_rules()

    @extend_schema(request=NewRoutingRuleSerializer, responses={201: RoutingRuleSerializer, 403: NOT_YOURS})
    def create(self, request: Request) -> Response:
        """Make one, behind all others of its service. It counts for alerts that are still to come."""
        form = NewRoutingRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        service, spec = given.pop("service"), RoutingSpec(**given)
        self._check_route(service, spec.to_service)
        try:
            rule = create_routing_rule(service=service, spec=spec, by=self._by(), now=clock.now())
        except ConfigError as refusal:
            raise ValidationError({"detail": str(refusal)}) from refusal
        return self._detail(rule, status=201)

    @extend_schema(
        request=RoutingRuleFieldsSerializer, responses={200: RoutingRuleSerializer, 403: NOT_YOURS}
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what it says, at its place."""
        rule = self.get_object()
        form = RoutingRuleFieldsSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        stands = {name: getattr(rule, name) for name in ("match", "to_service", "severity", "urgency")}
        spec = RoutingSpec(**{**stands, **form.validated_data})
        self._check_route(rule.service, rule.to_service)
        self._check_route(rule.service, spec.to_service)
        try:
            changed = change_routing_rule(rule=rule, spec=spec, by=self._by(), now=clock.now())
        except ConfigError as refusal:
            raise ValidationError({"detail": str(refusal)}) from refusal
        return self._detail(changed)

    @extend_schema(responses={204: None, 403: NOT_YOURS})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take it out. What was sent on is ended there by whoever sent it, all the same."""
        rule = self.get_object()
        if not may_take_out(user_of(request), rule):
            raise PermissionDenied(
                "Only managers of its service, or of the one it leads to, take a rule out."
            )
        remove_routing_rule(rule=rule, by=self._by(), now=clock.now())
        return Response(status=204)

    @extend_schema(request=MoveSerializer, responses={200: RoutingRuleSerializer, 403: NOT_YOURS})
    @action(detail=True, methods=["post"])
    def move(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """To this place among the rules of its service, from 1."""
        rule = self.get_object()
        if not may_edit_team(user_of(request), rule.service.team):
            raise PermissionDenied("Only managers of its service move a rule.")
        form = MoveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            move_routing_rule(rule=rule, to=form.validated_data["position"], by=self._by(), now=clock.now())
        except ConfigError as refusal:
            raise ValidationError({"detail": str(refusal)}) from refusal
        return self._detail(rule)

    @extend_schema(request=NewRoutingRuleSerializer, responses={200: TryOutRoutingSerializer})
    @action(detail=False, methods=["post"], url_path="try")
    def try_out(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What a rule like this, behind all others, would have made of the alerts of the last seven days.
        Nothing is written.
        """
        form = NewRoutingRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        faults = faults_of(given["match"])
        if faults:
            raise ValidationError({"match": faults})
        to = given.get("to_service")
        route = Route(
            id=0,
            number=0,
            match=given["match"],
            to=to.pk if to else None,
            severity=given.get("severity", ""),
            urgency=given.get("urgency", ""),
        )
        service = given["service"]
        found = try_routing(service=service, route=route, to=to, earlier=routes_of(service), now=clock.now())
        return Response(TryOutRoutingSerializer(found).data)

    def _check_route(self, service: Service, to: Service | None) -> None:
        if not may_route(user_of(self.request), service, to):
            raise PermissionDenied(
                "Only who manages a service, and the one to which its alerts go, routes between them."
            )

    def _by(self) -> Actor:
        return Actor.person(user_of(self.request), via="API")

    def _detail(self, rule: RoutingRule, *, status: int = 200) -> Response:
        return Response(RoutingRuleSerializer(routing_rules().get(pk=rule.pk)).data, status=status)
