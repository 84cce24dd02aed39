"""Overrides, over HTTP."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.actions import Refused, add_override, cancel_override, end_override
from oncall.advice import Watch, sentences
from oncall.api.fields import check_role, read_span
from oncall.api.instants import to_utc
from oncall.api.pagination import LatestFirst
from oncall.api.serializers import MadeOverrideSerializer, NewOverride, OverrideSerializer, OverridesQuery
from oncall.api.views import schedule_or_404
from oncall.core.override import too_long
from oncall.models import Override, Schedule
from oncall.permissions import may_override
from people.ledger.record import Actor
from people.models import User

NOT_YOURS = OpenApiResponse(description="You neither manage the schedule's team nor stand in the schedule.")


def live_overrides() -> QuerySet[Override]:
    return Override.objects.filter(cancelled_at=None).select_related(
        "schedule__team", "user", "instead_of", "created_by"
    )


class OverridesView(GenericAPIView[Override]):
    queryset = live_overrides()
    serializer_class = OverrideSerializer
    pagination_class = LatestFirst

    @extend_schema(
        operation_id="overrides_list", parameters=[OverridesQuery], responses=OverrideSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """Overrides that were not cancelled, the latest first."""
        query = OverridesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = self.paginate_queryset(_asked_for(query.validated_data)) or []
        return self.get_paginated_response(OverrideSerializer(page, many=True).data)


def _asked_for(asked: dict[str, Any]) -> QuerySet[Override]:
    found = live_overrides()
    if "schedule" in asked:
        found = found.filter(schedule=asked["schedule"])
    if "since" in asked:
        found = found.filter(end__gt=to_utc(asked["since"], UTC))
    if "until" in asked:
        found = found.filter(start__lt=to_utc(asked["until"], UTC))
    return found


class NewOverrideView(APIView):
    @extend_schema(
        operation_id="schedules_overrides_create",
        request=NewOverride,
        responses={201: MadeOverrideSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request, name: str) -> Response:
        """Change who is on call for a span: cover (alone), replace, add or remove somebody."""
        schedule, now = schedule_or_404(name), timezone.now()
        person = _allowed(request, schedule, now=now)
        form = NewOverride(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data | _span(schedule, form.validated_data, now=now)
        check_role(schedule, asked["role"], now=now)
        watch = Watch([schedule.pk], now=now)
        try:
            made = add_override(schedule=schedule, **asked, by=Actor.person(person, via="API"), now=now)
        except Refused as refusal:
            raise ValidationError({"non_field_errors": [str(refusal)]}) from None
        told = {"advice": sentences(watch.worse(schedule.pk))}
        return Response(OverrideSerializer(made).data | told, status=201)


def _span(schedule: Schedule, asked: dict[str, Any], *, now: datetime) -> dict[str, datetime]:
    start, end = read_span(schedule, asked, now=now)
    if sentence := too_long(start, end):
        raise ValidationError({"end": [sentence]})
    return {"start": start, "end": end}


class OverrideView(APIView):
    @extend_schema(operation_id="overrides_retrieve", responses=OverrideSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One override."""
        return Response(OverrideSerializer(get_object_or_404(live_overrides(), pk=pk)).data)

    @extend_schema(operation_id="overrides_destroy", responses={204: None, 403: NOT_YOURS})
    def delete(self, request: Request, pk: int) -> Response:
        """Cancel an override that has not begun; end one that has, now: what was carried stays."""
        override, now = get_object_or_404(live_overrides(), pk=pk), timezone.now()
        by = Actor.person(_allowed(request, override.schedule, now=now), via="API")
        undo = cancel_override if override.start >= now else end_override
        try:
            undo(override=override, by=by, now=now)
        except Refused as refusal:
            raise ValidationError({"non_field_errors": [str(refusal)]}) from None
        return Response(status=204)


def _allowed(request: Request, schedule: Schedule, *, now: datetime) -> User:
    """The one who asks. Raises PermissionDenied with a sentence."""
    person = request.user
    if isinstance(person, User) and may_override(person, schedule, now=now):
        return person
    raise PermissionDenied(
        f"Only those who stand in {schedule.name}, managers of its team and superusers change who is on call."
    )
