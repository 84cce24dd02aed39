"""When a schedule's people are told of their shifts, in lines of text: `7d, 1d, 1h`."""

import re
from datetime import timedelta
from typing import Any

from django import forms

from oncall.core.reminders import checked_confirm_within, checked_reminders, spelled_reminders
from oncall.models import Schedule
from oncall.models.schedules import USUAL_CONFIRM_WITHIN, USUAL_REMINDERS
from people.forms import ShortDurationField


class RemindersField(forms.CharField):
    """Lengths of time, separated by commas, longest first. Empty is none, which is []."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self._one = ShortDurationField(required=False)

    def prepare_value(self, value: Any) -> Any:
        return spelled_reminders(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        written = [part.strip() for part in re.split(r"[,;\n]", str(value or "")) if part.strip()]
        leads = [self._one.to_python(part) for part in written]
        try:
            return checked_reminders(leads)
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from None

    def validate(self, value: Any) -> None:
        """Said already, and none is a choice."""

    def run_validators(self, value: Any) -> None:
        """Those of a text."""


class ConfirmField(ShortDurationField):
    """How long a handoff may wait; None, the usual time, when empty."""

    def to_python(self, value: Any) -> Any:
        within = super().to_python(value)
        try:
            return None if within is None else checked_confirm_within(within)
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from None


def said(schedule: Schedule) -> dict[str, Any]:
    """What the fields begin with."""
    seconds, within = schedule.reminders, schedule.confirm_within
    return {
        "remind_before": list(USUAL_REMINDERS)
        if seconds is None
        else [timedelta(seconds=one) for one in seconds],
        "confirmed_within": USUAL_CONFIRM_WITHIN if within is None else within,
    }
