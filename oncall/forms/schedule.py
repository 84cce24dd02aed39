"""A whole schedule in one form: its layers, the roles that follow another, and from when on it says so."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms

from oncall.core.definition import Definition, DefinitionFault, DefinitionFaults
from oncall.core.walltime import first_instant
from oncall.forms import handoffs, notation
from oncall.forms.layers import Follows, Layers, text_input
from oncall.forms.temporary import TemporaryPart
from oncall.forms.wall import WallField
from oncall.models import Schedule, ScheduleVersion
from people.forms import RowForm, ZoneField
from people.models import User

if TYPE_CHECKING:
    from django.http import QueryDict

LOOK_AT_LAYERS = "Look at the layers and roles below: something in them cannot be read."
LOOK_AT_TEMPORARY = "Look at the temporary schedule below: something in it cannot be read."
POINTERS = frozenset({LOOK_AT_LAYERS, LOOK_AT_TEMPORARY})


class ScheduleForm(RowForm):
    time_zone = ZoneField(
        initial="UTC", help_text="Handoffs, starts and windows are in this zone's local time."
    )
    holidays = forms.CharField(
        required=False,
        max_length=16,
        label="Holiday calendar",
        widget=text_input("US-NY"),
        help_text="Country and part; only layers that count worked days ask it.",
    )
    without_layers = forms.CharField(
        required=False,
        max_length=500,
        label="More roles, without layers",
        widget=text_input("shadow"),
        help_text="Roles that only overrides fill, separated by commas. Shadows are shown and never paged.",
    )
    effective = WallField(
        required=False,
        label="In force from",
        help_text="Local time. Empty: from now. What was on call before stays as it was.",
    )
    remind_before = handoffs.RemindersField(
        required=False,
        label="Reminders before a shift",
        widget=text_input("7d, 1d, 1h"),
        help_text="How long before their shift people are told of it, separated by commas: 7d, 1d, 1h. "
        "Empty: no reminders; “you are on call” still comes.",
    )
    confirmed_within = handoffs.ConfirmField(
        required=False,
        label="Confirm within",
        help_text="How long after a handoff whoever came on has to confirm it, before the managers hear: 4h.",
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Schedule
        fields = ("name", "team")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = latest_version(self.instance) if self.instance.pk else None
        said = _said(version) if version else {"layers": [], "follows": [], "fields": {}}
        self.newest = newest_version(self.instance) if self.instance.pk else None
        self.initial |= said["fields"] | {
            "based_on": self.newest and self.newest.pk,
            **handoffs.said(self.instance),
        }
        data = self.data if self.is_bound else None
        self.layers: Any = Layers(data, prefix="layers", initial=said["layers"])
        self.follows: Any = Follows(data, prefix="follows", initial=said["follows"])
        self.temporary = TemporaryPart(data, self.instance if self.instance.pk else None)
        self.definition: Definition | None = None
        self.effective_from: datetime | None = None

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or self.cleaned_data)}
        zone = ZoneInfo(given.get("time_zone") or "UTC")
        if given.get("effective"):
            self.effective_from = first_instant(given["effective"], zone)
        if self.layers.is_valid() and self.follows.is_valid():
            self._define(given)
        else:
            self.add_error(None, LOOK_AT_LAYERS)
        if not self.temporary.is_valid():
            self.add_error(None, LOOK_AT_TEMPORARY)
        self._check_based_on(given)
        return given

    def handoffs(self) -> dict[str, Any]:
        """As the verb takes it. A page that was opened before these fields were there changes nothing."""
        stood = handoffs.said(self.instance)
        sent = {name: self.cleaned_data[name] if name in self.data else stood[name] for name in stood}
        return {"reminders": sent["remind_before"], "confirm_within": sent["confirmed_within"]}

    def _check_based_on(self, given: Mapping[str, Any]) -> None:
        """Whoever filled the form in before another version was saved is told so, once."""
        based_on, newest = given.get("based_on"), self.newest
        if based_on is None or newest is None or based_on == newest.pk:
            return
        data = cast("QueryDict", self.data).copy()
        data["based_on"] = str(newest.pk)
        self.data = data
        who = str(newest.created_by) if newest.created_by else "Somebody"
        self.add_error(
            None,
            f"{who} saved another version of this schedule while you were editing. What you wrote still "
            "stands here; compare it with the versions at the end of the page, and save again to put it over "
            "that one.",
        )

    def _define(self, given: Mapping[str, Any]) -> None:
        roles, places = self._roles(given)
        try:
            self.definition = Definition.from_json({"roles": roles})
        except DefinitionFaults as faults:
            for fault in faults.faults:
                self._place(fault, places)

    def _roles(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[tuple[str, int], forms.Form]]:
        """As a document has them; and the form of each layer, by role and number (-1: what follows)."""
        roles: dict[str, Any] = {name: {"layers": []} for name in _names(given.get("without_layers", ""))}
        places: dict[tuple[str, int], forms.Form] = {}
        ids = self._ids()
        for form in _filled(self.layers):
            layers = roles.setdefault(form.cleaned_data["role"].strip(), {"layers": []})["layers"]
            places[form.cleaned_data["role"].strip(), len(layers)] = form
            layers.append(self._layer(form, ids))
        for form in _filled(self.follows):
            role = form.cleaned_data["role"].strip()
            if role in roles:
                self._say(
                    form, "role", f"“{role}” has layers, or follows already; a role does one of the two."
                )
            roles[role] = {name: form.cleaned_data[name] for name in ("follows", "layer", "offset")}
            places[role, -1] = form
        return roles, places

    def _ids(self) -> Mapping[str, int]:
        named = {
            name
            for form in _filled(self.layers)
            for slot in form.cleaned_data["participants"]
            for name in slot
        }
        known = dict(User.objects.filter(username__in=named).values_list("username", "pk"))
        if named - known.keys():
            return dict(User.objects.filter(is_active=True).values_list("username", "pk")) | known
        return known

    def _layer(self, form: Any, ids: Mapping[str, int]) -> dict[str, Any]:
        given = form.cleaned_data
        try:
            participants = notation.numbered(given["participants"], ids)
        except ValueError as fault:
            self._say(form, "participants", str(fault))
            participants = []
        kept = {name: given[name] for name in ("name", "shift_length", "turns", "restrictions")}
        ends = {"end": given["end"]} if given["end"] else {}
        return kept | ends | {"participants": participants, "start": given["start"]}

    def _place(self, fault: DefinitionFault, places: Mapping[tuple[str, int], forms.Form]) -> None:
        """Show a fault beside the field it is about."""
        role = str(fault.path[1]) if len(fault.path) > 1 else ""
        layer = next((part for part in fault.path if isinstance(part, int)), -1)
        form = places.get((role, layer))
        if form is None:
            self.add_error(None, fault.message)
        else:
            field = next((str(part) for part in fault.path[2:] if str(part) in form.fields), None)
            self._say(form, field, fault.message)

    def _say(self, form: forms.Form, field: str | None, message: str) -> None:
        form.add_error(field, message)
        label = form.fields[field].label or field if field else "a layer"
        self.add_error(None, f"{form.cleaned_data.get('role', '')}, {label}: {message}")


def _filled(formset: Any) -> Iterator[Any]:
    return (
        form for form in formset.forms if form.cleaned_data.get("role") and form not in formset.deleted_forms
    )


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def latest_version(schedule: Schedule) -> ScheduleVersion | None:
    """What was written last; it may begin later."""
    return schedule.versions.order_by("-effective_from").first()


def newest_version(schedule: Schedule) -> ScheduleVersion | None:
    """What was saved last; another may begin later."""
    return schedule.versions.select_related("created_by").order_by("-pk").first()


def _said(version: ScheduleVersion) -> dict[str, Any]:
    """What a version says, as the forms begin with."""
    definition = Definition.from_json(version.definition)
    names = dict(User.objects.filter(pk__in=definition.users()).values_list("pk", "username"))
    layers, follows, bare = [], [], []
    for role, written in definition.to_json()["roles"].items():
        if "follows" in written:
            follows.append({"role": role, **written})
        elif not written["layers"]:
            bare.append(role)
        else:
            layers += [_layer_initial(role, layer, names) for layer in written["layers"]]
    fields = {"time_zone": version.time_zone, "holidays": version.holidays, "without_layers": ", ".join(bare)}
    return {"layers": layers, "follows": follows, "fields": fields}


def _layer_initial(role: str, layer: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "role": role,
        "name": layer["name"],
        "participants": notation.spelled_slots(layer["participants"], names),
        "start": datetime.fromisoformat(layer["start"]),
        "shift_length": layer["shift_length"],
        "turns": layer.get("turns", "all"),
        "restrictions": notation.spelled_restrictions(layer.get("restrictions", ())),
        "end": datetime.fromisoformat(layer["end"]) if layer.get("end") else None,
    }
