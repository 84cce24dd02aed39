"""A fair plan proposed, and accepted, over HTTP."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.actions import Refused
from oncall.api.fields import MomentField
from oncall.api.instants import to_utc
from oncall.api.lookups import no_such, zones_at
from oncall.api.views import schedule_or_404
from oncall.core.final import Shift
from oncall.models import Schedule
from oncall.planning import Busy, accept, propose
from oncall.planning.proposing import alone
from oncall.planning.told import as_values
from oncall.solver.base import SolverFailed, SolverMissing
from people.ledger.record import Actor
from people.models import User
from people.permissions import may_edit_team

MOST_SHIFTS = 10_000
NOT_YOURS = OpenApiResponse(description="You do not manage the schedule's team.")
UNAVAILABLE = OpenApiResponse(description="Another plan is being worked out, or OR-tools is not installed.")


class Unavailable(APIException):
    status_code = 503


class PlanQuery(serializers.Serializer[Any]):
    """Times without an offset are wall-clock times of the schedule; `until` is not included."""

    since = MomentField()
    until = MomentField()
    seconds = serializers.FloatField(default=20, min_value=1, max_value=30)


class PlannedShift(serializers.Serializer[Any]):
    role = serializers.CharField(max_length=40)
    user = serializers.CharField(max_length=150, help_text="A username.")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class PlanToAccept(serializers.Serializer[Any]):
    """What the proposal said: its span, its shifts, and the revision of the schedule it was made for."""

    revision = serializers.IntegerField(min_value=0, max_value=2**62)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    shifts = serializers.ListField(child=PlannedShift(), max_length=MOST_SHIFTS)


class PlannedTurn(serializers.Serializer[Any]):
    role = serializers.CharField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    users = serializers.ListField(child=serializers.CharField())
    rotation = serializers.ListField(child=serializers.CharField())
    differs = serializers.BooleanField()
    stays = serializers.BooleanField(help_text="Not free to be given: an override, or cut by the time.")


class PlanSerializer(PlanToAccept):
    schedule = serializers.CharField()
    time_zone = serializers.CharField()
    proven = serializers.BooleanField(help_text="No plan is fairer.")
    repeatable = serializers.BooleanField()
    points = serializers.IntegerField(help_text="What it costs; less is fairer.")
    bound = serializers.IntegerField(help_text="No plan costs less.")
    seconds = serializers.FloatField()
    changes = serializers.IntegerField(help_text="Turns that differ from the rotation.")
    notes = serializers.ListField(child=serializers.CharField())
    turns = PlannedTurn(many=True)
    figures = serializers.ListField(child=serializers.DictField())
    spread = serializers.DictField()


class AcceptedSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(help_text="The temporary schedule.")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class PlanView(APIView):
    @extend_schema(
        operation_id="schedules_plan_create",
        request=PlanQuery,
        responses={200: PlanSerializer, 403: NOT_YOURS, 503: UNAVAILABLE},
    )
    def post(self, request: Request, name: str) -> Response:
        """Propose who carries the turns of a time, beside the plain rotation. Nothing is changed."""
        schedule, now = schedule_or_404(name), timezone.now()
        _manager(request, schedule)
        form = PlanQuery(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        try:
            since, until = (to_utc(asked[key], _zone(schedule, now)) for key in ("since", "until"))
            with alone():
                found = propose(
                    schedule=schedule, since=since, until=until, seconds=asked["seconds"], now=now
                )
        except Refused as refusal:
            raise ValidationError({"non_field_errors": [str(refusal)]}) from None
        except (Busy, SolverMissing, SolverFailed) as reason:
            raise Unavailable(str(reason)) from None
        return Response(as_values(found))


class AcceptedPlanView(APIView):
    @extend_schema(
        operation_id="schedules_plan_accept_create",
        request=PlanToAccept,
        responses={201: AcceptedSerializer(many=True), 403: NOT_YOURS},
    )
    def post(self, request: Request, name: str) -> Response:
        """Write a proposed plan as a temporary schedule; refused where the schedule has changed since."""
        schedule = schedule_or_404(name)
        person = _manager(request, schedule)
        form = PlanToAccept(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        try:
            made = accept(
                schedule=schedule,
                revision=asked["revision"],
                since=asked["since"],
                until=asked["until"],
                shifts=_shifts(asked["shifts"]),
                by=Actor.person(person, via="API"),
                now=timezone.now(),
            )
        except Refused as refusal:
            raise ValidationError({"non_field_errors": [str(refusal)]}) from None
        rows = [{"id": row.pk, "start": row.start, "end": row.end} for row in made]
        return Response(AcceptedSerializer(rows, many=True).data, status=201)


def _zone(schedule: Schedule, now: datetime) -> Any:
    zones = zones_at([schedule], at=now)
    if schedule.pk not in zones:
        raise Refused(f"{schedule.name} has no version, and nothing to plan.")
    return zones[schedule.pk]


def _manager(request: Request, schedule: Schedule) -> User:
    """The one who asks. Raises PermissionDenied with a sentence."""
    person = request.user
    if isinstance(person, User) and may_edit_team(person, schedule.team):
        return person
    raise PermissionDenied(f"Only managers of {schedule.name}'s team and superusers plan it.")


def _shifts(rows: Iterable[dict[str, Any]]) -> list[Shift]:
    """Raises ValidationError for a username that nobody has."""
    asked = list(rows)
    wanted = {row["user"] for row in asked}
    known = dict(User.objects.filter(username__in=wanted).values_list("username", "pk"))
    for name in sorted(wanted - known.keys()):
        active = User.objects.filter(is_active=True).values_list("username", flat=True)
        raise ValidationError({"shifts": [no_such("person", name, active)]})
    return [Shift(row["role"], known[row["user"]], row["start"], row["end"]) for row in asked]
