"""`/api/v1/webhooks`: which there are, who tells them, what they follow and what came of each event."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from escalation.actions import config, following, webhooks
from escalation.api.incidents import Conflict
from escalation.core.following import EVENTS
from escalation.models import Follower, HookDelivery, HookTry, Service, Target, Webhook
from escalation.permissions import may_change_webhook, may_follow
from paging.core.address import masked
from people import clock
from people.ledger.record import Actor
from people.models import Team, User
from people.named import Named
from people.pagination import SafeCursor
from people.permissions import may_edit_team
from people.recorded import user_of

NOT_YOURS = OpenApiResponse(description="You do not manage all that it follows; `detail` says so.")
LATER = OpenApiResponse(description="It is so already, or cannot be now; `detail` says why.")
THEIRS = "Only who manages all that this webhook follows may do that."


class ByName(SafeCursor):
    ordering = ("name",)


class NewestFirst(SafeCursor):
    ordering = ("-id",)


class FollowsSerializer(serializers.Serializer[following.FollowSpec]):
    """`all`, or the services and the teams' services that are named; none of them: nothing. `events` empty:
    all of them.
    """

    all = serializers.BooleanField(source="everything", default=False)
    services = Named(
        many=True,
        slug_field="name",
        required=False,
        queryset=Service.objects.filter(retired_at=None).select_related("team"),
    )
    teams = Named(many=True, slug_field="name", required=False, queryset=Team.objects.all())
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=list(EVENTS)), default=list, max_length=len(EVENTS)
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = {"services": [], "teams": [], **attrs}
        if attrs["everything"] and (attrs["services"] or attrs["teams"]):
            raise serializers.ValidationError("It follows all, so name no services and teams; or not all.")
        return attrs


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """`address` is enough to recognise it: the rest may be a key. What signs its events is not shown here."""

    id = serializers.IntegerField(source="recipient_id")
    address = serializers.SerializerMethodField()
    policies = serializers.SerializerMethodField()
    follows = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField(help_text="How its server takes what it follows, in words.")

    class Meta:
        model = Webhook
        fields = ("id", "name", "address", "policies", "follows", "standing")

    def get_address(self, webhook: Webhook) -> str:
        there = webhooks.pointed(webhook)
        return masked(there.address) if there else ""

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_policies(self, webhook: Webhook) -> list[str]:
        return sorted({target.step.policy.name for target in webhook.targets.all()})

    @extend_schema_field(FollowsSerializer)
    def get_follows(self, webhook: Webhook) -> Any:
        return FollowsSerializer(following.spec_of(_follower(webhook))).data

    def get_standing(self, webhook: Webhook) -> str:
        return following.standing(_follower(webhook))


def _follower(webhook: Webhook) -> Follower | None:
    return Follower.objects.filter(pk=webhook.pk).first()


class TrySerializer(serializers.ModelSerializer[HookTry]):
    class Meta:
        model = HookTry
        fields = ("at", "took_ms", "status", "error", "answer")


class DeliverySerializer(serializers.ModelSerializer[HookDelivery]):
    incident = serializers.IntegerField(source="incident_id")
    webhook_id = serializers.UUIDField(source="message_id", help_text="The header of that name.")
    tries = TrySerializer(many=True)

    class Meta:
        model = HookDelivery
        fields = (
            "id", "webhook_id", "event", "sequence", "incident", "at", "state", "reason", "due_at",
            "settled_at", "tries",
        )  # fmt: skip


class SinceSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="What happened since then and was given up.")


class ReplayedSerializer(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()
    left = serializers.IntegerField(help_text="What has failed beside these: ask again.")


class WebhookViewSet(viewsets.ReadOnlyModelViewSet[Webhook]):
    """The webhooks in use. They are set up in the admin or by a document."""

    queryset = Webhook.objects.filter(retired_at=None).prefetch_related(
        Prefetch(
            "targets",
            Target.objects.filter(step__policy__retired_at=None).select_related("step__policy"),
        )
    )
    serializer_class = WebhookSerializer
    pagination_class = ByName
    lookup_value_regex = r"\d{1,18}"

    @extend_schema(request=None, responses={202: WebhookSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Post one event that says that it is a test. Managers may."""
        webhook, user = self.get_object(), user_of(request)
        if not may_edit_team(user, None):
            raise PermissionDenied("Only managers send test events.")
        try:
            webhooks.try_webhook(webhook=webhook, by=Actor.person(user, via="API"), now=clock.now())
        except config.ConfigError as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response(self.get_serializer(webhook).data, status=202)

    @extend_schema(request=FollowsSerializer, responses={200: WebhookSerializer, 403: NOT_YOURS})
    @action(detail=True, methods=["post"])
    def follow(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Say what it follows from now on. Managers may, of their teams; superusers, of all."""
        webhook, user = self._changeable(request)
        form = FollowsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        if not may_follow(
            user, everything=asked["everything"], teams=asked["teams"], services=asked["services"]
        ):
            raise PermissionDenied(
                "A webhook follows what you manage; all incidents, if a superuser says so."
            )
        spec = following.FollowSpec(**asked)
        try:
            following.set_follows(
                webhook=webhook, spec=spec, by=Actor.person(user, via="API"), now=clock.now()
            )
        except config.ConfigError as refusal:
            raise ValidationError({"non_field_errors": [str(refusal)]}) from refusal
        return Response(self.get_serializer(webhook).data)

    @extend_schema(request=None, responses={200: WebhookSerializer, 403: NOT_YOURS, 409: LATER})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Post again to one that was given up, or that rests."""
        webhook, user = self._changeable(request)
        try:
            following.resume(webhook=webhook, by=Actor.person(user, via="API"), now=clock.now())
        except config.ConfigError as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response(self.get_serializer(webhook).data)

    @extend_schema(request=SinceSerializer, responses={202: ReplayedSerializer, 403: NOT_YOURS, 409: LATER})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Post again what was given up, the oldest first, a thousand at once, each under its own id."""
        webhook, user = self._changeable(request)
        form = SinceSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        since, by = form.validated_data["since"], Actor.person(user, via="API")
        try:
            again, left = following.replay_failed(webhook=webhook, since=since, by=by, now=clock.now())
        except config.ConfigError as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response({"replayed": again, "left": left}, status=202)

    @extend_schema(
        parameters=[
            OpenApiParameter("state", str, enum=[state.value for state in HookDelivery.State]),
            OpenApiParameter("incident", int),
        ],
        responses=DeliverySerializer(many=True),
    )
    @action(
        detail=True, pagination_class=NewestFirst, serializer_class=DeliverySerializer, filter_backends=[]
    )
    def deliveries(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was posted to it as it followed in the last 30 days, newest first, with each try. Managers
        may.
        """
        webhook, user = get_object_or_404(self.queryset.all(), pk=kwargs["pk"]), user_of(request)
        if not may_edit_team(user, None):
            raise PermissionDenied("Only managers read what was posted.")
        rows = HookDelivery.objects.filter(webhook=webhook).prefetch_related("tries")
        page = self.paginate_queryset(_asked(rows, request))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=None,
        parameters=[OpenApiParameter("delivery", int, OpenApiParameter.PATH)],
        responses={202: DeliverySerializer, 403: NOT_YOURS, 409: LATER},
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"deliveries/(?P<delivery>\d{1,18})/replay",
        serializer_class=DeliverySerializer,
    )
    def replay_one(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Post one again, as it was and under the same id."""
        webhook, user = self._changeable(request)
        rows = HookDelivery.objects.select_related("webhook").prefetch_related("tries")
        found = get_object_or_404(rows, webhook=webhook, pk=kwargs["delivery"])
        try:
            following.replay(delivery=found, by=Actor.person(user, via="API"), now=clock.now())
        except config.ConfigError as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response(DeliverySerializer(rows.get(pk=found.pk)).data, status=202)

    def _changeable(self, request: Request) -> tuple[Webhook, User]:
        """Raises PermissionDenied."""
        webhook, user = self.get_object(), user_of(request)
        if not may_change_webhook(user, webhook):
            raise PermissionDenied(THEIRS)
        return webhook, user


def _asked(rows: Any, request: Request) -> Any:
    """Raises ValidationError for a state that is none, and for what is no number."""
    state, incident = request.query_params.get("state"), request.query_params.get("incident")
    if state is not None:
        if state not in HookDelivery.State.values:
            raise ValidationError({"state": [f"Write one of {', '.join(HookDelivery.State.values)}."]})
        rows = rows.filter(state=state)
    if incident is not None:
        if not (incident.isascii() and incident.isdecimal() and len(incident) <= 18):
            raise ValidationError({"incident": ["Write an incident's number, such as 42."]})
        rows = rows.filter(incident_id=int(incident))
    return rows
