"""How evenly a schedule is carried over 52 weeks, over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.advice.quality import Quality, quality
from oncall.api.instants import written
from oncall.api.views import schedule_or_404
from oncall.core.balance import MEASURES, Balance, Tally


class TonesSerializer(serializers.Serializer[Any]):
    hours = serializers.CharField(allow_null=True)
    nights = serializers.CharField(allow_null=True)
    weekends = serializers.CharField(allow_null=True)
    holidays = serializers.CharField(allow_null=True)


class MeanSerializer(serializers.Serializer[Any]):
    hours = serializers.FloatField(required=False)
    nights = serializers.FloatField(required=False)
    weekends = serializers.FloatField(required=False)
    holidays = serializers.FloatField(required=False)


class CarriedSerializer(serializers.Serializer[Any]):
    user = serializers.CharField()
    name = serializers.CharField()
    standing = serializers.BooleanField(help_text="Takes turns in the role; only these should be even.")
    hours = serializers.FloatField()
    share = serializers.FloatField(help_text="Of all the time there is, 0 to 1.")
    nights = serializers.IntegerField(help_text="22 to 08 in the person's zone, an hour of it or more.")
    weekends = serializers.FloatField(help_text="One day of one is half.")
    holidays = serializers.IntegerField(allow_null=True, help_text="Null: their holidays are not known.")
    tones = TonesSerializer(
        help_text="fair, amber (over 10 % from the mean), red (over 25 %); null: not compared."
    )


class SpanSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class LongestSerializer(SpanSerializer):
    user = serializers.CharField()
    hours = serializers.FloatField()


class RoleQualitySerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    mean = MeanSerializer(help_text="Of those who take turns in the role.")
    people = CarriedSerializer(many=True)
    gap_hours = serializers.FloatField()
    gaps = SpanSerializer(many=True)
    longest = LongestSerializer(allow_null=True)


class QualitySerializer(serializers.Serializer[Any]):
    schedule = serializers.CharField()
    time_zone = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    weeks = serializers.ListField(child=serializers.CharField(), help_text="The first and the last ISO week.")
    roles = RoleQualitySerializer(many=True)


class QualityView(APIView):
    @extend_schema(operation_id="schedules_quality", responses=QualitySerializer)
    def get(self, request: Request, name: str) -> Response:
        """How evenly it is carried in 52 ISO weeks from this one: by person; gaps; the longest shift."""
        schedule = schedule_or_404(name)
        found = quality(schedule, now=timezone.now())
        return Response(
            {
                "schedule": schedule.name,
                "time_zone": str(found.zone),
                "since": written(found.span.start),
                "until": written(found.span.end),
                "weeks": list(found.weeks()),
                "roles": [_role(found, one) for one in found.balances],
            }
        )


def _role(found: Quality, one: Balance) -> dict[str, Any]:
    longest = one.longest
    return {
        "role": one.role,
        "mean": {name: round(mean, 3) for name, mean in one.means.items()},
        "people": [_carried(found, one, tally) for tally in one.tallies],
        "gap_hours": round(one.gap_hours, 3),
        "gaps": [{"start": written(gap.start), "end": written(gap.end)} for gap in one.gaps],
        "longest": longest
        and {
            "user": found.people[longest.user].username,
            "start": written(longest.span.start),
            "end": written(longest.span.end),
            "hours": round(longest.hours, 3),
        },
    }


def _carried(found: Quality, one: Balance, tally: Tally) -> dict[str, Any]:
    user = found.people[tally.user]
    return {
        "user": user.username,
        "name": str(user),
        "standing": tally.user in one.standing,
        "hours": round(tally.hours, 3),
        "share": round(one.share(tally), 4),
        "nights": len(tally.nights),
        "weekends": tally.weekends,
        "holidays": tally.holiday_count,
        "tones": {name: one.tone(tally, name) for name in MEASURES},
    }
