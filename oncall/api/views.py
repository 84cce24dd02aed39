"""Shifts and who is on call, over HTTP."""

from datetime import datetime, timedelta

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ValidationError
from rest_framework.views import APIView

from oncall.api.fields import checked_range
from oncall.api.instants import to_utc
from oncall.api.lookups import UnknownName, find_schedule, no_such, zones_at
from oncall.api.rows import duties, shift_rows
from oncall.api.serializers import (
    OnCallQuery,
    OnCallSerializer,
    ShiftSerializer,
    ShiftsQuery,
)
from oncall.models import Schedule
from oncall.selectors import final_shifts

FOUR_WEEKS = timedelta(weeks=4)


def schedule_or_404(name: str) -> Schedule:
    try:
        return find_schedule(name)
    except UnknownName as unknown:
        raise Http404(str(unknown)) from None


class OnCallView(APIView):
    @extend_schema(operation_id="oncall", parameters=[OnCallQuery], responses=OnCallSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Who is on call, for every role of every schedule."""
        query = OnCallQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked, now = query.validated_data, timezone.now()
        schedules = (
            [asked["schedule"]] if "schedule" in asked else list(Schedule.objects.filter(retired_at=None))
        )
        zones = zones_at(schedules, at=now)
        at = {pk: to_utc(asked.get("at", now), zone) for pk, zone in zones.items()}
        return Response(OnCallSerializer(duties(schedules, at=at), many=True).data)


class ShiftsView(APIView):
    @extend_schema(
        operation_id="schedules_shifts", parameters=[ShiftsQuery], responses=ShiftSerializer(many=True)
    )
    def get(self, request: Request, name: str) -> Response:
        """The final schedule: a complete partition of `[since, until)` for each role."""
        schedule = schedule_or_404(name)
        query = ShiftsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        since, until = _range(schedule, query.validated_data, now=timezone.now())
        shifts = final_shifts(schedule, since=since, until=until)
        role = query.validated_data.get("role")
        known = list(dict.fromkeys(shift.role for shift in shifts))
        if role is not None and role not in known:
            raise ValidationError({"role": [no_such("role", role, known)]})
        return Response(shift_rows(schedule, [shift for shift in shifts if role in {None, shift.role}]))


def _range(schedule: Schedule, asked: dict[str, datetime], *, now: datetime) -> tuple[datetime, datetime]:
    zone = zones_at([schedule], at=now)[schedule.pk]
    since = to_utc(asked.get("since", now), zone)
    until = to_utc(asked["until"], zone) if "until" in asked else since + FOUR_WEEKS
    return checked_range(since, until)
