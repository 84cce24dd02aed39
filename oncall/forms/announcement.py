"""One announcement beside a schedule: a new one is filled in; one that exists is sent now, or taken off."""

import re
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from oncall.forms.layers import text_input
from oncall.models import Announcement
from paging.actions.rooms import webhooks
from people.forms import RowForm

FIXED = ("to", "webhook", "on_days", "clock", "on_change")
IS_ADDRESS = "://"
SEPARATED = re.compile(r"[,\s]+")


class AnnouncementForm(RowForm):
    to = forms.CharField(
        required=False,
        max_length=1000,
        label="Chat address",
        widget=text_input("slack://TokenA/TokenB/TokenC"),
        help_text="A room as apprise spells it. It is a key, and not shown again.",
    )
    webhook = forms.ChoiceField(required=False, label="or webhook", widget=UnfoldAdminSelectWidget)
    on_days = forms.CharField(
        required=False,
        max_length=100,
        label="Days",
        widget=text_input("mon, tue"),
        help_text="Empty: every day.",
    )
    clock = forms.CharField(
        required=False,
        max_length=20,
        label="At",
        widget=text_input("09:00"),
        help_text="The schedule's wall time.",
    )
    on_change = forms.BooleanField(required=False, label="or on change")
    send = forms.BooleanField(required=False, label="Send now")
    stop = forms.BooleanField(required=False, label="Take off")

    class Meta:
        model = Announcement
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        there = self.instance.pk is not None
        known = [self.instance.recipient] if there else webhooks()
        named = [(one.name, one.name) for one in known]
        self.fields["webhook"].choices = [("", "-"), *named]  # type: ignore[attr-defined]  # a ChoiceField
        for name in FIXED if there else ("send", "stop"):
            self.fields[name].disabled = True
        if there:
            self.initial.update(self._said())
            for name in FIXED:
                self.fields[name].widget.attrs.pop("placeholder", None)

    def _said(self) -> dict[str, Any]:
        row = self.instance
        name = str(row.recipient)
        return {
            ("to" if IS_ADDRESS in name else "webhook"): name,
            "on_days": row.days.replace(",", ", "),
            "clock": f"{row.at:%H:%M}" if row.at else "",
            "on_change": row.on_change,
        }

    def wanted(self) -> dict[str, Any]:
        """What a new row says, for `add_announcement`."""
        given = self.cleaned_data
        days = [day for day in SEPARATED.split(given["on_days"].lower()) if day]
        return {
            "to": given["to"],
            "webhook": given["webhook"],
            "days": days or None,
            "at": given["clock"].strip(),
            "on_change": given["on_change"],
        }
