"""The JSON of handoffs."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from escalation.handover.note import LONGEST_MOOD, LONGEST_WATCH, note_of
from escalation.handover.reading import IN, OUT, State, people_of, state_of
from oncall.api.fields import ScheduleField
from oncall.models import Handoff
from people import clock

MOST_ITEMS = 1000


class HandoffsQuery(serializers.Serializer[Any]):
    schedule = ScheduleField(required=False, help_text="One schedule, by name; all of them if left out.")
    state = serializers.ChoiceField(
        choices=[state.value for state in (State.PLANNED, State.OPEN, State.CONFIRMED)],
        required=False,
        help_text="planned: still ahead; open: happened, to be confirmed; confirmed.",
    )


class HandoffSerializer(serializers.ModelSerializer[Handoff]):
    schedule = serializers.CharField(source="schedule.name")
    state = serializers.SerializerMethodField(help_text=f"One of {', '.join(State)}.")
    outgoing = serializers.SerializerMethodField(help_text="Usernames.")
    incoming = serializers.SerializerMethodField(help_text="Usernames.")
    noted_by = serializers.CharField(source="noted_by.username", default=None, allow_null=True)
    confirmed_by = serializers.CharField(source="confirmed_by.username", default=None, allow_null=True)

    class Meta:
        model = Handoff
        fields = (
            "id", "schedule", "role", "at", "state", "asks", "outgoing", "incoming", "watch", "mood",
            "noted_at", "noted_by", "prepared_at", "confirmed_at", "confirmed_by",
        )  # fmt: skip

    def get_state(self, handoff: Handoff) -> str:
        return state_of(handoff)

    def get_outgoing(self, handoff: Handoff) -> list[str]:
        return [user.username for user in people_of(handoff, OUT)]

    def get_incoming(self, handoff: Handoff) -> list[str]:
        return [user.username for user in people_of(handoff, IN)]


class ItemSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(allow_null=True, help_text="Null while the note is a draft.")
    text = serializers.CharField()
    path = serializers.CharField(help_text="Where to look, on this site; may be empty.")
    incident = serializers.IntegerField(allow_null=True, help_text="Confirming it makes this one theirs.")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    confirmed_by = serializers.CharField(source="confirmed_by.username", default=None, allow_null=True)


class SectionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    items = ItemSerializer(many=True)


class HandoffDetailSerializer(HandoffSerializer):
    sections = serializers.SerializerMethodField()

    class Meta(HandoffSerializer.Meta):
        fields = (*HandoffSerializer.Meta.fields, "sections")  # type: ignore[assignment]

    @extend_schema_field(SectionSerializer(many=True))
    def get_sections(self, handoff: Handoff) -> list[dict[str, Any]]:
        sections = note_of(handoff, now=clock.now())
        return [
            {
                "key": section.key,
                "title": section.title,
                "items": ItemSerializer(section.items, many=True).data,
            }
            for section in sections
        ]


class WriteNoteSerializer(serializers.Serializer[Any]):
    watch = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_WATCH, help_text="An item a line."
    )
    mood = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=LONGEST_MOOD, help_text="How it was."
    )


class ConfirmSerializer(serializers.Serializer[Any]):
    """Either `items`, the numbers of those that were read, or `all`."""

    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        allow_empty=False,
        max_length=MOST_ITEMS,
    )
    all = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("items" in attrs) == attrs["all"]:
            raise serializers.ValidationError('Give either {"items": [1, 2]} or {"all": true}.')
        return attrs
