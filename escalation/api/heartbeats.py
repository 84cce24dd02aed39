"""`/api/v1/heartbeats`: sources that must call in, and how they are. Their keys are not shown."""

from datetime import timedelta
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from escalation import selectors
from escalation.actions import heartbeats
from escalation.actions.steps import ConfigError
from escalation.api.incidents import Conflict
from escalation.api.serializers import ReasonSerializer, UntilSerializer
from escalation.core.heartbeat import LONGEST_MUTE, State, state_of
from escalation.loading import beat_of
from escalation.models import Heartbeat
from escalation.permissions import TOO_LONG, may_mute
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.pagination import SafeCursor

TOO_LONG_FOR_YOU = OpenApiResponse(
    description="Longer than a day, and another team's; `detail` says who may."
)


class HeartbeatSerializer(serializers.ModelSerializer[Heartbeat]):
    service = serializers.CharField(source="service.name")
    every = serializers.SerializerMethodField(help_text="Seconds.")
    grace = serializers.SerializerMethodField(help_text="Seconds.")
    state = serializers.SerializerMethodField()
    muted_by = serializers.CharField(source="muted_by.username", default=None, allow_null=True)

    class Meta:
        model = Heartbeat
        fields = (
            "id", "service", "name", "every", "grace", "severity", "state", "last_call_at", "due_at",
            "silent_since", "muted_until", "muted_by", "created_at",
        )  # fmt: skip

    def get_every(self, row: Heartbeat) -> int:
        return int(row.every.total_seconds())

    def get_grace(self, row: Heartbeat) -> int:
        return int(row.grace.total_seconds())

    @extend_schema_field(serializers.ChoiceField(choices=[state.value for state in State]))
    def get_state(self, row: Heartbeat) -> str:
        return state_of(beat_of(row), now=self.context["now"])


class MuteSerializer(UntilSerializer):
    """Either `minutes` from now or `until`, a time; at most 90 days ahead, a day where you may not
    silence its service.
    """

    minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=int(LONGEST_MUTE / timedelta(minutes=1))
    )


class HeartbeatFilter(filters.FilterSet):  # type: ignore[misc] # it has no types
    service = filters.CharFilter(field_name="service__name")
    silent = filters.BooleanFilter(field_name="silent_since", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Heartbeat
        fields = ("service", "silent", "name", "severity")


class OldestFirst(SafeCursor):
    ordering = ("id",)


class HeartbeatViewSet(viewsets.ReadOnlyModelViewSet[Heartbeat]):
    """Everyone who can log in sees them and may mute one for a day, as they may snooze an incident; who may
    silence its service, for longer.
    """

    queryset = selectors.heartbeats()
    serializer_class = HeartbeatSerializer
    pagination_class = OldestFirst
    filterset_class = HeartbeatFilter
    lookup_value_regex = r"\d{1,18}"

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": clock.now()}

    @extend_schema(request=MuteSerializer, responses={200: HeartbeatSerializer, 403: TOO_LONG_FOR_YOU})
    @action(detail=True, methods=["post"])
    def mute(self, request: Request, pk: str) -> Response:
        """Its silence is no alert until then."""
        return self._act(MuteSerializer, heartbeats.mute_heartbeat, "until")

    @extend_schema(request=ReasonSerializer, responses=HeartbeatSerializer)
    @action(detail=True, methods=["post"])
    def unmute(self, request: Request, pk: str) -> Response:
        return self._act(ReasonSerializer, heartbeats.unmute_heartbeat)

    def _act(self, asks: type[Any], verb: Any, *names: str) -> Response:
        context = self.get_serializer_context()
        found = get_object_or_404(selectors.heartbeats(), pk=self.kwargs["pk"])
        form = asks(data=self.request.data, context=context)
        form.is_valid(raise_exception=True)
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated has let nobody else in
        given = {name: form.validated_data[name] for name in names}
        if "until" in given and not may_mute(user, found.service, lasts=given["until"] - context["now"]):
            raise PermissionDenied(TOO_LONG)
        by, why = Actor.person(user, via="API"), form.validated_data["reason"]
        try:
            verb(heartbeat_id=found.pk, by=by, now=context["now"], why=why, **given)
        except ConfigError as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response(HeartbeatSerializer(selectors.heartbeats().get(pk=found.pk), context=context).data)
