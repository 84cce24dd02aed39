"""Calendar addresses, over HTTP."""

from typing import Any, cast

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.actions import Refused
from oncall.actions.feeds import Owner, issue_feed, live_feed, revoke_feed, rotate_feed, set_alarm
from oncall.addresses import address_again, feeds_known_to, may_hold, owner_of
from oncall.api.fields import ScheduleField, TeamField
from oncall.api.lookups import no_such
from oncall.api.pagination import ByNumber
from oncall.core.fetched import program_of
from oncall.models import Feed
from people.ledger.record import Actor
from people.models import User

NOT_YOURS = OpenApiResponse(description="It is another person's calendar, or of a team you do not manage.")


class KnownKeys(serializers.Serializer[Any]):
    """Refuses what it does not know: with `gap` for `gaps`, another calendar than was meant would be made."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for key in self.initial_data:
            if key not in self.fields:
                raise serializers.ValidationError(no_such("key", key, self.fields))
        return attrs


class NewFeed(KnownKeys):
    """Whose calendar: a schedule's or a team's, by name; with neither one's own, or with `gaps` of all."""

    schedule = ScheduleField(required=False, allow_null=True, default=None)
    team = TeamField(required=False, allow_null=True, default=None)
    gaps = serializers.BooleanField(default=False, help_text="Only what nobody carries.")
    rotate = serializers.BooleanField(default=False, help_text="End the old address, and make a new one.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["schedule"] is not None and attrs["team"] is not None:
            raise serializers.ValidationError({"team": ["Name a schedule or a team, not both."]})
        return super().validate(attrs)


class FeedChange(KnownKeys):
    alarm_minutes = serializers.IntegerField(
        allow_null=True, help_text="How long before a shift one's own calendar rings; null: not at all."
    )


class FeedSerializer(serializers.ModelSerializer[Feed]):
    """Needs the `reader` in its context: the address is shown to those who may hold it."""

    user = serializers.CharField(source="user.username", default=None, allow_null=True)
    schedule = serializers.CharField(source="schedule.name", default=None, allow_null=True)
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    address = serializers.SerializerMethodField()
    last_fetched_by = serializers.SerializerMethodField()

    class Meta:
        model = Feed
        fields = (
            "id",
            "user",
            "schedule",
            "team",
            "gaps",
            "alarm_minutes",
            "address",
            "created_at",
            "last_fetched_at",
            "last_fetched_by",
        )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_address(self, feed: Feed) -> str | None:
        return address_again(feed) if may_hold(self.context["reader"], owner_of(feed)) else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_last_fetched_by(self, feed: Feed) -> str | None:
        return program_of(feed.last_user_agent) if feed.last_fetched_at else None


@method_decorator(never_cache, name="dispatch")
class FeedsView(GenericAPIView[Feed]):
    queryset = Feed.objects.filter(revoked_at=None)
    serializer_class = FeedSerializer
    pagination_class = ByNumber

    @extend_schema(operation_id="feeds_list", responses=FeedSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The calendars that answer: one's own, and those of the teams one manages and of their people.

        A person's own address is shown to them and to superusers.
        """
        page = self.paginate_queryset(feeds_known_to(_reader(request))) or []
        return self.get_paginated_response(_told(request, page, many=True))

    @extend_schema(
        operation_id="feeds_create",
        request=NewFeed,
        responses={
            201: FeedSerializer,
            200: OpenApiResponse(FeedSerializer, description="It was there already."),
            403: NOT_YOURS,
        },
    )
    def post(self, request: Request) -> Response:
        """The address of a calendar: made the first time, the same from then on; or made anew."""
        form = NewFeed(data=request.data)
        form.is_valid(raise_exception=True)
        asked, reader, now = form.validated_data, _reader(request), timezone.now()
        owner = _owner(reader, asked)
        _check(reader, owner)
        make, by = rotate_feed if asked["rotate"] else issue_feed, Actor.person(reader, via="API")
        try:
            with transaction.atomic():
                make(owner=owner, gaps=asked["gaps"], by=by, now=now)
                feed = cast("Feed", live_feed(owner, gaps=asked["gaps"]))
        except Refused as refusal:
            raise ValidationError({"non_field_errors": [str(refusal)]}) from None
        return Response(_told(request, feed), status=201 if feed.created_at == now else 200)


@method_decorator(never_cache, name="dispatch")
class FeedView(APIView):
    @extend_schema(
        operation_id="feeds_partial_update",
        request=FeedChange,
        responses={200: FeedSerializer, 403: NOT_YOURS},
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Set the alarm of one's own calendar, or take it away."""
        feed, by = _held(request, pk)
        form = FeedChange(data=request.data)
        form.is_valid(raise_exception=True)
        minutes = form.validated_data["alarm_minutes"]
        try:
            set_alarm(feed=feed, minutes=minutes, by=by, now=timezone.now())
        except Refused as refusal:
            raise ValidationError({"alarm_minutes": [str(refusal)]}) from None
        return Response(_told(request, feed))

    @extend_schema(operation_id="feeds_destroy", responses={204: None, 403: NOT_YOURS})
    def delete(self, request: Request, pk: int) -> Response:
        """End an address: it answers 410 from now on."""
        feed, by = _held(request, pk)
        revoke_feed(feed=feed, by=by, now=timezone.now())
        return Response(status=204)


def _reader(request: Request) -> User:
    return cast("User", request.user)


def _told(request: Request, found: Any, *, many: bool = False) -> Any:
    return FeedSerializer(found, many=many, context={"reader": _reader(request)}).data


def _owner(reader: User, asked: dict[str, Any]) -> Owner:
    named: Owner = asked["schedule"] or asked["team"]
    return named or (None if asked["gaps"] else reader)


def _held(request: Request, pk: int) -> tuple[Feed, Actor]:
    """The calendar, and who acts on it. Raises Http404, and PermissionDenied where one only hears of it."""
    reader = _reader(request)
    feed = get_object_or_404(feeds_known_to(reader), pk=pk)
    _check(reader, owner_of(feed))
    return feed, Actor.person(reader, via="API")


def _check(reader: User, owner: Owner) -> None:
    if may_hold(reader, owner):
        return
    if isinstance(owner, User):
        raise PermissionDenied(f"The calendar of {owner} is theirs alone.")
    whose = "managers" if owner is None else f"managers of the team of {owner}"
    raise PermissionDenied(f"Only {whose} and superusers have this calendar's address.")
