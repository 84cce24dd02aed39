"""`/api/v1/alert-rules`: see suppress rules and trials, make them, extend them, end them."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from escalation.actions.rules import Kind, RuleSpec, change_rule, create_rule, end_rule
from escalation.actions.steps import ConfigError
from escalation.models import AlertRule
from escalation.permissions import may_change_rule, may_end_rule, may_silence
from escalation.quiet import reading
from escalation.rulekeeping.api.serializers import (
    AlertRuleDetailSerializer,
    AlertRuleFieldsSerializer,
    AlertRuleSerializer,
    EndAlertRuleSerializer,
    NewAlertRuleSerializer,
)
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.pagination import SafeCursor

NOT_YOURS = OpenApiResponse(description="You are not in the team of its service.")


class NewestFirst(SafeCursor):
    ordering = ("-id",)


class RuleFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    service = filters.CharFilter(field_name="service__name")
    owner = filters.CharFilter(field_name="owner__username")
    running = filters.BooleanFilter(method="filter_running")

    class Meta:
        model = AlertRule
        fields = ("kind", "service", "owner", "running")

    def filter_running(
        self,
        rows: QuerySet[AlertRule],
        name: str,
        value: bool,  # noqa: FBT001 - django-filter's protocol
    ) -> QuerySet[AlertRule]:
        going = reading.running(now=clock.now()).order_by().values("pk")
        return rows.filter(pk__in=going) if value else rows.exclude(pk__in=going)


class RuleViewSet(viewsets.ReadOnlyModelViewSet[AlertRule]):
    """Everyone who can log in sees every rule. Those who carry a team's pager, its managers and superusers
    silence the alerts of its services; the owner of a rule ends it, whatever their team.
    """

    queryset = reading.rules()
    serializer_class = AlertRuleSerializer
    pagination_class = NewestFirst
    filterset_class = RuleFilter
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(responses=AlertRuleDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._detail(self.get_object())

    @extend_schema(request=NewAlertRuleSerializer, responses={201: AlertRuleDetailSerializer, 403: NOT_YOURS})
    def create(self, request: Request) -> Response:
        """Make one. New alerts that it means are on record and page nobody before its end."""
        form = NewAlertRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = dict(form.validated_data)
        quiet_open, kind = given.pop("quiet_open"), Kind(given.pop("kind"))
        if not may_silence(self._user(), given["service"]):
            raise PermissionDenied("Only its team's responders and managers silence alerts of a service.")
        given.setdefault("owner", self._user())
        try:
            spec = RuleSpec(kind=kind, **given)
            made, _ = create_rule(spec=spec, quiet_open=quiet_open, by=self._by(), now=clock.now())
        except ConfigError as refusal:
            raise ValidationError({"detail": str(refusal)}) from refusal
        answer = self._detail(made)
        answer.status_code = 201
        return answer

    @extend_schema(
        request=AlertRuleFieldsSerializer, responses={200: AlertRuleDetailSerializer, 403: NOT_YOURS}
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Extend it, or give it to another. Another match is another rule."""
        rule = self.get_object()
        if not may_change_rule(self._user(), rule):
            raise PermissionDenied("Only its team's responders and managers change a rule of a service.")
        form = AlertRuleFieldsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            changed = change_rule(rule=rule, by=self._by(), now=clock.now(), **form.validated_data)
        except ConfigError as refusal:
            raise ValidationError({"detail": str(refusal)}) from refusal
        return self._detail(changed)

    @extend_schema(request=EndAlertRuleSerializer, responses={200: AlertRuleDetailSerializer, 403: NOT_YOURS})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """From now on it silences nothing; what it kept quiet pages from step one. Again: nothing happens."""
        rule = self.get_object()
        if not may_end_rule(self._user(), rule):
            raise PermissionDenied("Only its owner, and its team's responders and managers, end a rule.")
        form = EndAlertRuleSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        why = form.validated_data["reason"]
        end_rule(rule=rule, by=self._by(), now=clock.now(), why=why)
        return self._detail(rule)

    def _user(self) -> User:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated has let nobody else in
        return user

    def _by(self) -> Actor:
        return Actor.person(self._user(), via="API")

    def _detail(self, rule: AlertRule) -> Response:
        return Response(AlertRuleDetailSerializer(reading.rules().get(pk=rule.pk)).data)
