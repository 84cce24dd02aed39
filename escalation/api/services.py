"""`/api/v1/services`: what there is to be paged about, and what it says of its alerts."""

from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from escalation.core.sending import Sending, limit_of
from escalation.models import LastPost, RoutingKey, Service
from escalation.selectors.senders import sending
from people import clock
from people.models import User
from people.pagination import SafeCursor
from people.permissions import may_edit_team


class ByName(SafeCursor):
    ordering = ("name", "id")


class GroupingSerializer(serializers.Serializer[Service]):
    """Alerts that have the labels `by` in common join one incident for `window` seconds after it began."""

    by = serializers.ListField(child=serializers.CharField(), source="group_by")
    window = serializers.SerializerMethodField(help_text="Seconds.")

    def get_window(self, service: Service) -> int:
        return int(service.group_window.total_seconds()) if service.group_window else 0


class SeverityRuleSerializer(serializers.Serializer[dict[str, Any]]):
    match = serializers.DictField(child=serializers.CharField())
    severity = serializers.CharField()


class RefusedSerializer(serializers.ModelSerializer[LastPost]):
    """The last post that was refused, and what its sender heard."""

    class Meta:
        model = LastPost
        fields = ("at", "source", "status", "why")


class KeySerializer(serializers.Serializer[RoutingKey]):
    """What came by a routing key. It takes `limit` events a minute, 0 for whatever comes: its own
    `events_per_minute`, or where that is null the site's. The key itself is a secret, and is not shown.
    """

    name = serializers.CharField()
    events_per_minute = serializers.IntegerField(allow_null=True)
    limit = serializers.SerializerMethodField()
    last_event_at = serializers.SerializerMethodField()
    events_last_minute = serializers.SerializerMethodField()
    events_last_hour = serializers.SerializerMethodField()
    events_last_day = serializers.SerializerMethodField()
    refused_last_hour = serializers.SerializerMethodField(help_text="Posts.")
    refused_last_day = serializers.SerializerMethodField(help_text="Posts.")
    last_refused = serializers.SerializerMethodField()

    def _sent(self, key: RoutingKey) -> Sending:
        return cast("Sending", self.context["sending"][key.pk])

    def get_limit(self, key: RoutingKey) -> int:
        return limit_of(key.events_per_minute, site=settings.EVENTS_PER_MINUTE)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_last_event_at(self, key: RoutingKey) -> str | None:
        at = self._sent(key).last_event_at
        return None if at is None else serializers.DateTimeField().to_representation(at)

    def get_events_last_minute(self, key: RoutingKey) -> int:
        return self._sent(key).minute

    def get_events_last_hour(self, key: RoutingKey) -> int:
        return self._sent(key).hour

    def get_events_last_day(self, key: RoutingKey) -> int:
        return self._sent(key).day

    def get_refused_last_hour(self, key: RoutingKey) -> int:
        return self._sent(key).refused_hour

    def get_refused_last_day(self, key: RoutingKey) -> int:
        return self._sent(key).refused_day

    @extend_schema_field(RefusedSerializer(allow_null=True))
    def get_last_refused(self, key: RoutingKey) -> dict[str, Any] | None:
        posts = [post for post in key.last_posts.all() if post.outcome == LastPost.Outcome.REFUSED]
        return dict(RefusedSerializer(posts[0]).data) if posts else None


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """`severities` is what its sources' words mean over what they usually do; of `severity_rules` the first
    that fits counts. `grouping` is null where each alert has its own incident, `routing_keys` for whoever may
    not edit the service.
    """

    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    policy = serializers.CharField(source="policy.name")
    severities = serializers.DictField(child=serializers.CharField())
    severity_rules = SeverityRuleSerializer(many=True)
    grouping = serializers.SerializerMethodField()
    routing_keys = serializers.SerializerMethodField()

    class Meta:
        model = Service
        fields = ("name", "team", "policy", "severities", "severity_rules", "grouping", "routing_keys")

    @extend_schema_field(GroupingSerializer(allow_null=True))
    def get_grouping(self, service: Service) -> dict[str, Any] | None:
        return dict(GroupingSerializer(service).data) if service.group_window else None

    @extend_schema_field(KeySerializer(many=True, allow_null=True))
    def get_routing_keys(self, service: Service) -> list[dict[str, Any]] | None:
        if not may_edit_team(self.context["request"].user, service.team):
            return None
        return [dict(KeySerializer(key, context=self.context).data) for key in service.routing_keys.all()]


class ServiceViewSet(viewsets.ReadOnlyModelViewSet[Service]):
    """Those in use. Routing keys are secrets, and stand in the admin alone; what came by them is shown to
    whoever may edit the service.
    """

    queryset = (
        Service.objects.filter(retired_at=None)
        .select_related("team", "policy")
        .prefetch_related(
            Prefetch(
                "routing_keys",
                RoutingKey.objects.filter(revoked_at=None).order_by("name").prefetch_related("last_posts"),
            )
        )
    )
    serializer_class = ServiceSerializer
    pagination_class = ByName
    lookup_field = "name"
    lookup_value_regex = r"[^/\x00]+"  # PostgreSQL refuses to look for a NUL

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(self._shown(page))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self._shown([self.get_object()])[0])

    def _shown(self, services: Sequence[Service]) -> Sequence[Any]:
        """What came by all of their keys is asked at once."""
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated has let nobody else in
        seen = [service for service in services if may_edit_team(user, service.team)]
        keys = [key.pk for service in seen for key in service.routing_keys.all()]
        context = {**self.get_serializer_context(), "sending": sending(keys, now=clock.now())}
        return cast("Sequence[Any]", ServiceSerializer(services, many=True, context=context).data)
