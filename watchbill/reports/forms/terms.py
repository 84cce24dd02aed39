"""Thresholds as pairs of fields, and when and to whom a report goes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django import forms
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from oncall.core.faults import DefinitionFaults
from people.forms import RowForm
from people.models import User
from watchbill.reports.actions.terms import DAYS
from watchbill.reports.core.measures import MEASURES, Measure
from watchbill.reports.core.thresholds import Limit, Thresholds, plain, read_thresholds, write_thresholds
from watchbill.reports.models import Mailing, Terms
from watchbill.reports.selectors import readers_of

USUAL = Thresholds()


def told(row: Terms) -> Iterator[str]:
    """“One alert: amber over 0.2, red over 0.4”, of what is not usual."""
    thresholds = read_thresholds(row.thresholds)
    for name in write_thresholds(thresholds):
        value = getattr(thresholds, name)
        if isinstance(value, Limit):
            word = "from" if value.reached else "over"
            pair = f"amber {word} {plain(value.amber)}, red {word} {plain(value.red)}"
        else:
            pair = str(value)
        yield f"{MEASURES[name].label}: {pair}"


class _Base(RowForm):
    class Meta:
        model = Terms
        fields = ("team",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in self._now().items():
            self.initial[name] = value

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        said = dict(self._said(given))
        try:
            read_thresholds(said)
        except DefinitionFaults as faults:
            for one in faults.faults:
                name = str(one.path[0])
                self.add_error(name if name in self.fields else f"{name}_amber", one.message)
        return given | {"thresholds": said}

    def _said(self, given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """What is filled in, as `read_thresholds` reads it."""
        for name, usual in ((name, getattr(USUAL, name)) for name in MEASURES):
            if not isinstance(usual, Limit):
                if given.get(name):
                    yield name, given[name]
                continue
            amber, red = (given.get(f"{name}_{part}", "").strip() for part in ("amber", "red"))
            if amber or red:
                yield name, [amber or str(usual.amber), red or str(usual.red)]

    def _now(self) -> dict[str, Any]:
        """What the version that is shown says, as fields."""
        found: dict[str, Any] = {}
        thresholds = read_thresholds(self.instance.thresholds)
        for name in write_thresholds(thresholds):
            value = getattr(thresholds, name)
            if isinstance(value, Limit):
                found |= {f"{name}_amber": str(plain(value.amber)), f"{name}_red": str(plain(value.red))}
            else:
                found[name] = value
        return found


def _fields() -> Iterator[tuple[str, forms.Field]]:
    for name, measure in MEASURES.items():
        usual = getattr(USUAL, name)
        if not isinstance(usual, Limit):
            help_text = f"{measure.meaning} Usual: {usual}."
            yield name, forms.IntegerField(
                label=measure.label, required=False, min_value=1, max_value=1000, help_text=help_text,
                widget=UnfoldAdminTextInputWidget(attrs={"placeholder": usual, "inputmode": "numeric"}),
            )  # fmt: skip
            continue
        for part, number in (("amber", plain(usual.amber)), ("red", plain(usual.red))):
            words = measure.meaning if part == "amber" else _from(usual, measure)
            widget = UnfoldAdminTextInputWidget(attrs={"placeholder": number, "inputmode": "decimal"})
            yield f"{name}_{part}", forms.CharField(
                label=f"{measure.label}: {part}", required=False, max_length=20, widget=widget,
                help_text=f"{words} Usual: {number}.",
            )  # fmt: skip


def _from(usual: Limit, measure: Measure) -> str:
    if usual.share:
        return "Over this part of one: 0.3 is 30 %."
    return f"From this many {measure.of} on." if usual.reached else f"Over this many {measure.of}."


if TYPE_CHECKING:
    TermsForm = _Base
else:
    TermsForm = type("TermsForm", (_Base,), dict(_fields()))


class MailingForm(RowForm):
    weekday = forms.TypedChoiceField(
        coerce=int, choices=list(enumerate(DAYS)), initial=0, widget=UnfoldAdminSelect2Widget,
        help_text="By the team's clock.",
    )  # fmt: skip

    class Meta:
        model = Mailing
        fields = ("team", "weekday", "at", "to", "after_shift")
        help_texts = {"to": "Empty: the team's managers. Managers read all of it, others their own rows."}

    def clean_to(self) -> list[User]:
        chosen = list(self.cleaned_data["to"])
        for user in chosen:
            if not user.is_active:
                raise forms.ValidationError(f"{user} has been deactivated and reads no mail; take them out.")
        return chosen

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        team = self.instance.team if self.instance.pk else given.get("team")
        if team is not None and given.get("to"):
            may_read = set(readers_of(team).filter(pk__in=[user.pk for user in given["to"]]))
            for user in given["to"]:
                if user not in may_read:
                    self.add_error(
                        "to", f"{user} is not in {team} and may not read its reports; take them out."
                    )
        return given
