"""A routing key's mapping, a field for each of its expressions, and what to try it on."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from escalation.sources.event import MAX_BYTES
from escalation.sources.expressions import LONGEST
from escalation.sources.mapping import FIELDS, WORDS, faults_of, tidied
from escalation.sources.presets import PRESETS

PLAIN = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
EXAMPLES: Mapping[str, str] = {
    "each": "alerts",
    "ignore_when": "kind == 'test'",
    "action": "alert.state",
    "resolve_when": "ok, closed",
    "acknowledge_when": "seen",
    "dedup_key": "join('/', [root.cluster, name])",
    "summary": "alert.title",
    "severity": "alert.level || 'warning'",
    "source": "host.name",
    "labels": "{host: host.name, team: root.team}",
    "links": "{dashboard: alert.url}",
    "began_at": "alert.started",
    "group_key": "alert.rule",
}
ORDER = (
    "each", "ignore_when", "action", "resolve_when", "acknowledge_when", "dedup_key", "summary", "severity",
    "source", "labels", "links", "began_at", "group_key",
)  # fmt: skip
MOST_LETTERS = 10_000
"""Of a list of words as it is typed."""


NOTHING = "nothing, so it is read by the usual names"


@dataclass(frozen=True)
class Line:
    """One field of the mapping on its page."""

    name: str
    field: forms.BoundField
    result: str = ""
    fault: str = ""

    @property
    def empty(self) -> bool:
        """Its expression found nothing."""
        return self.result == NOTHING


class MappingForm(forms.Form):
    """Empty fields are not in the mapping: they are read by the usual names."""

    preset = forms.ChoiceField(
        required=False,
        choices=[("", "a preset …"), *((one.name, one.title) for one in PRESETS)],
        widget=UnfoldAdminSelectWidget,
    )
    payload = forms.CharField(
        required=False,
        strip=False,
        label="What is posted",
        max_length=MAX_BYTES,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 15, **PLAIN}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ORDER:
            attrs = {"placeholder": EXAMPLES[name], **PLAIN}
            is_line = name in WORDS
            widget = (
                UnfoldAdminTextInputWidget(attrs=attrs)
                if is_line
                else UnfoldAdminTextareaWidget(attrs={"rows": 1, **attrs})
            )
            self.fields[name] = forms.CharField(
                required=False,
                max_length=MOST_LETTERS if is_line else LONGEST,
                label=name,
                help_text=FIELDS.get(name) or f"{WORDS[name]}; commas between them",
                widget=widget,
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name, fault in faults_of(mapping_of(given)).items():
            self.add_error(name, fault)
        return given

    def mapping(self) -> dict[str, Any]:
        """As it is stored: of what can be read, so that the rest can be tried while one field is written."""
        return tidied(mapping_of(self.cleaned_data))

    def lines(self, results: Mapping[str, str], faults: Mapping[str, str]) -> list[Line]:
        """The fields in order, each with what it found, or why it found nothing."""
        wrong = {name: errors[0] for name, errors in self.errors.items()} if self.is_bound else {}
        return [
            Line(name, self[name], results.get(name, ""), str(wrong.get(name) or faults.get(name, "")))
            for name in ORDER
        ]


def mapping_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as a mapping; empty fields are left out."""
    typed = {name: str(given.get(name) or "").strip() for name in ORDER}
    return {name: words_of(said) if name in WORDS else said for name, said in typed.items() if said}


def typed_of(mapping: Mapping[str, Any]) -> dict[str, str]:
    """A mapping as it is typed into the form."""
    return {name: spelled_words(said) if name in WORDS else said for name, said in mapping.items()}


def words_of(said: str) -> list[str]:
    """“ok, closed”; a word with a comma stands in double quotes."""
    try:
        rows = list(csv.reader(said.splitlines(), skipinitialspace=True))
    except csv.Error:
        return [said]
    return [word.strip() for row in rows for word in row if word.strip()]


def spelled_words(words: Sequence[str]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(words)
    return line.getvalue().replace(",", ", ") if not any("," in word for word in words) else line.getvalue()
