"""One override beside a schedule: a new one is filled in; one that exists can only be ended or taken back."""

from typing import Any

from django import forms

from oncall.core.override import too_long
from oncall.forms.wall import InstantField
from oncall.models import Override
from people.forms import RowForm

FIXED = ("role", "kind", "start", "end", "user", "instead_of", "reason")


class OverrideForm(RowForm):
    start = InstantField()
    end = InstantField(last=True)
    stop = forms.BooleanField(required=False, label="End or cancel")

    class Meta:
        model = Override
        fields = FIXED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in FIXED:
                self.fields[name].disabled = True
        else:
            self.fields["stop"].disabled = True
            self.fields["role"].initial = "primary"

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "It ends before it starts; write a later end.")
        elif start and end and too_long(start, end):
            self.add_error("end", too_long(start, end))
        replaces = given.get("kind") == Override.Kind.REPLACE
        if replaces and not given.get("instead_of"):
            self.add_error("instead_of", "Say whom it replaces.")
        if not replaces and given.get("instead_of"):
            self.add_error("instead_of", "Only a replace is instead of somebody; leave this empty.")
        return given
