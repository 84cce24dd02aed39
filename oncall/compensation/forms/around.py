"""A day of the company, and a budget of a team, in the admin."""

from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelect2Widget

from oncall.compensation.forms.plans import currencies
from oncall.compensation.models import CompanyDay, PayBudget
from people.forms import RowForm

MIDNIGHT = time(0)


class CompanyDayForm(RowForm):
    class Meta:
        model = CompanyDay
        fields = ("date", "name", "calendar", "start", "end", "worked")
        help_texts = {"calendar": "Whose day it is: GB or US-NY, say; empty for everybody."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"start", "end"} & set(self.fields):
            self.fields[name].required = False

    def clean_start(self) -> time:
        return self.cleaned_data["start"] or MIDNIGHT

    def clean_end(self) -> time:
        end: time = self.cleaned_data["end"] or MIDNIGHT
        start = self.cleaned_data.get("start")
        if start is not None and end != MIDNIGHT and end <= start:
            raise forms.ValidationError(f"That is not after {start:%H:%M}; 00:00 is the end of the day.")
        return end


class BudgetForm(RowForm):
    currency = forms.ChoiceField(choices=currencies, widget=UnfoldAdminSelect2Widget)

    class Meta:
        model = PayBudget
        fields = ("team", "since", "amount", "currency")
        help_texts = {"since": "The first day of the month from which on it counts."}

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount < 0:
            raise forms.ValidationError(f"“{amount}” is negative; write 0 or more.")
        return amount
