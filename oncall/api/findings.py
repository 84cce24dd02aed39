"""What will hurt on a schedule, over HTTP."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oncall.advice import advise
from oncall.api.views import schedule_or_404
from oncall.core.finding import Kind, Level


class FindingSerializer(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=[level.value for level in Level])
    what = serializers.CharField(help_text="A sentence; times in the schedule's zone.")
    mend = serializers.CharField(help_text="What to do about it.")
    kind = serializers.CharField(help_text=f"{', '.join(Kind)}, and what later versions add.")
    schedule = serializers.CharField(allow_null=True)
    role = serializers.CharField(allow_null=True)
    users = serializers.ListField(child=serializers.CharField(), help_text="Usernames.")
    start = serializers.DateTimeField(allow_null=True)
    end = serializers.DateTimeField(allow_null=True)
    count = serializers.IntegerField(help_text="How many it stands for; the first of them is the one named.")


class FindingsView(APIView):
    @extend_schema(operation_id="schedules_findings", responses=FindingSerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        """What will hurt within 28 days (gaps, who cannot be reached, too little rest), errors first."""
        schedule = schedule_or_404(name)
        found = advise([schedule.pk], now=timezone.now()).get(schedule.pk, [])
        return Response([one.to_json() for one in found])
