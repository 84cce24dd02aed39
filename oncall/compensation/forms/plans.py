"""A version of a pay plan in one form: when it pays, whom, and what. Faults stand at their fields."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import iso4217
from django import forms
from django.db.models import Q
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelect2Widget,
)

from oncall.actions.refusal import Refused
from oncall.compensation.actions.assigning import check_place, paid_by
from oncall.compensation.core.reading import read_terms
from oncall.compensation.currencies import CODES, smallest
from oncall.compensation.forms import terms
from oncall.compensation.forms.terms import Bands, TermsForm, text_input
from oncall.compensation.models import PayPlan, PlanVersion
from oncall.core.faults import DefinitionFault, DefinitionFaults
from people.forms import RowForm
from people.models import Membership, Team, User
from people.permissions import managed_team_ids

LOOK_AT_BANDS = "Look at the bands below: something in them cannot be read."


def currencies() -> list[tuple[str, str]]:
    return [(code, f"{code}, {iso4217.Currency(code).currency_name}") for code in sorted(CODES)]


class PlanForm(TermsForm, RowForm):
    currency = forms.ChoiceField(choices=currencies, initial="USD", widget=UnfoldAdminSelect2Widget)
    editing = forms.IntegerField(required=False, widget=forms.HiddenInput)
    effective_from = forms.DateField(
        required=False,
        label="Pays from",
        widget=UnfoldAdminDateWidget,
        help_text="Empty: always. Another day than that of the version shown makes a new version; the one "
        "before it ends there.",
    )
    effective_until = forms.DateField(
        required=False,
        label="Until",
        widget=UnfoldAdminDateWidget,
        help_text="The first day that it no longer pays. Empty: until the next version.",
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelect2MultipleWidget
    )
    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(), required=False, widget=UnfoldAdminSelect2MultipleWidget
    )
    places = forms.CharField(
        required=False,
        max_length=500,
        widget=text_input("GB, US-NY"),
        help_text="Holiday calendars, separated by commas: all who live there. A person's own plan comes "
        "before that of their place, and that before that of a team.",
    )
    why = forms.CharField(required=False, max_length=500, widget=text_input(), help_text="For the ledger.")
    by: User  # set for each request by `PlanAdmin.get_form`
    version: PlanVersion | None = None  # chosen for each request

    class Meta:
        model = PayPlan
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.version if self.instance.pk else None
        there = list(paid_by(version).values()) if version else []
        self._offer({row.user_id for row in there}, {row.team_id for row in there})
        bands: list[dict[str, Any]] = []
        if version is not None:
            fields, bands = terms.initial(version.terms)
            self.initial = {
                **self.initial,
                **fields,
                "editing": version.pk,
                "effective_from": version.effective_from,
                "effective_until": version.effective_until,
                "people": [row.user_id for row in there if row.user_id],
                "teams": [row.team_id for row in there if row.team_id],
                "places": ", ".join(row.place for row in there if row.place),
            }
        if self.instance.pk:
            self.initial["currency"] = self.instance.currency
        self._places_before = {row.place for row in there if row.place}
        self.bands: Any = Bands(self.data if self.is_bound else None, prefix="bands", initial=bands)
        self.terms: dict[str, Any] = {}

    def _offer(self, people: set[int | None], teams: set[int | None]) -> None:
        """Those whom this person may put in, and those whom it pays already."""
        all_people, all_teams = User.objects.filter(is_active=True), Team.objects.all()
        if not self.by.is_superuser:
            managed = managed_team_ids(self.by)
            theirs = Membership.objects.filter(team__in=managed).values("user")
            all_people, all_teams = all_people.filter(pk__in=theirs), all_teams.filter(pk__in=managed)
        offered: Any = self.fields["people"]
        offered.queryset = User.objects.filter(Q(pk__in=all_people) | Q(pk__in=people - {None})).order_by(
            "username"
        )
        offered = self.fields["teams"]
        offered.queryset = Team.objects.filter(Q(pk__in=all_teams) | Q(pk__in=teams - {None})).order_by(
            "name"
        )

    def clean_places(self) -> list[str]:
        places = [one.strip() for one in self.cleaned_data["places"].split(",") if one.strip()]
        try:
            for place in places:
                check_place(place)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        new = sorted(set(places) - self._places_before)
        if new and not self.by.is_superuser:
            raise forms.ValidationError(
                f"{', '.join(new)}: whoever lives in a place may be in any team; ask an "
                "administrator, or name a team."
            )
        return places

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or self.cleaned_data)}
        first, end = given.get("effective_from"), given.get("effective_until")
        if first and end and end <= first:
            self.add_error("effective_until", f"That is not after {first}, on which it begins.")
        if not self.bands.is_valid():
            self.add_error(None, LOOK_AT_BANDS)
            return given
        rows = list(_filled(self.bands))
        try:
            self.terms = terms.written(given, [row.cleaned_data for row in rows])
        except ValueError as fault:
            self.add_error("role_factors", str(fault))
            return given
        self._read(given.get("currency") or self.instance.currency or "USD", rows)
        return given

    def _read(self, currency: str, rows: list[Any]) -> None:
        try:
            read_terms(self.terms, plan=self.instance.name, currency=currency, unit=smallest(currency))
        except DefinitionFaults as faults:
            for fault in faults.faults:
                self._place(fault, rows)

    def _place(self, fault: DefinitionFault, rows: list[Any]) -> None:
        place = next((part for part in fault.path[1:] if isinstance(part, int)), None)
        if fault.path[:1] != ("standby",):
            self.add_error(terms.field_of(fault.path), fault.message)
        elif place is None:
            self.add_error(None, fault.message)
        else:
            rows[place].add_error(terms.band_field_of(fault.path), fault.message)
            if LOOK_AT_BANDS not in self.non_field_errors():
                self.add_error(None, LOOK_AT_BANDS)

    def begins(self) -> date | None:
        found: date | None = self.cleaned_data["effective_from"]
        return found


def _filled(bands: Iterable[Any]) -> Iterator[Any]:
    return (form for form in bands if form.cleaned_data.get("band") and not form.cleaned_data.get("DELETE"))
