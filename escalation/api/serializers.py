"""The JSON of incidents."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from escalation.actions import bulk
from escalation.core.flapping import is_flapping
from escalation.core.label import Label
from escalation.core.severity import SEVERITIES
from escalation.models import Alert, Incident, Service
from escalation.selectors import answered, newest_alerts
from escalation.sources.event import MAX_DEDUP_KEY, MAX_SUMMARY, UNKNOWN_SEVERITY
from people.ledger.models import Entry
from people.models import User
from people.named import Named

MOST_ALERTS = 100


class AlertSerializer(serializers.ModelSerializer[Alert]):
    dedup_key = serializers.CharField(source="sent_key", help_text="As its sender wrote it.")

    class Meta:
        model = Alert
        fields = (
            "id", "dedup_key", "status", "severity", "summary", "source", "labels", "links", "event_count",
            "began_at", "first_event_at", "last_event_at", "resolved_at",
        )  # fmt: skip


class EntrySerializer(serializers.ModelSerializer[Entry]):
    """One line of a timeline: when, who, what and why."""

    who = serializers.CharField(source="actor_name")

    class Meta:
        model = Entry
        fields = ("at", "verb", "who", "what", "why")


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """`episodes`: how often its alert came within 24 hours; from the third it is `flapping`."""

    service = serializers.CharField(source="service.name")
    acknowledged_by = serializers.CharField(source="acknowledged_by.username", default=None, allow_null=True)
    resolved_by = serializers.CharField(source="resolved_by.username", default=None, allow_null=True)
    policy = serializers.CharField(source="policy.name")
    acknowledgements = serializers.SerializerMethodField(
        help_text="How many people have acknowledged since it was last triggered."
    )
    acknowledgements_wanted = serializers.IntegerField(source="wanted", read_only=True)
    flapping = serializers.SerializerMethodField()

    class Meta:
        model = Incident
        fields = (
            "id", "title", "service", "severity", "urgency", "status", "policy", "recurred", "episodes",
            "flapping", "alert_count", "triggered_at",
            "acknowledged_at", "acknowledged_by", "acknowledgements", "acknowledgements_wanted",
            "resolved_at", "resolved_by", "label", "merged_into", "wake_at",
            "parked_reason", "quiet_until", "resolve_at",
        )  # fmt: skip

    def get_acknowledgements(self, incident: Incident) -> int:
        return len(incident.answered or ())

    def get_flapping(self, incident: Incident) -> bool:
        return is_flapping(incident.episodes)


class IncidentDetailSerializer(IncidentSerializer):
    alerts = serializers.SerializerMethodField(
        help_text=f"The {MOST_ALERTS} of which something was heard last; `alert_count`: how many there are."
    )
    timeline = serializers.SerializerMethodField()
    answered_by = serializers.SerializerMethodField(help_text="The usernames of those who have acknowledged.")
    merged: Any = serializers.PrimaryKeyRelatedField(
        many=True, read_only=True, help_text="Those that were merged into it."
    )

    class Meta(IncidentSerializer.Meta):
        fields = (*IncidentSerializer.Meta.fields, "answered_by", "merged", "alerts", "timeline")  # type: ignore[assignment]

    @extend_schema_field(AlertSerializer(many=True))
    def get_alerts(self, incident: Incident) -> list[dict[str, Any]]:
        return list(AlertSerializer(newest_alerts(incident, most=MOST_ALERTS), many=True).data)

    def get_answered_by(self, incident: Incident) -> list[str]:
        return [user.username for user in answered(incident)]

    def get_timeline(self, incident: Incident) -> list[dict[str, Any]]:
        return list(EntrySerializer(self.context["timeline"], many=True).data)


class NewIncidentSerializer(serializers.Serializer[dict[str, Any]]):
    service = Named(
        slug_field="name", queryset=Service.objects.filter(retired_at=None), help_text="Its name."
    )
    title = serializers.CharField(max_length=MAX_SUMMARY, help_text="What is wrong, in a few words.")
    severity = serializers.ChoiceField(choices=SEVERITIES, default=UNKNOWN_SEVERITY)
    detail = serializers.CharField(
        max_length=10_000, required=False, allow_blank=True, default="", help_text="The first note."
    )
    dedup_key = serializers.CharField(
        max_length=MAX_DEDUP_KEY,
        required=False,
        allow_blank=True,
        default="",
        help_text="Asked again while the incident is open, the same key opens no second one.",
    )


class ReasonSerializer(serializers.Serializer[dict[str, Any]]):
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class LabelSerializer(serializers.Serializer[dict[str, Any]]):
    label = serializers.ChoiceField(  # type: ignore[assignment]  # its metaclass takes fields off the class
        choices=[one.value for one in Label], help_text="Was there anything to do?"
    )


class ResolveSerializer(ReasonSerializer):
    """With a `label`, the incident is labelled as well."""

    label = serializers.ChoiceField(  # type: ignore[assignment]  # its metaclass takes fields off the class
        choices=[one.value for one in Label], required=False, allow_blank=True, default=""
    )


class ManySerializer(ReasonSerializer):
    incidents = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=bulk.MOST,
        help_text="Ids.",
    )


class MergeSerializer(ManySerializer):
    """Which end, and go on as the one that the address names."""


class NotDoneSerializer(serializers.Serializer[dict[str, Any]]):
    incident = serializers.IntegerField()
    why = serializers.CharField()


class OutcomeSerializer(serializers.Serializer[bulk.Outcome]):
    """What was done, and what was not and why."""

    done = serializers.ListField(child=serializers.IntegerField())
    refused = serializers.SerializerMethodField()

    @extend_schema_field(NotDoneSerializer(many=True))
    def get_refused(self, outcome: bulk.Outcome) -> list[dict[str, Any]]:
        return [{"incident": pk, "why": why} for pk, why in outcome.refused.items()]


class UntilSerializer(ReasonSerializer):
    """Either `minutes` from now or `until`, a time; how many minutes, each says itself."""

    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("minutes" in attrs) == ("until" in attrs):
            raise serializers.ValidationError("Give either minutes or until.")
        if "minutes" in attrs:
            attrs["until"] = self.context["now"] + timedelta(minutes=attrs["minutes"])
        return attrs


class SnoozeSerializer(UntilSerializer):
    """Either `minutes` from now or `until`, a time."""

    minutes = serializers.IntegerField(required=False, min_value=1, max_value=14 * 24 * 60)


class ReassignSerializer(ReasonSerializer):
    users = Named(slug_field="username", queryset=User.objects.all(), many=True)


class RespondersSerializer(ReassignSerializer):
    """Who is paged as well, at once."""


class NoteSerializer(serializers.Serializer[dict[str, Any]]):
    text = serializers.CharField(max_length=10_000)
