"""What the API takes to make and change schedules. Unknown keys are refused with a suggestion."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from oncall.actions import Refused
from oncall.actions.holidays import check_calendar
from oncall.api.definitions import DefinitionField
from oncall.api.fields import MomentField, PersonField
from oncall.api.instants import legible
from oncall.api.lookups import no_such
from oncall.core.faults import unknown
from oncall.models import Schedule
from people.models import Team
from people.zones import zone_names

MOST_SHIFTS = 500
MOST_STRANGE = 50
LARGEST_ID = 2**63 - 1
ADDRESSES = (
    "shifts", "overrides", "findings", "quality", "plan", "plan/accept", "versions", "retire", "preview",
    "temporaries", "take", "release", "standins", "announcements",
)  # fmt: skip


class Strict(serializers.Serializer[Any]):
    """Refuses keys that it does not know, beside whatever else is wrong."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        strange = _strange(data, self.fields) if isinstance(data, Mapping) else {}
        try:
            given = super().run_validation(data)
        except serializers.ValidationError as found:
            detail = found.detail if isinstance(found.detail, dict) else {"non_field_errors": found.detail}
            raise serializers.ValidationError({**detail, **strange}) from None
        if strange:
            raise serializers.ValidationError(strange)
        return given


def _strange(data: Mapping[Any, Any], known: Mapping[str, Any]) -> dict[str, list[str]]:
    """The first of them: there may be as many as a body has room for."""
    strange = [legible(str(key)) for key in islice((key for key in data if key not in known), MOST_STRANGE)]
    return {key: [unknown("key", key, known)] for key in strange}


@extend_schema_field(OpenApiTypes.STR)
class TeamField(serializers.CharField):
    """A team, by name."""

    def to_internal_value(self, data: Any) -> Team:  # type: ignore[override]
        name = super().to_internal_value(data)
        team = Team.objects.filter(name=name).first() if legible(name) == name else None
        if team is None:
            names = Team.objects.order_by("name").values_list("name", flat=True)
            raise serializers.ValidationError(no_such("team", name, names))
        return team


def _zone(name: str) -> None:
    if name not in zone_names():
        raise serializers.ValidationError(
            f"“{legible(name)}” is not a time zone; write a name such as Europe/Berlin."
        )


def _calendar(name: str) -> None:
    try:
        check_calendar(legible(name))
    except Refused as refusal:
        raise serializers.ValidationError(str(refusal)) from None


def _name(name: str) -> None:
    if name.startswith("/") or name.endswith(("/", *(f"/{address}" for address in ADDRESSES))):
        raise serializers.ValidationError(
            f"A name neither begins nor ends with “/”, nor ends with an address such as “/{ADDRESSES[0]}”; "
            "choose another one."
        )
    if legible(name) == name and Schedule.objects.filter(name=name).exists():
        raise serializers.ValidationError(
            f"There is a schedule named “{name}” already; choose another name, or change that one."
        )


class NewSchedule(Strict):
    """A schedule to be made: as if it had always been there, since its earliest layer started."""

    name = serializers.CharField(max_length=100, validators=[_name])
    team = TeamField(required=False, allow_null=True, default=None, help_text="One that you manage.")
    time_zone = serializers.CharField(
        required=False, max_length=64, validators=[_zone], help_text="The team's, if left out."
    )
    holidays = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=16, validators=[_calendar]
    )
    definition = DefinitionField()


class ChangedSchedule(Strict):
    """What a schedule says from now on, or from `effective_from` on. What is left out stays as it is.

    What GET gave may be sent back: its `version` counts as `based_on`; `roles`, `participants` and
    `retired_at` follow from the rest and are ignored.
    """

    name = serializers.CharField(required=False, help_text="As it is: a schedule keeps its name.")
    team = TeamField(required=False, allow_null=True, help_text="One that you manage.")
    time_zone = serializers.CharField(required=False, max_length=64, validators=[_zone])
    holidays = serializers.CharField(required=False, allow_blank=True, max_length=16, validators=[_calendar])
    definition = DefinitionField()
    effective_from = MomentField(
        required=False, allow_null=True, default=None, help_text="Now, if left out; never in the past."
    )
    based_on = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The `version` that GET gave: 409 if another was written since. Left out: not asked.",
    )
    version = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LARGEST_ID, help_text="As `based_on`."
    )
    roles = serializers.JSONField(required=False, help_text="Ignored.")
    participants = serializers.JSONField(required=False, help_text="Ignored.")
    retired_at = serializers.JSONField(required=False, allow_null=True, help_text="Ignored.")

    def validate_name(self, name: str) -> str:
        if name != self.context["name"]:
            raise serializers.ValidationError(
                f"A schedule keeps its name, “{self.context['name']}”; leave the name out, or make a new one."
            )
        return name


class Previewed(ChangedSchedule):
    """A change that is only looked at, in `[since, until)`."""

    since = MomentField(required=False, help_text="Now, if left out.")
    until = MomentField(required=False, help_text="Four weeks after `since`, if left out; at most 366 days.")


class NewTemporaryShift(Strict):
    role = serializers.CharField(max_length=40)
    user = PersonField()
    start = MomentField(required=False, help_text="With the temporary schedule, if left out.")
    end = MomentField(required=False, help_text="With the temporary schedule, if left out.")


class NewTemporary(Strict):
    """A span in which these shifts are all there is, in every role; the rest of it is nobody's."""

    start = MomentField()
    end = MomentField()
    shifts = serializers.ListField(child=NewTemporaryShift(), max_length=MOST_SHIFTS)
