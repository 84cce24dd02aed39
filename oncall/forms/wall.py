"""A moment as the clock on the schedule's wall shows it."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from unfold.widgets import INPUT_CLASSES

from oncall.core.walltime import first_instant, last_instant, wall_time

SHAPE = "%Y-%m-%dT%H:%M"
FIRST_YEAR, LAST_YEAR = 1970, 2199  # those of the organisation's document


def wall_input() -> forms.DateTimeInput:
    """The browser's own picker of a date and a time."""
    return forms.DateTimeInput(
        format=SHAPE, attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}
    )


class WallField(forms.DateTimeField):
    """A wall-clock time as it is written: naive."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=wall_input(), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        try:
            found = parse_datetime(str(value).strip())
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None:
            raise forms.ValidationError(f"“{value}” is not a date and time; write 2025-01-06T10:00.")
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise forms.ValidationError(
                f"“{value}” lies outside the years {FIRST_YEAR} to {LAST_YEAR}; write one of these."
            )
        return found


class InstantField(WallField):
    """The instant that a wall-clock time of the zone in force means; `last` of two where it comes twice."""

    def __init__(self, *, last: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._instant = last_instant if last else first_instant

    def prepare_value(self, value: Any) -> Any:
        aware = isinstance(value, datetime) and value.tzinfo is not None
        return wall_time(value, timezone.get_current_timezone()) if aware else value

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        if found is None or found.tzinfo is not None:
            return found
        return self._instant(found, timezone.get_current_timezone())
