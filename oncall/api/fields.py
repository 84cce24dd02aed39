"""Values that a request writes: times, ranges of them, people and schedules by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from oncall.api.instants import check_range, read_moment, to_utc
from oncall.api.lookups import (
    UnknownName,
    find_schedule,
    find_team,
    find_user,
    no_such,
    roles_from,
    zones_at,
)
from oncall.models import Schedule
from people.models import Team, User


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.CharField):
    """A date or an ISO 8601 time; without an offset it is naive, to be read in the schedule's zone."""

    def to_internal_value(self, data: Any) -> datetime:  # type: ignore[override]
        try:
            return read_moment(super().to_internal_value(data))
        except ValueError as fault:
            raise serializers.ValidationError(str(fault)) from None


@extend_schema_field(OpenApiTypes.STR)
class PersonField(serializers.CharField):
    """A person who is not deactivated, by username."""

    def to_internal_value(self, data: Any) -> User:  # type: ignore[override]
        try:
            user = find_user(super().to_internal_value(data))
        except UnknownName as unknown:
            raise serializers.ValidationError(str(unknown)) from None
        if not user.is_active:
            raise serializers.ValidationError(f"{user} ({user.username}) is deactivated; name someone else.")
        return user


@extend_schema_field(OpenApiTypes.STR)
class ScheduleField(serializers.CharField):
    """A schedule, by name."""

    def to_internal_value(self, data: Any) -> Schedule:  # type: ignore[override]
        try:
            return find_schedule(super().to_internal_value(data))
        except UnknownName as unknown:
            raise serializers.ValidationError(str(unknown)) from None


@extend_schema_field(OpenApiTypes.STR)
class TeamField(serializers.CharField):
    """A team, by name."""

    def to_internal_value(self, data: Any) -> Team:  # type: ignore[override]
        try:
            return find_team(super().to_internal_value(data))
        except UnknownName as unknown:
            raise serializers.ValidationError(str(unknown)) from None


def checked_range(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Raises ValidationError under `until` where the range is empty or longer than ten years."""
    try:
        check_range(since, until)
    except ValueError as fault:
        raise serializers.ValidationError({"until": [str(fault)]}) from None
    return since, until


def read_span(schedule: Schedule, asked: Mapping[str, Any], *, now: datetime) -> tuple[datetime, datetime]:
    """`start` and `end` of what was asked, in UTC; a naive one is wall-clock time of the schedule.

    Raises ValidationError under `end`.
    """
    zone = zones_at([schedule], at=now)[schedule.pk]
    start, end = to_utc(asked["start"], zone), to_utc(asked["end"], zone)
    try:
        check_range(start, end)
    except ValueError as fault:
        raise serializers.ValidationError({"end": [str(fault)]}) from None
    return start, end


def check_role(schedule: Schedule, role: str, *, now: datetime) -> None:
    """Raises ValidationError under `role`, with a suggestion, for a role it has neither now nor later."""
    known = roles_from(schedule, at=now)
    if role not in known:
        raise serializers.ValidationError({"role": [no_such("role", role, known)]})
