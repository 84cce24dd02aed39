"""What a request about pay writes: months, amounts and people."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from oncall.api.instants import legible, to_utc
from oncall.api.lookups import UnknownName, find_user
from oncall.compensation.currencies import shown
from people.models import User

MONTH = re.compile(r"(\d{4})-(\d{2})(?:-01)?", re.ASCII)
NOT_THERE = OpenApiResponse(description="There is none, or it is not yours to see.")


def person_of(request: Request) -> User:
    """Who asks: the API lets in only those who have logged in, by a token or on the pages."""
    return cast("User", request.user)


@extend_schema_field(OpenApiTypes.STR)
class MonthField(serializers.CharField):
    """A month as 2025-06, or by its first day."""

    def to_internal_value(self, data: Any) -> date:  # type: ignore[override]
        text = super().to_internal_value(data)
        found = MONTH.fullmatch(text)
        try:
            if found is None:
                raise ValueError  # noqa: TRY301
            return date(int(found[1]), int(found[2]), 1)
        except ValueError:
            raise serializers.ValidationError(
                f"“{legible(text)}” is not a month; write one such as 2025-06."
            ) from None

    def to_representation(self, value: date) -> str:  # type: ignore[override]
        return f"{value:%Y-%m}"


@extend_schema_field(OpenApiTypes.STR)
class PaidField(serializers.CharField):
    """A person, by username; who has left is still owed what they earned."""

    def to_internal_value(self, data: Any) -> User:  # type: ignore[override]
        try:
            return find_user(super().to_internal_value(data))
        except UnknownName as unknown:
            raise serializers.ValidationError(str(unknown)) from None


@extend_schema_field(OpenApiTypes.STR)
class AmountField(serializers.DecimalField):
    """Money, as a string such as "12.50"; never a float."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_digits=14, decimal_places=4, **more)


def amounts(found: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: shown(amount, currency) for currency, amount in sorted(found.items())}


def instant(moment: datetime, user: User) -> datetime:
    """A naive one is wall-clock time of the person."""
    return to_utc(moment, ZoneInfo(user.time_zone))
