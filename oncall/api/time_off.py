"""Time off, one's own and of those one manages, and calendars it is read from, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall import actions
from oncall.api.fields import PersonField
from oncall.api.pagination import LatestFirst
from oncall.api.refusals import TOO_LATE, refusals
from oncall.api.swaps import NOT_YOURS, person_of
from oncall.away.fetching import host_of
from oncall.models import AwayCalendar, TimeOff
from oncall.permissions import keeps_time_off_of, may_keep_time_off
from people.ledger.record import Actor
from people.models import User

NOT_THERE = OpenApiResponse(description="There is none, or it is not yours to see.")


class TimeOffQuery(serializers.Serializer[Any]):
    user = PersonField(required=False, help_text="One person; all whose time off you may see if left out.")


class NewTimeOff(serializers.Serializer[Any]):
    """Whole days in the person's own zone."""

    user = PersonField(required=False, help_text="You, if left out; managers enter that of others, too.")
    start = serializers.DateField(help_text="The first day away.")
    end = serializers.DateField(help_text="The first day back.")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class TimeOffSerializer(serializers.ModelSerializer[TimeOff]):
    user = serializers.CharField(source="user.username")
    from_calendar = serializers.IntegerField(
        source="calendar_id", allow_null=True, help_text="The subscribed calendar that says so."
    )

    class Meta:
        model = TimeOff
        fields = ("id", "user", "start", "end", "starts_at", "ends_at", "reason", "from_calendar")


class NewAwayCalendar(serializers.Serializer[Any]):
    address = serializers.CharField(
        max_length=2000, help_text="https:// or webcal://; kept, and never shown again."
    )
    words = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=100, help_text="What a title must contain."
    )


class AwayCalendarSerializer(serializers.ModelSerializer[AwayCalendar]):
    host = serializers.SerializerMethodField(help_text="Of the address, which is a secret.")

    class Meta:
        model = AwayCalendar
        fields = ("id", "host", "words", "created_at", "fetched_at", "good_at", "fault")

    def get_host(self, row: AwayCalendar) -> str:
        return host_of(row.address)


class TimeOffsView(GenericAPIView[TimeOff]):
    queryset = TimeOff.objects.all()
    serializer_class = TimeOffSerializer
    pagination_class = LatestFirst

    @extend_schema(
        operation_id="time_off_list", parameters=[TimeOffQuery], responses=TimeOffSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Your time off, and that of the people whose team you manage; the latest first."""
        query = TimeOffQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = _kept_by(person_of(request)).select_related("user").filter(**query.validated_data)
        return self.get_paginated_response(TimeOffSerializer(self.paginate_queryset(found), many=True).data)

    @extend_schema(
        operation_id="time_off_create",
        request=NewTimeOff,
        responses={201: TimeOffSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request) -> Response:
        """Enter days away."""
        form = NewTimeOff(data=request.data)
        form.is_valid(raise_exception=True)
        person = person_of(request)
        asked = {"user": person} | form.validated_data
        if not may_keep_time_off(person, asked["user"]):
            raise PermissionDenied(
                f"Only {asked['user']} and managers of a team of theirs enter their time off."
            )
        with refusals():
            row = actions.add_time_off(**asked, by=Actor.person(person, via="API"), now=timezone.now())
        return Response(TimeOffSerializer(row).data, status=201)


class TimeOffView(APIView):
    @extend_schema(operation_id="time_off_destroy", responses={204: None, 404: NOT_THERE, 409: TOO_LATE})
    def delete(self, request: Request, pk: int) -> Response:
        """Cancel it. What a subscribed calendar says is changed there."""
        person = person_of(request)
        row = get_object_or_404(_kept_by(person), pk=pk)
        with refusals():
            actions.cancel_time_off(time_off=row, by=Actor.person(person, via="API"), now=timezone.now())
        return Response(status=204)


def _kept_by(person: User) -> QuerySet[TimeOff]:
    return TimeOff.objects.filter(user__in=keeps_time_off_of(person), cancelled_at=None)


class AwayCalendarsView(APIView):
    @extend_schema(operation_id="away_calendars_list", responses=AwayCalendarSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The calendars elsewhere of which each event is time off of yours."""
        return Response(AwayCalendarSerializer(_own(person_of(request)), many=True).data)

    @extend_schema(
        operation_id="away_calendars_create",
        request=NewAwayCalendar,
        responses={201: AwayCalendarSerializer},
    )
    def post(self, request: Request) -> Response:
        """Subscribe to a calendar of yours: it is read soon after, and every hour."""
        form = NewAwayCalendar(data=request.data)
        form.is_valid(raise_exception=True)
        person = person_of(request)
        with refusals():
            row = actions.add_away_calendar(
                user=person,
                **form.validated_data,
                by=Actor.person(person, via="API"),
                now=timezone.now(),
            )
        return Response(AwayCalendarSerializer(row).data, status=201)


class AwayCalendarView(APIView):
    @extend_schema(
        operation_id="away_calendars_destroy", responses={204: None, 404: NOT_THERE, 409: TOO_LATE}
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Read it no more: what it says of the time to come goes, the past stays."""
        person = person_of(request)
        row = get_object_or_404(_own(person), pk=pk)
        with refusals():
            actions.remove_away_calendar(calendar=row, by=Actor.person(person, via="API"), now=timezone.now())
        return Response(status=204)


def _own(person: User) -> QuerySet[AwayCalendar]:
    return AwayCalendar.objects.filter(user=person, removed_at=None).order_by("pk")
