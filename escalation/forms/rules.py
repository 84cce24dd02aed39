"""A suppress rule or a trial, as a manager fills it in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanSwitchWidget,
)

from escalation.actions.rules import SEVERITIES
from escalation.core.matching import in_lines, read_match
from escalation.models import AlertRule
from people.forms import RowForm


class AlertRuleForm(RowForm):
    """A new one says everything; of one that exists the end, the owner, the reason and the severities can be
    changed: another match is another rule.
    """

    labels = forms.CharField(
        label="With all these labels",
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "placeholder": "alertname=DiskFull"}),
        help_text="One label=value a line; * stands for anything.",
    )
    severities = forms.MultipleChoiceField(
        choices=[(one, one) for one in SEVERITIES],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None ticked: all but SEV-1; for a trial, every one. With SEV-1 the worst pages nobody.",
    )
    quiet_open = forms.BooleanField(
        required=False,
        label="Also quiet what is open now",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Else only alerts that are still to come.",
    )

    class Meta:
        model = AlertRule
        fields = ("service", "kind", "severities", "owner", "ends_at", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["labels"] = in_lines(self.instance.match)
            for name in ("service", "kind", "labels", "quiet_open"):
                if name in self.fields:
                    self.fields[name].disabled = True

    def clean_labels(self) -> dict[str, str]:
        try:
            return read_match(self.cleaned_data["labels"])
        except ValueError as fault:
            raise ValidationError(str(fault)) from None
