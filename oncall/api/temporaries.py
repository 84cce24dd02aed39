"""Temporary schedules, over HTTP."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.actions import Refused, add_temporary, cancel_temporary, end_temporary
from oncall.advice import Watch, sentences
from oncall.api.fields import checked_range
from oncall.api.instants import to_utc
from oncall.api.lookups import zones_at
from oncall.api.pagination import LatestFirst
from oncall.api.schedules import NOT_YOURS, manager_of, refused
from oncall.api.serializers import MadeTemporarySerializer, TemporarySerializer
from oncall.api.views import schedule_or_404
from oncall.api.writing import NewTemporary
from oncall.core.override import TemporaryShift
from oncall.models import TemporarySchedule
from oncall.models import TemporaryShift as TemporaryShiftRow
from people.ledger.record import Actor


def live_temporaries() -> QuerySet[TemporarySchedule]:
    shifts = TemporaryShiftRow.objects.select_related("user").order_by("start", "role", "pk")
    rows = TemporarySchedule.objects.filter(cancelled_at=None)
    return rows.select_related("schedule__team", "created_by").prefetch_related(Prefetch("shifts", shifts))


class TemporariesView(GenericAPIView[TemporarySchedule]):
    queryset = live_temporaries()
    serializer_class = TemporarySerializer
    pagination_class = LatestFirst

    @extend_schema(operation_id="schedules_temporaries_list", responses=TemporarySerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        """Temporary schedules that were not cancelled, the latest first."""
        found = live_temporaries().filter(schedule=schedule_or_404(name))
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(TemporarySerializer(page, many=True).data)

    @extend_schema(
        operation_id="schedules_temporaries_create",
        request=NewTemporary,
        responses={201: MadeTemporarySerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request, name: str) -> Response:
        """For a span, let these shifts be all there is."""
        schedule, now = schedule_or_404(name), timezone.now()
        by = Actor.person(manager_of(request, schedule), via="API")
        form = NewTemporary(data=request.data)
        form.is_valid(raise_exception=True)
        asked = _instants(form.validated_data, zones_at([schedule], at=now)[schedule.pk])
        watch = Watch([schedule.pk], now=now)
        try:
            made = add_temporary(schedule=schedule, **asked, by=by, now=now)
        except Refused as refusal:
            raise refused(refusal) from None
        told = {"advice": sentences(watch.worse(schedule.pk))}
        row = live_temporaries().get(pk=made.pk)
        return Response(TemporarySerializer(row).data | told, status=201)


def _instants(asked: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Wall-clock times are the schedule's; a shift without a start or an end has the whole's."""

    def at(moment: datetime | None, otherwise: datetime) -> datetime:
        return otherwise if moment is None else to_utc(moment, zone)

    start, end = checked_range(to_utc(asked["start"], zone), to_utc(asked["end"], zone))
    shifts = [
        TemporaryShift(one["role"], at(one.get("start"), start), at(one.get("end"), end), one["user"].pk)
        for one in asked["shifts"]
    ]
    return {"start": start, "end": end, "shifts": shifts}


class TemporaryView(APIView):
    @extend_schema(operation_id="temporaries_retrieve", responses=TemporarySerializer)
    def get(self, request: Request, pk: int) -> Response:
        """One temporary schedule."""
        return Response(TemporarySerializer(get_object_or_404(live_temporaries(), pk=pk)).data)

    @extend_schema(operation_id="temporaries_destroy", responses={204: None, 403: NOT_YOURS})
    def delete(self, request: Request, pk: int) -> Response:
        """Cancel one that has not begun; end one that has, now: what was carried stays."""
        row, now = get_object_or_404(live_temporaries(), pk=pk), timezone.now()
        by = Actor.person(manager_of(request, row.schedule), via="API")
        undo = cancel_temporary if row.start >= now else end_temporary
        try:
            undo(temporary=row, by=by, now=now)
        except Refused as refusal:
            raise refused(refusal) from None
        return Response(status=204)
