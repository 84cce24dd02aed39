"""A source that must call in: how often, and how late it may be."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget

from escalation.actions.heartbeats import HeartbeatSpec
from escalation.core.urgency import DEFAULTS
from escalation.models import Heartbeat
from escalation.sources.event import UNKNOWN_SEVERITY
from people.forms import RowForm, ShortDurationField


class HeartbeatForm(RowForm):
    """A new one has a name; one that exists keeps it, and can be retired."""

    every = ShortDurationField(help_text="24h")
    grace = ShortDurationField(required=False, initial="5m", help_text="may be so late")
    severity = forms.ChoiceField(
        choices=[(one, one) for one in DEFAULTS], initial=UNKNOWN_SEVERITY, widget=UnfoldAdminSelectWidget
    )
    retire = forms.BooleanField(required=False)

    class Meta:
        model = Heartbeat
        fields = ("name", "every", "grace", "severity")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, width in (
            ("name", "10rem"),
            ("every", "4.5rem"),
            ("grace", "4.5rem"),
            ("severity", "6.5rem"),
        ):
            self.fields[name].widget.attrs["style"] = f"min-width:{width}"
        self.fields["name" if self.instance.pk else "retire"].disabled = True

    def clean_every(self) -> timedelta:
        every: timedelta = self.cleaned_data["every"]
        if not every:
            raise ValidationError("That is no time at all; write 24h.")
        return every

    def spec(self) -> HeartbeatSpec:
        """What the form says, for the verb. No grace is the usual one."""
        given = self.cleaned_data
        late = {} if given["grace"] is None else {"grace": given["grace"]}
        return HeartbeatSpec(name=given["name"], every=given["every"], severity=given["severity"], **late)
