"""What a version of a plan pays, as fields and rows: from the form to the written terms, and back."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from oncall.compensation.core.money import Mode, Per
from oncall.compensation.core.reading import MOST_BANDS, MULTIPLIERS
from oncall.compensation.core.terms import Overlap, Period, Unit
from oncall.compensation.forms import windows
from people.forms import ShortDurationField

Path = tuple[str, ...]


def text_input(placeholder: str = "") -> forms.TextInput:
    return UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})  # type: ignore[no-any-return]


def number(label: str, placeholder: str = "", help_text: str = "") -> forms.CharField:
    """An amount or a factor, as it is written; the plan's own reader says what is wrong with it."""
    widget = text_input(placeholder)
    return forms.CharField(required=False, max_length=30, label=label, widget=widget, help_text=help_text)


def chosen(label: str, choices: Iterable[tuple[str, str]], help_text: str = "") -> forms.ChoiceField:
    offered = list(choices)
    return forms.ChoiceField(
        required=False,
        label=label,
        choices=offered,
        initial=offered[0][0],
        widget=UnfoldAdminSelectWidget,
        help_text=help_text,
    )


def ticked(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(
        required=False, label=label, widget=UnfoldBooleanSwitchWidget, help_text=help_text
    )


def length(label: str, help_text: str = "") -> ShortDurationField:
    return ShortDurationField(required=False, label=label, help_text=help_text)


class WindowField(forms.CharField):
    """A window of the week in one line. Its value is that of a document, or None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=200, **kwargs)

    def clean(self, value: Any) -> Any:
        try:
            return windows.window(super().clean(value))
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from None


class BandForm(forms.Form):
    band = forms.CharField(max_length=100, label="Band", widget=text_input("weekend"))
    when = WindowField(
        widget=text_input("sat,sun"),
        help_text="By each person's own clock. Empty: always. Or mon-fri; daily 23:00-07:00; "
        "fri 18:00 - mon 09:00",
    )
    outside = WindowField(
        label="But not", widget=text_input("mon-fri 09:00-17:00"), help_text="Working hours, say."
    )
    amount = forms.CharField(max_length=30, widget=text_input("500"))
    per = chosen("Per", [(unit.value, unit.value) for unit in Unit])
    prorate = ticked("Shared by time", "Two who share a weekend share its amount; else the first has it.")
    holidays = ticked("Holidays only")
    additive = ticked("On top", "Paid beside the band that the time is in.")


Bands = forms.formset_factory(BandForm, extra=1, can_delete=True, max_num=MOST_BANDS)
CALL_OUTS, LIEU, PAY = ("call_outs",), ("call_outs", "time_in_lieu"), ("call_outs", "pay")
PATHS: Mapping[str, Path] = {
    "minimum_per_shift": ("minimum_per_shift",),
    "overlap": ("overlap",),
    "cap_hours": ("cap", "hours"),
    "cap_amount": ("cap", "amount"),
    "cap_per": ("cap", "per"),
    "cap_warn": ("cap", "warn"),
    "rounding_mode": ("rounding", "mode"),
    "rounding_unit": ("rounding", "unit"),
    "rounding_per": ("rounding", "per"),
    "working": (*CALL_OUTS, "outside"),
    "merge": (*CALL_OUTS, "merge"),
    "minimum": (*CALL_OUTS, "minimum"),
    "round_up_to": (*CALL_OUTS, "round_up_to"),
    "longest": (*CALL_OUTS, "longest"),
    "call_out_amount": (*PAY, "amount"),
    "call_out_per": (*PAY, "per"),
    **{f"times_{name}": (*PAY, name) for name in MULTIPLIERS},
    "lieu_rate": (*LIEU, "rate"),
    "lieu_awake": (*LIEU, "awake"),
    "lieu_woken": (*LIEU, "woken"),
    "lieu_further_hour": (*LIEU, "further_hour"),
    "lieu_day": (*LIEU, "day"),
    "lieu_expires": (*LIEU, "expires"),
}
"""Where each field's value stands in the written terms."""
LENGTHS = frozenset({"merge", "minimum", "round_up_to", "longest", "lieu_day", "lieu_expires"})
USUAL = frozenset({"cap_per", "cap_warn", "call_out_per"})
"""What says nothing alone: a choice always has a value."""
OF_A_BAND = {"days": "when", "start": "when", "end": "when", "except": "outside", "band": "band"}


class TermsForm(forms.Form):
    """All of it but the bands."""

    role_factors = forms.CharField(
        required=False,
        max_length=500,
        widget=text_input("primary 1, secondary 0.5"),
        help_text="What each role earns of the amounts. Roles that are not named: 1, a shadow 0.",
    )
    precedence = forms.CharField(
        required=False,
        max_length=1000,
        label="Which band comes first",
        widget=text_input("holiday, weekend, night, evening"),
        help_text="Of bands that cover one minute, the first here has it; the others as they are listed.",
    )
    overlap = chosen(
        "On two schedules or roles at once",
        [(Overlap.ONCE.value, "paid once, by the higher factor"), (Overlap.EACH.value, "each is paid")],
    )
    minimum_per_shift = number("Least that a shift pays", "50")
    call_outs = ticked("Call-outs are counted", "Work outside the hours below, when somebody was paged.")
    working = WindowField(
        label="Working hours", widget=text_input("mon-fri 09:00-17:00"), help_text="No call-outs in these."
    )
    merge = length("Merged within", "A page so soon after a call-out belongs to it; usually 60m.")
    minimum = length("At least", "What a call-out lasts at least, such as 60m.")
    round_up_to = length("Rounded up to", "Such as 15m.")
    longest = length("At most", "What one engagement counts at most; usually 4h.")
    call_out_amount = number("Pays", "30")
    call_out_per = chosen("Per", [("hour", "hour"), ("call_out", "call-out")])
    times_weekday = number("Weekday, times")
    times_evening = number("Evening, times")
    times_night = number("Night, times")
    times_weekend = number("Weekend, times", "1.5")
    times_holiday = number("Holiday, times", "2")
    lieu_rate = number("Minutes off for a minute", "1")
    lieu_awake = number("or days, when awake", "0.25")
    lieu_woken = number("days, when woken", "0.5")
    lieu_further_hour = number("days for a further hour", "0.25")
    lieu_day = length("A day is", "Such as 8h.")
    lieu_expires = length("Has to be taken within", "Such as 2w; empty: it never expires.")
    cap_hours = number("At most so many hours", "200", "Of standby.")
    cap_amount = number("or so much money")
    cap_per = chosen(
        "In a", [(period.value, period.value) for period in (Period.MONTH, Period.WEEK, Period.YEAR)]
    )
    cap_warn = ticked("Warn and pay on", "Else what is beyond it is not paid.")
    rounding_mode = chosen(
        "Rounded",
        [
            (Mode.HALF_EVEN.value, "half to even"),
            (Mode.HALF_UP.value, "half up"),
            (Mode.UP.value, "up"),
            (Mode.DOWN.value, "down"),
        ],
    )
    rounding_unit = number("Rounded to", "0.01", "Empty: the smallest coin of the currency.")
    rounding_per = chosen("Is rounded", [(Per.LINE.value, "each line"), (Per.TOTAL.value, "each total")])


def initial(terms: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the fields and the rows of bands begin with."""
    fields: dict[str, Any] = {"call_outs": "call_outs" in terms}
    for name, path in PATHS.items():
        value = _at(terms, path)
        if value is not None:
            fields[name] = _shown(name, value)
    factors = terms.get("role_factors", {})
    fields["role_factors"] = ", ".join(f"{role} {factor}" for role, factor in factors.items())
    fields["precedence"] = ", ".join(terms.get("precedence", ()))
    return fields, [_band_initial(band) for band in terms.get("standby", ())]


def _at(terms: Any, path: Path) -> Any:
    for key in path:
        terms = terms.get(key) if isinstance(terms, Mapping) else None
    return terms


def _shown(name: str, value: Any) -> Any:
    if name in LENGTHS:
        return timedelta(seconds=value)
    return windows.spelled(value) if name == "working" else value


def _band_initial(band: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **band,
        "when": windows.spelled(windows.own_window(band)),
        "outside": windows.spelled(band.get("except")),
    }


def written(given: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The terms that the cleaned fields and rows say. What is wrong with them, their reader says.

    Raises ValueError for role factors that are no pairs.
    """
    terms: dict[str, Any] = {"standby": [_band(row) for row in rows]}
    if given.get("call_outs"):
        terms["call_outs"] = {}
    said = {name: given.get(name) for name in PATHS if given.get(name) not in (None, "", False)}
    alone = {"cap": ("cap_hours", "cap_amount"), "call_out": ("call_out_amount", *_times())}
    for group, needs in alone.items():
        if not any(name in said for name in needs):
            said = {
                name: value for name, value in said.items() if not (name in USUAL and name.startswith(group))
            }
    for name, value in said.items():
        whole = value // timedelta(seconds=1) if isinstance(value, timedelta) else value
        _put(terms, PATHS[name], whole)
    factors = _factors(given.get("role_factors") or "")
    precedence = [name.strip() for name in (given.get("precedence") or "").split(",") if name.strip()]
    return {
        **terms,
        **({"role_factors": factors} if factors else {}),
        **({"precedence": precedence} if precedence else {}),
    }


def _times() -> list[str]:
    return [f"times_{name}" for name in MULTIPLIERS]


def _put(terms: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        terms = terms.setdefault(key, {})
    terms[path[-1]] = value


def _band(row: Mapping[str, Any]) -> dict[str, Any]:
    outside = {"except": row["outside"]} if row["outside"] else {}
    flags = {name: row[name] for name in ("prorate", "holidays", "additive")}
    return {
        "band": row["band"].strip(),
        **(row["when"] or {}),
        **outside,
        **flags,
        "amount": row["amount"].strip(),
        "per": row["per"],
    }


def _factors(text: str) -> dict[str, str]:
    found = {}
    for part in (one.strip() for one in text.split(",") if one.strip()):
        role, _, factor = part.replace(":", " ").rpartition(" ")
        if not role.strip():
            raise ValueError(f"“{part}” is no role with its factor; write primary 1, secondary 0.5.")
        found[role.strip()] = factor
    return found


def field_of(path: tuple[str | int, ...]) -> str:
    """The field that a fault of the terms is about; that of a group, where it is about all of it."""
    words = tuple(part for part in path if isinstance(part, str))
    if words[:1] in {("role_factors",), ("precedence",)}:
        return words[0]
    for name, place in PATHS.items():
        if words[: len(place)] == place or place[: len(words)] == words:
            return name
    return "call_outs"


def band_field_of(path: tuple[str | int, ...]) -> str | None:
    """The field of a band's row; None for what is about the row."""
    key = str(path[2]) if len(path) > 2 else ""
    return OF_A_BAND.get(key, key if key in BandForm.base_fields else "when")
