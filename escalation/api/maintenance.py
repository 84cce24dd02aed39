"""`/api/v1/maintenance`: what runs and what is planned, plan or start one, end one, cancel one."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from escalation.actions import maintenance
from escalation.actions.config import ConfigError
from escalation.api.incidents import Conflict
from escalation.core.maintenance import Repeat
from escalation.models import MaintenanceWindow, Service
from escalation.permissions import LONGEST_BY_HAND, may_plan, may_start
from escalation.quiet import showing
from oncall.api.fields import MomentField
from oncall.api.swaps import person_of
from oncall.core.span import Span
from people import clock
from people.ledger.record import Actor
from people.models import User
from people.named import Named

NOT_YOURS = OpenApiResponse(description="Another team's; `detail` says who may.")
NOT_NOW = OpenApiResponse(description="It does not run, or was cancelled; `detail` says which.")


class ServiceField(Named[Service]):
    def __init__(self, **more: Any) -> None:
        services = Service.objects.filter(retired_at=None).select_related("team")
        super().__init__(slug_field="name", queryset=services, **more)


class MaintenanceQuery(serializers.Serializer[Any]):
    service = ServiceField(required=False, help_text="Of one service only.")
    running = serializers.BooleanField(required=False, help_text="Only what runs now (true), or does not.")


class NewMaintenance(serializers.Serializer[Any]):
    """Either `minutes` from now, or `start` and `end`: wall-clock times of `time_zone`, perhaps repeated."""

    services = ServiceField(many=True, allow_empty=False, help_text="Their names; each gets its own window.")
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=30 * 24 * 60)
    start = MomentField(required=False, help_text="Such as 2026-06-01T02:00; with an offset, that instant.")
    end = MomentField(required=False)
    time_zone = serializers.CharField(required=False, default="UTC", max_length=63)
    repeat = serializers.ChoiceField(choices=[one.value for one in Repeat if one.value], required=False)
    until = serializers.DateField(required=False, help_text="The last day on which one begins.")
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        planned = {"start", "end"} & {*attrs}
        if ("minutes" in attrs) == bool(planned) or len(planned) == 1:
            raise serializers.ValidationError("Give either minutes, or start and end.")
        if "minutes" in attrs and {"repeat", "until"} & {*attrs}:
            raise serializers.ValidationError("What begins now does not repeat; give start and end instead.")
        return attrs


class OccurrenceSerializer(serializers.Serializer[Span]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class MaintenanceSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="row.pk")
    service = serializers.CharField(source="row.service.name")
    state = serializers.ChoiceField(choices=["now", "planned", "ended", "cancelled"])
    running = OccurrenceSerializer(allow_null=True, help_text="The occurrence that runs.")
    next = OccurrenceSerializer(source="coming", allow_null=True, help_text="The one that comes next.")
    start = serializers.CharField(source="row.start", help_text="Wall-clock time of the first occurrence.")
    end = serializers.CharField(source="row.end")
    time_zone = serializers.CharField(source="row.time_zone")
    repeat = serializers.CharField(source="row.repeat", help_text="daily, weekly, monthly; empty: once.")
    until = serializers.DateField(source="row.until", allow_null=True)
    reason = serializers.CharField(source="row.reason")
    created_by = serializers.CharField(source="row.created_by.username", default=None, allow_null=True)


class MaintenanceListView(APIView):
    @extend_schema(
        operation_id="maintenance_list",
        parameters=[MaintenanceQuery],
        responses=MaintenanceSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """What runs first, then what is planned, the soonest first. What is over is left out."""
        query = MaintenanceQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        now, asked = clock.now(), query.validated_data
        rows = showing.windows(now=now)
        if "service" in asked:
            rows = rows.filter(service=asked["service"])
        found = showing.shown(rows, now=now)
        if "running" in asked and "running" in request.query_params:  # one that is not there reads as false
            found = [one for one in found if (one.running is not None) is asked["running"]]
        return Response(MaintenanceSerializer(found, many=True).data)

    @extend_schema(
        operation_id="maintenance_create",
        request=NewMaintenance,
        responses={201: MaintenanceSerializer(many=True), 403: NOT_YOURS},
    )
    def post(self, request: Request) -> Response:
        """Plan maintenance, or start it now. Whoever answers for a service may start it for 8 hours at most
        (`minutes`); its managers may plan.
        """
        now, user = clock.now(), person_of(request)
        form = NewMaintenance(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        services: Sequence[Service] = list({one.pk: one for one in asked["services"]}.values())
        _check_allowed(user, services, asked.get("minutes"), now=now)
        by = Actor.person(user, via="API")
        with _refusals(), transaction.atomic():
            spec = _spec(asked, now=now)
            made = [
                maintenance.plan_window(service=one, spec=spec, by=by, now=now)
                for one in sorted(services, key=lambda one: one.pk)
            ]
        shown = [showing.show(row, now=now) for row in made]
        return Response(MaintenanceSerializer(shown, many=True).data, status=201)


class MaintenanceView(APIView):
    @extend_schema(operation_id="maintenance_retrieve", responses=MaintenanceSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return _answer(pk)


class EndMaintenanceView(APIView):
    @extend_schema(
        operation_id="maintenance_end", request=None, responses={200: MaintenanceSerializer, 409: NOT_NOW}
    )
    def post(self, request: Request, pk: int) -> Response:
        """End what runs of it now: what is open is paged at once. Everybody may."""
        return _act(maintenance.end_window, _window(pk), person_of(request))


class CancelMaintenanceView(APIView):
    @extend_schema(
        operation_id="maintenance_cancel",
        request=None,
        responses={200: MaintenanceSerializer, 403: NOT_YOURS, 409: NOT_NOW},
    )
    def post(self, request: Request, pk: int) -> Response:
        """It never comes again, and what runs of it ends. Managers of the service's team may."""
        window, user = _window(pk), person_of(request)
        if not may_plan(user, window.service):
            raise PermissionDenied(f"Only managers of the team of {window.service} cancel its maintenance.")
        return _act(maintenance.cancel_window, window, user)


def _window(pk: int) -> MaintenanceWindow:
    rows = MaintenanceWindow.objects.select_related("service__team", "created_by")
    return get_object_or_404(rows, pk=pk)


def _answer(pk: int) -> Response:
    return Response(MaintenanceSerializer(showing.show(_window(pk), now=clock.now())).data)


def _act(verb: Callable[..., object], window: MaintenanceWindow, user: User) -> Response:
    try:
        verb(window=window, by=Actor.person(user, via="API"), now=clock.now())
    except ConfigError as refusal:
        raise Conflict(str(refusal)) from None
    return _answer(window.pk)


def _spec(asked: dict[str, Any], *, now: datetime) -> maintenance.WindowSpec:
    if "minutes" in asked:
        lasts = timedelta(minutes=asked["minutes"])
        return maintenance.from_now(lasts=lasts, reason=asked["reason"], now=now)
    return maintenance.said(
        start=asked["start"],
        end=asked["end"],
        time_zone=asked["time_zone"],
        repeat=Repeat(asked.get("repeat", "")),
        until=asked.get("until"),
        reason=asked["reason"],
    )


def _check_allowed(user: User, services: Sequence[Service], minutes: int | None, *, now: datetime) -> None:
    by_hand = minutes is not None and timedelta(minutes=minutes) <= LONGEST_BY_HAND
    started = may_start(user, services, now=now) if by_hand else set()
    for service in services:
        if service.pk not in started and not may_plan(user, service):
            raise PermissionDenied(
                f"Managers of the team of {service} plan its maintenance; whoever is on call may start "
                f"one from now, for {int(LONGEST_BY_HAND / timedelta(minutes=1))} minutes at most."
            )


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ConfigError as refusal:
        raise ValidationError({"non_field_errors": [str(refusal)]}) from None
