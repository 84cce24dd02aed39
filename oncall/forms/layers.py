"""The rows of a schedule's form: its layers, and the roles that follow another role's layer."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from oncall.forms import notation
from oncall.forms.wall import WallField

TURNS = (("all", "every day"), ("worked_days", "worked days only"))
MOST_LAYERS = 200


def text_input(placeholder: str) -> forms.TextInput:
    return UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})  # type: ignore[no-any-return]


class LayerForm(forms.Form):
    role = forms.CharField(max_length=40, widget=text_input("primary"))
    name = forms.CharField(max_length=100, label="Layer", widget=text_input("Weekly"))
    participants = forms.CharField(
        widget=text_input("alice, bob+carol, nobody"),
        help_text="Usernames in the order of their turns; bob+carol are on at once; nobody is a gap.",
    )
    start = WallField(help_text="When the first turn begins, and the time of day of every handoff.")
    shift_length = forms.CharField(max_length=20, widget=text_input("1w"), help_text="12h, 1d, 1w, 1 month")
    turns = forms.ChoiceField(choices=TURNS, initial="all", label="Counts", widget=UnfoldAdminSelectWidget)
    restrictions = forms.CharField(
        required=False,
        label="Only at",
        widget=text_input("mon-fri 09:00-17:00"),
        help_text="Empty: always. Or mon-fri 09:00-17:00; fri 18:00 - mon 09:00",
    )
    end = WallField(required=False, help_text="When the layer's duty ends, if it does.")

    def clean_participants(self) -> Any:
        return _read(notation.slots, self.cleaned_data["participants"])

    def clean_restrictions(self) -> Any:
        return _read(notation.restrictions, self.cleaned_data["restrictions"])


class FollowForm(forms.Form):
    role = forms.CharField(max_length=40, widget=text_input("secondary"))
    follows = forms.CharField(max_length=40, widget=text_input("primary"))
    layer = forms.CharField(max_length=100, widget=text_input("Weekly"))
    offset = forms.IntegerField(
        min_value=-500,
        max_value=500,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": "-1"}),
        help_text="1 is who comes next, -1 is who was on last time.",
    )


def _read(reader: Any, text: str) -> Any:
    try:
        return reader(text)
    except ValueError as fault:
        raise forms.ValidationError(str(fault)) from None


Layers = forms.formset_factory(LayerForm, extra=1, can_delete=True, max_num=MOST_LAYERS)
Follows = forms.formset_factory(FollowForm, extra=1, can_delete=True, max_num=MOST_LAYERS)
