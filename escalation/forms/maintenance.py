"""A maintenance window: wall-clock times of a zone, perhaps repeated."""

from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from escalation.actions.maintenance import WindowSpec
from escalation.core.maintenance import Repeat
from escalation.models import MaintenanceWindow
from people.forms import RowForm, ZoneField


class WallTimeField(forms.Field):
    """A date and time without a zone, written 2026-06-01 02:00. Its value is a naive datetime."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-06-01 02:00"}), **kwargs
        )

    def prepare_value(self, value: Any) -> Any:
        text = value.isoformat() if isinstance(value, datetime) else str(value or "")
        return text.replace("T", " ").removesuffix(":00") if len(text) == 19 else text

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text or isinstance(value, datetime):
            return value or None
        try:
            read = datetime.fromisoformat(text) if text.isprintable() else None
        except ValueError:
            read = None
        if read is None or read.tzinfo is not None:
            raise forms.ValidationError(f"“{text[:30]}” is no date and time; write it as 2026-06-01 02:00.")
        return read.replace(microsecond=0)


class MaintenanceForm(RowForm):
    start = WallTimeField(help_text="By the clocks of the zone below: of the first, if it repeats.")
    end = WallTimeField()
    time_zone = ZoneField(initial="UTC")

    class Meta:
        model = MaintenanceWindow
        fields = ("service", "start", "end", "time_zone", "repeat", "until", "reason")

    def spec(self) -> WindowSpec:
        given = self.cleaned_data
        return WindowSpec(
            start=given["start"],
            end=given["end"],
            time_zone=given["time_zone"],
            repeat=Repeat(given["repeat"] or ""),
            until=given["until"],
            reason=given["reason"],
        )
