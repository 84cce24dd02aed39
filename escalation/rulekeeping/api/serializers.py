"""The JSON of suppress rules and trials."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from escalation.actions.rules import LONGEST_REASON, SEVERITIES, Kind, is_running
from escalation.models import AlertRule, Service
from escalation.rulekeeping.outlook import MOST_PAGES, outlook
from people import clock
from people.models import User
from people.named import Named

MATCH = "Labels that an alert must have, such as {“alertname”: “Disk*”}; * stands for anything."
ABOUT = "Which it is about. Left out: all, but for a suppress rule not SEV-1."


class AlertRuleSerializer(serializers.ModelSerializer[AlertRule]):
    service = serializers.CharField(source="service.name")
    owner = serializers.CharField(source="owner.username")
    running = serializers.SerializerMethodField()
    alerts = serializers.IntegerField(source="kept", help_text="How many it kept quiet.")
    last_alert_at = serializers.DateTimeField(source="last_at", allow_null=True)

    class Meta:
        model = AlertRule
        fields = (
            "id", "kind", "service", "match", "severities", "owner", "reason", "created_at", "ends_at",
            "ended_at", "running", "alerts", "last_alert_at",
        )  # fmt: skip

    def get_running(self, rule: AlertRule) -> bool:
        return is_running(rule, now=clock.now())


class WouldBePageSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    user = serializers.CharField(source="user.username")
    schedule = serializers.CharField(source="schedule.name", default=None, allow_null=True)
    role = serializers.CharField()
    asleep = serializers.BooleanField(help_text="In that person's sleep hours.")
    incident = serializers.IntegerField(source="match.alert.incident_id")


class TrialForecastSerializer(serializers.Serializer[Any]):
    incidents = serializers.IntegerField()
    pages = WouldBePageSerializer(many=True, help_text=f"{MOST_PAGES} at most, those in sleep hours first.")
    page_count = serializers.IntegerField(source="count", help_text="All of them.")
    asleep = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Alerts whose pages are not reckoned yet.")
    forecast = serializers.ListField(child=serializers.CharField())
    verdict = serializers.CharField()


class AlertRuleDetailSerializer(AlertRuleSerializer):
    would_be = serializers.SerializerMethodField(help_text="Of a trial: the pages it would have made.")

    class Meta(AlertRuleSerializer.Meta):
        fields = (*AlertRuleSerializer.Meta.fields, "would_be")  # type: ignore[assignment]

    @extend_schema_field(TrialForecastSerializer(allow_null=True))
    def get_would_be(self, rule: AlertRule) -> dict[str, Any] | None:
        if rule.kind != Kind.TRIAL:
            return None
        return dict(TrialForecastSerializer(outlook(rule, now=clock.now())).data)


class AlertRuleFieldsSerializer(serializers.Serializer[dict[str, Any]]):
    """What can be changed later."""

    owner = Named(
        slug_field="username", queryset=User.objects.all(), required=False, help_text="Left out: you."
    )
    ends_at = serializers.DateTimeField(required=False, help_text="A trial lasts a week without it.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)
    severities = serializers.ListField(
        child=serializers.ChoiceField(choices=SEVERITIES), required=False, allow_empty=False, help_text=ABOUT
    )


class NewAlertRuleSerializer(AlertRuleFieldsSerializer):
    service = Named(
        slug_field="name", queryset=Service.objects.filter(retired_at=None), help_text="Its name."
    )
    kind = serializers.ChoiceField(choices=Kind.choices)
    match = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text=MATCH)
    quiet_open = serializers.BooleanField(
        default=False, help_text="Also quiet the incidents that are open now."
    )


class EndAlertRuleSerializer(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)
