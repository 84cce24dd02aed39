"""Schedules over HTTP: to read, to make, to change and to retire, and the versions there were."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall import actions
from oncall.actions import Overtaken, Refused
from oncall.advice import Watch, sentences
from oncall.api.instants import to_utc
from oncall.api.lookups import versions_at
from oncall.api.pagination import ByName
from oncall.api.serializers import (
    ScheduleSerializer,
    VersionSerializer,
    WholeScheduleSerializer,
    WrittenScheduleSerializer,
)
from oncall.api.views import schedule_or_404
from oncall.api.writing import ChangedSchedule, NewSchedule
from oncall.core.definition import Definition
from oncall.models import Schedule, ScheduleVersion
from people.ledger.record import Actor
from people.models import Team, User
from people.permissions import is_manager, may_edit_team

NOT_YOURS = OpenApiResponse(description="You do not manage the schedule's team.")
OVERTAKEN = OpenApiResponse(description="Another version was written since the one you name.")


class Conflict(APIException):
    status_code = 409


def manager_of(request: Request, schedule: Schedule) -> User:
    """The one who asks. Raises PermissionDenied with a sentence."""
    person = request.user
    if isinstance(person, User) and may_edit_team(person, schedule.team):
        return person
    whose = f"managers of {schedule.team.name}" if schedule.team else "managers"
    raise PermissionDenied(f"{schedule.name} is changed by {whose} and by superusers only.")


def refused(refusal: Refused) -> APIException:
    if isinstance(refusal, Overtaken):
        return Conflict(str(refusal))
    return ValidationError({"non_field_errors": [str(refusal)]})


class SchedulesView(ListAPIView[Schedule]):
    serializer_class = ScheduleSerializer
    pagination_class = ByName
    queryset = Schedule.objects.filter(retired_at=None).select_related("team")

    @extend_schema(operation_id="schedules_list")
    def get(self, request: Request) -> Response:
        """Every schedule that is not retired, by name."""
        page = self.paginate_queryset(self.get_queryset()) or []
        versions = versions_at(page, at=timezone.now())
        context = {"versions": versions, "names": _names(versions.values())}
        return self.get_paginated_response(ScheduleSerializer(page, many=True, context=context).data)

    @extend_schema(
        operation_id="schedules_create",
        request=NewSchedule,
        responses={201: WrittenScheduleSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request) -> Response:
        """Make a schedule."""
        person, now = request.user, timezone.now()
        if not isinstance(person, User) or not (person.is_superuser or is_manager(person)):
            raise PermissionDenied("Schedules are made by managers of a team and by superusers only.")
        form = NewSchedule(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        _check_team(person, asked["team"])
        asked.setdefault("time_zone", asked["team"].time_zone if asked["team"] else "UTC")
        try:
            made = actions.create_schedule(**asked, by=Actor.person(person, via="API"), now=now)
        except Refused as refusal:
            raise refused(refusal) from None
        told = {"changed": True, "advice": sentences(Watch([], now=now).worse(made.pk))}
        return Response(whole(made, now=now) | told, status=201)


class ScheduleView(APIView):
    @extend_schema(operation_id="schedules_retrieve", responses=WholeScheduleSerializer)
    def get(self, request: Request, name: str) -> Response:
        """One schedule, as it stands now."""
        return Response(whole(schedule_or_404(name), now=timezone.now()))

    @extend_schema(
        operation_id="schedules_update",
        request=ChangedSchedule,
        responses={200: WrittenScheduleSerializer, 403: NOT_YOURS, 409: OVERTAKEN},
    )
    def put(self, request: Request, name: str) -> Response:
        """A new version, from now or `effective_from` on; none where it says that already."""
        schedule, now = schedule_or_404(name), timezone.now()
        person = manager_of(request, schedule)
        asked = asked_change(ChangedSchedule, schedule, request.data, now=now)
        _check_team(person, asked["team"])
        watch = Watch([schedule.pk], now=now)
        try:
            changed = _change(schedule, asked, by=Actor.person(person, via="API"), now=now)
        except Refused as refusal:
            raise refused(refusal) from None
        told = {"changed": changed, "advice": sentences(watch.worse(schedule.pk))}
        return Response(whole(schedule, now=now) | told)


class VersionsView(APIView):
    @extend_schema(operation_id="schedules_versions", responses=VersionSerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        """Everything it said and will say, the last to begin first."""
        schedule, now = schedule_or_404(name), timezone.now()
        rows = list(schedule.versions.select_related("created_by").order_by("-effective_from"))
        in_force = versions_at([schedule], at=now).get(schedule.pk)
        context = {"names": _names(rows), "in_force": in_force and in_force.pk}
        return Response(VersionSerializer(rows, many=True, context=context).data)


class RetireView(APIView):
    @extend_schema(
        operation_id="schedules_retire",
        request=None,
        responses={200: WholeScheduleSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request, name: str) -> Response:
        """From now on nobody is on call on it; what was carried stays."""
        schedule, now = schedule_or_404(name), timezone.now()
        by = Actor.person(manager_of(request, schedule), via="API")
        try:
            actions.retire_schedule(schedule=schedule, by=by, now=now)
        except Refused as refusal:
            raise refused(refusal) from None
        return Response(whole(schedule_or_404(name), now=now))


def whole(schedule: Schedule, *, now: datetime) -> dict[str, Any]:
    """One schedule with all it says, in JSON's types."""
    # `newest` first: a version written in between is then refused as unseen, never overwritten unseen.
    newest = schedule.versions.order_by("-pk").values_list("pk", flat=True).first()
    versions = versions_at([schedule], at=now)
    context = {"versions": versions, "names": _names(versions.values()), "newest": newest}
    return dict(WholeScheduleSerializer(schedule, context=context).data)


def asked_change(
    form: type[ChangedSchedule], schedule: Schedule, data: Any, *, now: datetime
) -> dict[str, Any]:
    """What a change says in full, `effective_from` in UTC. Raises ValidationError."""
    version = versions_at([schedule], at=now)[schedule.pk]
    standing = set(schedule.versions.values_list("participants", flat=True)) - {None}
    context = {"name": schedule.name, "time_zone": version.time_zone, "standing": standing}
    read = form(data=data, context=context)
    read.is_valid(raise_exception=True)
    asked: dict[str, Any] = {
        "team": schedule.team,
        "time_zone": version.time_zone,
        "holidays": version.holidays,
    } | read.validated_data
    if asked["effective_from"] is not None:
        asked["effective_from"] = to_utc(asked["effective_from"], ZoneInfo(asked["time_zone"]))
    return asked


def _change(schedule: Schedule, asked: dict[str, Any], *, by: Actor, now: datetime) -> bool:
    """Whether anything is another by it."""
    words = {name: asked[name] for name in ("time_zone", "holidays", "definition", "effective_from")}
    based_on = asked.get("based_on") or asked.get("version")
    moved = schedule.team != asked["team"]
    with transaction.atomic():
        actions.set_team(schedule=schedule, team=asked["team"], by=by, now=now)
        version = actions.new_version(schedule=schedule, **words, based_on=based_on, by=by, now=now)
    return moved or version is not None


def _check_team(person: User, team: Team | None) -> None:
    if not may_edit_team(person, team):
        raise PermissionDenied(
            f"You do not manage {team.name if team else 'any team'}; name a team that you manage."
        )


def _names(versions: Iterable[ScheduleVersion]) -> dict[int, str]:
    """By what the versions themselves say: their rows may be gone by now, replaced at the same instant."""
    named = {user for version in versions for user in Definition.from_json(version.definition).users()}
    return dict(User.objects.filter(pk__in=named).values_list("pk", "username"))
