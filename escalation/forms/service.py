"""A service: how urgent each severity is, its support hours and runbooks, and its routing keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from escalation.actions.config import SIGNING_SECRET
from escalation.core.severity import UNKNOWN, usually
from escalation.core.urgency import DEFAULTS
from escalation.forms import incoming
from escalation.models import HotLine, RoutingKey, Service
from oncall.forms import notation
from people.forms import RowForm, ShortDurationField, ZoneField

URGENCIES = (
    ("high", "high: pages"),
    ("support_hours", "high in support hours"),
    ("low", "low: pages nobody"),
)
UNSIGNED = "none"
"""Written in the place of a signing secret."""
ADDRESS = URLValidator(schemes=["http", "https"])
PLAIN = ("team", "policy", "acknowledgement_timeout", "auto_resolve_after")


def _urgency(severity: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=URGENCIES, initial=DEFAULTS[severity], label=severity, widget=UnfoldAdminSelectWidget
    )


class ServiceForm(RowForm):
    acknowledgement_timeout = ShortDurationField(
        initial="30m", help_text="So long after the last sign of a responder, paging starts again."
    )
    auto_resolve_after = ShortDurationField(
        required=False,
        label="Resolve by itself after",
        help_text="4h: an incident that somebody is on, or that pages nobody any more, ends when nothing is "
        "heard of it for so long. Empty: never.",
    )
    sev_1, sev_2, sev_3, sev_4 = (_urgency(severity) for severity in DEFAULTS)
    hours = forms.CharField(
        required=False,
        max_length=100,
        label="Support hours",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "mon-fri 09:00-18:00"}),
        help_text="Local time. Empty: none are set, and what waits for them is high at once.",
    )
    hours_zone = ZoneField(required=False, label="In the zone", initial="UTC")
    books = forms.CharField(
        required=False,
        max_length=20_000,
        label="Runbooks",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="One a line: the address, then the labels an alert must have, such as "
        "https://wiki.example/errors alertname=HighErrorRate, cluster=eu1",
    )

    words = forms.CharField(
        required=False,
        max_length=20_000,
        label="What its sources' words mean",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One a line, such as critical = SEV-2 or P3 = SEV-1. A word that is not here means what it "
        f"usually does: {usually()}. What is missing or unknown is {UNKNOWN}.",
    )
    label_rules = forms.CharField(
        required=False,
        max_length=200_000,
        label="Severity by labels",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="One a line, such as SEV-3 alertname=DiskFull, cluster=eu1. The first that fits counts, "
        "whatever the source says.",
    )
    group_window = ShortDurationField(
        required=False,
        label="Group alerts for",
        help_text="Alerts that have the labels beside in common join one incident until it is so old, at "
        "most 1d. Empty: each alert has its own.",
    )
    group_labels = forms.CharField(
        required=False,
        max_length=1100,
        label="By these labels",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "alertname, cluster"}),
        help_text="Empty: all alerts of the service are one group.",
    )

    class Meta:
        model = Service
        fields = ("name", *PLAIN)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.update(_spelled(self.instance))

    def clean_hours(self) -> list[dict[str, Any]]:
        try:
            found = notation.restrictions(self.cleaned_data["hours"])
        except ValueError as fault:
            raise ValidationError(str(fault)) from None
        if len(found) > 1 or any("days" not in one for one in found):
            raise ValidationError("Support hours are one window on some days; write mon-fri 09:00-18:00.")
        return found

    def clean_books(self) -> list[dict[str, Any]]:
        if self._is_untouched("books"):
            return list(self.instance.runbooks)
        return [_runbook(line) for line in self.cleaned_data["books"].splitlines() if line.strip()]

    def _is_untouched(self, name: str) -> bool:
        """Whether it stands as it was shown, however a browser ends lines. What is stored may have a comma in
        a label, which cannot be written here.
        """
        given, shown = self.cleaned_data[name], self.initial.get(name, "")
        return bool(self.instance.pk) and given.splitlines() == shown.strip().splitlines()

    def clean_words(self) -> dict[str, str]:
        return incoming.words(self.cleaned_data["words"])

    def clean_label_rules(self) -> list[dict[str, Any]]:
        if self._is_untouched("label_rules"):
            return list(self.instance.severity_rules)
        return incoming.rules(self.cleaned_data["label_rules"])

    def clean(self) -> Any:
        if self.cleaned_data.get("group_labels") and not self.cleaned_data.get("group_window"):
            self.add_error("group_window", "Say for how long alerts are grouped by these labels; write 10m.")
        return super().clean()

    def fields_of_service(self) -> dict[str, Any]:
        """What the form says, for the verb. A part that nobody touched stays as it was written."""
        given = self.cleaned_data
        found: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
        severities = {severity: severity.lower().replace("-", "_") for severity in DEFAULTS}
        if {*severities.values()} & {*self.changed_data}:
            found["urgency"] = {severity: given[name] for severity, name in severities.items()}
        if {"hours", "hours_zone"} & {*self.changed_data}:
            zone = {"time_zone": given["hours_zone"] or "UTC"}
            found["support_hours"] = {**given["hours"][0], **zone} if given["hours"] else {}
        if "books" in self.changed_data:
            found["runbooks"] = given["books"]
        if "words" in self.changed_data:
            found["severities"] = given["words"]
        if "label_rules" in self.changed_data:
            found["severity_rules"] = given["label_rules"]
        if {"group_window", "group_labels"} & {*self.changed_data}:
            found["group_window"] = given["group_window"]
            found["group_by"] = incoming.names(given["group_labels"])
        return found


def _runbook(line: str) -> dict[str, Any]:
    address, _, labels = line.strip().partition(" ")
    try:
        ADDRESS(address)
    except ValidationError:
        raise ValidationError(f"“{address}” is not an address; begin each line with https://…") from None
    return {"match": incoming.labels(labels), "url": address}


def _spelled(service: Service) -> dict[str, Any]:
    hours: Mapping[str, Any] = service.support_hours
    urgency = DEFAULTS | service.urgency
    return {
        **{severity.lower().replace("-", "_"): rule for severity, rule in urgency.items()},
        "hours": notation.spelled_restrictions([hours]) if hours else "",
        "hours_zone": hours.get("time_zone", "UTC"),
        "books": "\n".join(_spelled_runbooks(service.runbooks)),
        "words": incoming.spelled_words(service.severities),
        "label_rules": incoming.spelled_rules(service.severity_rules),
        "group_window": service.group_window,
        "group_labels": ", ".join(service.group_by),
    }


def _spelled_runbooks(runbooks: Sequence[Mapping[str, Any]]) -> list[str]:
    matches = (incoming.spelled_labels(one.get("match", {})) for one in runbooks)
    return [f"{one['url']} {match}".strip() for one, match in zip(runbooks, matches, strict=True)]


class RoutingKeyForm(RowForm):
    """A new one has a name; one that exists can be revoked. Its signing secret is entered and not shown."""

    signed_with = forms.CharField(
        required=False,
        max_length=200,
        label="Signing secret",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="What Grafana or Sentry signs with (docs/sources.md). The key then takes only what is "
        f"signed. Empty: it stays as it is; {UNSIGNED}: it takes what is not signed again.",
    )
    revoke = forms.BooleanField(required=False)

    class Meta:
        model = RoutingKey
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name" if self.instance.pk else "revoke"].disabled = True
        secret = self.instance.signing_secret
        if secret:
            self.fields["signed_with"].widget.attrs["placeholder"] = f"set, ends in {secret[-2:]}"

    def clean_signed_with(self) -> str:
        said: str = self.cleaned_data["signed_with"]
        if said and said != UNSIGNED and not SIGNING_SECRET.fullmatch(said):
            raise ValidationError("Write 8 to 200 letters, digits and signs without a space.")
        return said

    def secret(self) -> str | None:
        """The one to set, empty to take what is not signed; None where nothing was said."""
        said: str = self.cleaned_data["signed_with"]
        return "" if said == UNSIGNED else said or None


class HotLineForm(RowForm):
    """A new one has a number; one that exists can be taken out."""

    remove = forms.BooleanField(required=False)

    class Meta:
        model = HotLine
        fields = ("number",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number" if self.instance.pk else "remove"].disabled = True
