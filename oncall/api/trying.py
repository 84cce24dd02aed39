"""What a change of a schedule would make of it, without making it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.actions import Refused
from oncall.actions.schedules import version_refusals
from oncall.advice import advise, advise_unsaved, news
from oncall.api.fields import checked_range
from oncall.api.findings import FindingSerializer
from oncall.api.instants import to_utc
from oncall.api.rows import shift_rows
from oncall.api.schedules import NOT_YOURS, asked_change, manager_of, refused
from oncall.api.serializers import ShiftSerializer
from oncall.api.views import FOUR_WEEKS, schedule_or_404
from oncall.api.writing import Previewed
from oncall.core import final
from oncall.core.finding import Finding
from oncall.loading import rosters
from oncall.models import Schedule
from oncall.unsaved import Draft, drafted

LOOKED_BACK, LOOKED_AT = timedelta(weeks=2), timedelta(weeks=6)  # what advice asks of a roster
LONGEST = timedelta(days=366)


class PreviewSerializer(serializers.Serializer[Any]):
    shifts = ShiftSerializer(many=True, help_text="The final schedule as it would be.")
    refused = serializers.ListField(
        child=serializers.CharField(), help_text="What saving would refuse, in sentences; empty: it would do."
    )
    findings = FindingSerializer(many=True, help_text="What would hurt within 28 days.")
    worse = FindingSerializer(many=True, help_text="What of it the change causes.")
    better = FindingSerializer(many=True, help_text="What the change mends.")


class PreviewView(APIView):
    @extend_schema(
        operation_id="schedules_preview",
        request=Previewed,
        responses={200: PreviewSerializer, 403: NOT_YOURS},
    )
    def post(self, request: Request, name: str) -> Response:
        """Shifts and findings as they would be after such a change. Nothing is written."""
        schedule, now = schedule_or_404(name), timezone.now()
        manager_of(request, schedule)
        if schedule.retired_at is not None:
            raise ValidationError(
                {"non_field_errors": [f"{schedule.name} is retired; nothing in it changes."]}
            )
        asked = asked_change(Previewed, schedule, request.data, now=now)
        try:
            return Response(_preview(schedule, asked, now=now))
        except Refused as refusal:
            raise refused(refusal) from None


def _preview(schedule: Schedule, asked: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    since, until = _range(asked, now=now)
    stored = rosters([schedule.pk], since=min(since, now) - LOOKED_BACK, until=max(until, now + LOOKED_AT))[
        schedule.pk
    ]
    said = {name: asked[name] for name in ("time_zone", "holidays", "definition")}
    later = drafted(stored, Draft(**said, begins=asked["effective_from"]), now=now)
    found = advise_unsaved(schedule=schedule, roster=later, team=asked["team"], now=now)
    told = news(advise([schedule.pk], now=now).get(schedule.pk, []), found)
    return {
        "shifts": shift_rows(schedule, final.shifts(later, since, until)),
        "refused": list(version_refusals(schedule=schedule, **said, at=asked["effective_from"] or now)),
        "findings": _rows(found),
        "worse": _rows(told.worse),
        "better": _rows(told.better),
    }


def _range(asked: dict[str, Any], *, now: datetime) -> tuple[datetime, datetime]:
    zone = ZoneInfo(asked["time_zone"])
    since = to_utc(asked.get("since", now), zone)
    until = to_utc(asked["until"], zone) if "until" in asked else since + FOUR_WEEKS
    if until - since > LONGEST:
        raise ValidationError(
            {"until": [f"A preview shows at most {LONGEST.days} days; choose an earlier end."]}
        )
    return checked_range(since, until)


def _rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [one.to_json() for one in findings]
