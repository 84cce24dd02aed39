"""What the API of schedules takes and gives."""

from typing import Any

from rest_framework import serializers

from oncall.api.definitions import spelled_definition
from oncall.api.fields import MomentField, PersonField, ScheduleField
from oncall.core.definition import Definition, in_order
from oncall.models import Override, Schedule, ScheduleVersion, TemporarySchedule, TemporaryShift


class OnCallQuery(serializers.Serializer[Any]):
    schedule = ScheduleField(required=False, help_text="One schedule, by name; all of them if left out.")
    at = MomentField(
        required=False, help_text="Now, if left out. Without an offset: wall-clock time of each schedule."
    )


class RangeQuery(serializers.Serializer[Any]):
    since = MomentField(
        required=False, help_text="Now, if left out. Without an offset: the schedule's wall clock."
    )
    until = MomentField(required=False, help_text="Four weeks after `since`, if left out. Not included.")


class ShiftsQuery(RangeQuery):
    role = serializers.CharField(required=False, help_text="One role; all of them if left out.")


class OverridesQuery(RangeQuery):
    schedule = ScheduleField(required=False, help_text="One schedule, by name; all of them if left out.")
    since = MomentField(required=False, help_text="Leave out what ends before. Without an offset: UTC.")
    until = MomentField(
        required=False, help_text="Leave out what starts at or after. Without an offset: UTC."
    )


class PersonSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    name = serializers.CharField(source="__str__")


class OnCallSerializer(serializers.Serializer[Any]):
    schedule = serializers.CharField()
    role = serializers.CharField()
    users = PersonSerializer(many=True)
    until = serializers.DateTimeField(allow_null=True, help_text="When who is on call changes next.")


class ShiftSerializer(serializers.Serializer[Any]):
    schedule = serializers.CharField()
    role = serializers.CharField()
    user = serializers.CharField(allow_null=True, help_text="A username; null is a gap.")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    override = serializers.CharField(allow_null=True, help_text="cover, replace, add, temporary, or null.")


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    """Needs in its context `versions` (the one in force, by schedule id) and `names` (usernames by id)."""

    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    time_zone = serializers.SerializerMethodField()
    roles = serializers.SerializerMethodField()
    participants = serializers.SerializerMethodField()

    class Meta:
        model = Schedule
        fields = ("name", "team", "time_zone", "roles", "participants", "retired_at")

    def _version(self, schedule: Schedule) -> ScheduleVersion | None:
        versions: dict[int, ScheduleVersion] = self.context["versions"]
        return versions.get(schedule.pk)

    def get_time_zone(self, schedule: Schedule) -> str:
        version = self._version(schedule)
        return version.time_zone if version else "UTC"

    def get_roles(self, schedule: Schedule) -> list[str]:
        version = self._version(schedule)
        return in_order(version.definition["roles"]) if version else []

    def get_participants(self, schedule: Schedule) -> list[str]:
        version = self._version(schedule)
        users = Definition.from_json(version.definition).users() if version else ()
        return sorted(self.context["names"][user] for user in users)


class WholeScheduleSerializer(ScheduleSerializer):
    """Needs in its context as well `newest`, the last version's id."""

    holidays = serializers.SerializerMethodField(
        help_text="The holiday calendar, such as DE-BE; often empty."
    )
    definition = serializers.SerializerMethodField(help_text="In the words of the organisation's document.")
    version = serializers.SerializerMethodField(
        help_text="The last version that was written: `based_on` of a change. It may begin later."
    )

    class Meta(ScheduleSerializer.Meta):
        fields = (*ScheduleSerializer.Meta.fields, "holidays", "definition", "version")  # type: ignore[assignment]  # more

    def get_holidays(self, schedule: Schedule) -> str:
        version = self._version(schedule)
        return version.holidays if version else ""

    def get_definition(self, schedule: Schedule) -> dict[str, Any]:
        version = self._version(schedule)
        return spelled_definition(version.definition, self.context["names"]) if version else {"roles": {}}

    def get_version(self, schedule: Schedule) -> int | None:
        newest: int | None = self.context["newest"]
        return newest


class WrittenScheduleSerializer(WholeScheduleSerializer):
    changed = serializers.BooleanField(help_text="False: it said that already.")
    advice = serializers.ListField(
        child=serializers.CharField(), help_text="What it causes that will hurt, in sentences; often nothing."
    )

    class Meta(WholeScheduleSerializer.Meta):
        fields = (*WholeScheduleSerializer.Meta.fields, "changed", "advice")  # type: ignore[assignment]  # more


class VersionSerializer(serializers.ModelSerializer[ScheduleVersion]):
    """Needs `names` (usernames by id) and `in_force` (an id) in its context."""

    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    in_force = serializers.SerializerMethodField()
    definition = serializers.SerializerMethodField()

    class Meta:
        model = ScheduleVersion
        fields = (
            "id",
            "effective_from",
            "in_force",
            "time_zone",
            "holidays",
            "definition",
            "created_at",
            "created_by",
        )

    def get_in_force(self, version: ScheduleVersion) -> bool:
        return bool(version.pk == self.context["in_force"])

    def get_definition(self, version: ScheduleVersion) -> dict[str, Any]:
        return spelled_definition(version.definition, self.context["names"])


class TemporaryShiftSerializer(serializers.ModelSerializer[TemporaryShift]):
    user = serializers.CharField(source="user.username")

    class Meta:
        model = TemporaryShift
        fields = ("role", "user", "start", "end")


class TemporarySerializer(serializers.ModelSerializer[TemporarySchedule]):
    schedule = serializers.CharField(source="schedule.name")
    shifts = TemporaryShiftSerializer(many=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        model = TemporarySchedule
        fields = ("id", "schedule", "start", "end", "shifts", "created_at", "created_by")


class MadeTemporarySerializer(TemporarySerializer):
    advice = serializers.ListField(
        child=serializers.CharField(), help_text="What it causes that will hurt, in sentences; often nothing."
    )

    class Meta(TemporarySerializer.Meta):
        fields = (*TemporarySerializer.Meta.fields, "advice")  # type: ignore[assignment]  # one more


class OverrideSerializer(serializers.ModelSerializer[Override]):
    schedule = serializers.CharField(source="schedule.name")
    user = serializers.CharField(source="user.username")
    instead_of = serializers.CharField(source="instead_of.username", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)

    class Meta:
        model = Override
        fields = (
            "id",
            "schedule",
            "role",
            "kind",
            "start",
            "end",
            "user",
            "instead_of",
            "reason",
            "over_temporary",
            "created_at",
            "created_by",
        )


class MadeOverrideSerializer(OverrideSerializer):
    advice = serializers.ListField(
        child=serializers.CharField(), help_text="What it causes that will hurt, in sentences; often nothing."
    )

    class Meta(OverrideSerializer.Meta):
        fields = (*OverrideSerializer.Meta.fields, "advice")  # type: ignore[assignment]  # one more


class NewOverride(serializers.Serializer[Any]):
    """An override to be made. Times without an offset are wall-clock times of the schedule."""

    kind = serializers.ChoiceField(
        choices=Override.Kind.choices,
        default=Override.Kind.COVER,
        error_messages={"invalid_choice": f"Write {', '.join(Override.Kind.values)}."},
    )
    role = serializers.CharField(max_length=40)
    start = MomentField()
    end = MomentField()
    user = PersonField()
    instead_of = PersonField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    over_temporary = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether it applies to a temporary schedule. Left out: to those that stand there already.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        replaces = attrs["kind"] == Override.Kind.REPLACE
        if replaces and attrs["instead_of"] is None:
            raise serializers.ValidationError(
                {"instead_of": ["A replace names the person whose place is taken."]}
            )
        if not replaces and attrs["instead_of"] is not None:
            raise serializers.ValidationError(
                {"instead_of": [f"Only a replace takes somebody's place, and this is a {attrs['kind']}."]}
            )
        return attrs
