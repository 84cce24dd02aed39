"""A webhook that steps tell: its name, its address, and a secret of one's own where one is wanted."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from escalation.actions.webhooks import pointed
from escalation.models import Webhook
from people.forms import RowForm


class WebhookForm(RowForm):
    url = forms.CharField(
        max_length=1000,
        label="Address",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "https://hooks.acme.example/watchbill"}),
        help_text="Events are posted there as JSON (docs/webhooks-out.md). Encrypted, and outside of the "
        "network unless the operator allows the host in WEBHOOK_PRIVATE_HOSTS.",
    )
    own_secret = forms.CharField(
        required=False,
        max_length=64,
        label="Another secret",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="16 to 64 letters, digits and signs. Empty: it stays, or one is made for a new webhook.",
    )

    class Meta:
        model = Webhook
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = pointed(self.instance) if self.instance.pk else None
        if there is not None:
            self.initial["url"] = there.address
