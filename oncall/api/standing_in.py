"""“I take it from here”, “take me off now”, and who could carry a span, over HTTP."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall import actions
from oncall.advice import Watch, sentences
from oncall.api.fields import MomentField, check_role, read_span
from oncall.api.refusals import refusals
from oncall.api.serializers import MadeOverrideSerializer, OverrideSerializer, PersonSerializer
from oncall.api.swaps import SwapSerializer, person_of
from oncall.api.views import schedule_or_404
from oncall.models import Schedule
from oncall.selectors import final_shifts
from oncall.standins import StandIn, standins
from people.ledger.record import Actor
from people.models import User

LONGEST = 366


class RoleToTake(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=40)


class RoleToLeave(RoleToTake):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class StandInsQuery(serializers.Serializer[Any]):
    """Times without an offset are wall-clock times of the schedule; `end` is not included."""

    role = serializers.CharField(max_length=40)
    start = MomentField()
    end = MomentField()


class StandInSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.__str__")
    rested = serializers.BooleanField(
        source="candidate.rested", help_text="Eleven hours before it and after it."
    )
    stands_in = serializers.BooleanField(help_text="A participant or a responder; else a manager.")
    reasons = serializers.ListField(child=serializers.CharField(), source="candidate.reasons")


class StandInsSerializer(serializers.Serializer[Any]):
    carried_by = PersonSerializer(many=True, help_text="Who has the role then, or in a part of it.")
    can = StandInSerializer(many=True, help_text="The best first.")
    cannot = StandInSerializer(many=True)


class TakeView(APIView):
    @extend_schema(operation_id="schedules_take", request=RoleToTake, responses={201: MadeOverrideSerializer})
    def post(self, request: Request, name: str) -> Response:
        """“I take it from here”: have the role alone, from now to the next change of who is on."""
        schedule, now, person = schedule_or_404(name), timezone.now(), person_of(request)
        asked = _role(RoleToTake(data=request.data), schedule, now)
        watch = Watch([schedule.pk], now=now)
        with refusals():
            made = actions.take_over(
                schedule=schedule, **asked, user=person, by=Actor.person(person, via="API"), now=now
            )
        told = {"advice": sentences(watch.worse(schedule.pk))}
        return Response(OverrideSerializer(made).data | told, status=201)


class ReleaseView(APIView):
    @extend_schema(operation_id="schedules_release", request=RoleToLeave, responses={201: SwapSerializer})
    def post(self, request: Request, name: str) -> Response:
        """“Take me off now”: ask everybody for the rest of your turn; you stay on until somebody takes it."""
        schedule, now, person = schedule_or_404(name), timezone.now(), person_of(request)
        asked = _role(RoleToLeave(data=request.data), schedule, now)
        with refusals():
            swap = actions.release(
                schedule=schedule, **asked, user=person, by=Actor.person(person, via="API"), now=now
            )
        return Response(SwapSerializer(swap).data, status=201)


def _role(form: serializers.Serializer[Any], schedule: Schedule, now: datetime) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    asked: dict[str, Any] = form.validated_data
    check_role(schedule, asked["role"], now=now)
    return asked


class StandInsView(APIView):
    @extend_schema(
        operation_id="schedules_standins", parameters=[StandInsQuery], responses=StandInsSerializer
    )
    def get(self, request: Request, name: str) -> Response:
        """Who could carry a role for a span, the best first, who could not, and why."""
        schedule, now = schedule_or_404(name), timezone.now()
        query = StandInsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        role = query.validated_data["role"]
        start, end = read_span(schedule, query.validated_data, now=now)
        check_role(schedule, role, now=now)
        if (end - start).days >= LONGEST:
            raise serializers.ValidationError({"end": ["It is longer than a year; ask for a shorter span."]})
        on = {one.user for one in final_shifts(schedule, since=start, until=end, role=role) if one.user}
        found = standins(schedule, start=start, end=end, now=now, without=on)
        told = {"carried_by": User.objects.filter(pk__in=on).order_by("username"), **_parted(found)}
        return Response(StandInsSerializer(told).data)


def _parted(found: list[StandIn]) -> dict[str, list[StandIn]]:
    return {
        "can": [one for one in found if one.candidate.can],
        "cannot": [one for one in found if not one.candidate.can],
    }
