"""`/api/v1/services`: what there is to be paged about, and what it says of its alerts."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets

from escalation.models import Service
from people.pagination import SafeCursor


class ByName(SafeCursor):
    ordering = ("name", "id")


class GroupingSerializer(serializers.Serializer[Service]):
    """Alerts that have the labels `by` in common join one incident for `window` seconds after it began."""

    by = serializers.ListField(child=serializers.CharField(), source="group_by")
    window = serializers.SerializerMethodField(help_text="Seconds.")

    def get_window(self, service: Service) -> int:
        return int(service.group_window.total_seconds()) if service.group_window else 0


class SeverityRuleSerializer(serializers.Serializer[dict[str, Any]]):
    match = serializers.DictField(child=serializers.CharField())
    severity = serializers.CharField()


class ServiceSerializer(serializers.ModelSerializer[Service]):
    """`severities` is what its sources' words mean over what they usually do; of `severity_rules` the first
    that fits counts. `grouping` is null where each alert has its own incident.
    """

    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    policy = serializers.CharField(source="policy.name")
    severities = serializers.DictField(child=serializers.CharField())
    severity_rules = SeverityRuleSerializer(many=True)
    grouping = serializers.SerializerMethodField()

    class Meta:
        model = Service
        fields = ("name", "team", "policy", "severities", "severity_rules", "grouping")

    @extend_schema_field(GroupingSerializer(allow_null=True))
    def get_grouping(self, service: Service) -> dict[str, Any] | None:
        return dict(GroupingSerializer(service).data) if service.group_window else None


class ServiceViewSet(viewsets.ReadOnlyModelViewSet[Service]):
    """Those in use. Routing keys are secrets, and stand in the admin alone."""

    queryset = Service.objects.filter(retired_at=None).select_related("team", "policy")
    serializer_class = ServiceSerializer
    pagination_class = ByName
    lookup_field = "name"
    lookup_value_regex = r"[^/\x00]+"  # PostgreSQL refuses to look for a NUL
