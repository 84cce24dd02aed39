"""A routing rule, as a manager fills it in."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from escalation.actions.routing import RoutingSpec
from escalation.core.matching import in_lines, read_match
from escalation.core.routing import Route
from escalation.core.severity import SEVERITIES
from escalation.models import RoutingRule
from people.forms import RowForm

AS_IT_IS = ("", "As the service has it")


class RoutingRuleForm(RowForm):
    labels = forms.CharField(
        label="With all these labels",
        max_length=20_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "placeholder": "alertname=DiskFull"}),
        help_text="One label=value a line; * stands for anything.",
    )
    severity = forms.ChoiceField(
        choices=[AS_IT_IS, *((one, one) for one in SEVERITIES)],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Over what the source and the service say.",
    )
    urgency = forms.ChoiceField(
        choices=[AS_IT_IS, ("high", "High: pages at once"), ("low", "Low: pages nobody")],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Over what the service makes of the severity.",
    )

    class Meta:
        model = RoutingRule
        fields = ("service", "to_service", "severity", "urgency")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "to_service" in self.fields:
            self.fields["to_service"].empty_label = "They stay with their service"  # type: ignore[attr-defined]  # a choice of rows
        if self.instance.pk:
            if isinstance(self.instance.match, dict):
                self.initial["labels"] = in_lines(self.instance.match)
            if "service" in self.fields:
                self.fields["service"].disabled = True

    def clean_labels(self) -> dict[str, str]:
        try:
            return read_match(self.cleaned_data["labels"])
        except ValueError as fault:
            raise ValidationError(str(fault)) from None

    def _get_validation_exclusions(self) -> set[str]:
        """The constraints of the row are said by the verb, in words; and a rule may be tried before it says
        what becomes of its alerts.
        """
        return {*super()._get_validation_exclusions(), "to_service"}  # type: ignore[misc]  # Django's own

    def spec(self) -> RoutingSpec:
        said = self.cleaned_data
        return RoutingSpec(
            match=said["labels"],
            to_service=said["to_service"],
            severity=said["severity"],
            urgency=said["urgency"],
        )

    def route(self) -> Route:
        """As it would count, at its own place or behind all others."""
        spec, row = self.spec(), self.instance
        return Route(
            id=row.pk or 0,
            number=row.position or 0,
            match=spec.match,
            to=spec.to_service.pk if spec.to_service else None,
            severity=spec.severity,
            urgency=spec.urgency,
        )
