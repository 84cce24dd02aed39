"""What a routing key takes."""

from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from escalation.actions.key_limits import MOST
from escalation.models import RoutingKey
from people.forms import RowForm


class LimitForm(RowForm):
    events_per_minute = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST,
        label="Events a minute",
        widget=UnfoldAdminIntegerFieldWidget(),
    )

    class Meta:
        model = RoutingKey
        fields = ("events_per_minute",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = settings.EVENTS_PER_MINUTE
        field = self.fields.get("events_per_minute")
        if field is not None:
            usual = f"{site:,} (EVENTS_PER_MINUTE)" if site else "no limit"
            field.help_text = (
                f"What is more is refused, which pages whoever has the service. Empty: {usual}; 0: no limit."
            )
