"""How people are reached, on their page of the admin; and in the list of people, who is ready to be paged."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import date, linebreaksbr
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from unfold.decorators import display
from unfold.views import ChangeList

from paging.actions import contacts
from paging.actions.pages import NOBODY
from paging.core.readiness import Lack
from paging.models import ContactMethod, NotificationRule
from paging.reaching import readiness
from people.actions import PeopleError
from people.admin import PersonAdmin
from people.forms import RowForm, ShortDurationField
from people.models import User
from people.recorded import Rows, actor_of, kept_rows

READY = "ready"
LACKS = {
    Lack.NO_WAY: "nobody can page them",
    Lack.OPTED_OUT: "opted-out number",
    Lack.DISABLED: "disabled method",
    Lack.UNVERIFIED: "unverified method",
    Lack.ONLY_EMAIL: "nothing rings",
    Lack.NO_RULE_FITS: "no rule fits",
    Lack.UNTESTED: "no test page in 90 days",
}
URGENT = {
    READY: "success",
    Lack.NO_WAY: "danger",
    Lack.OPTED_OUT: "warning",
    Lack.DISABLED: "warning",
    Lack.UNVERIFIED: "warning",
    Lack.ONLY_EMAIL: "danger",
    Lack.NO_RULE_FITS: "warning",
    Lack.UNTESTED: "info",
}


class ContactMethodForm(RowForm):
    """Of one that exists only whether it is used can be changed: messages that were sent name it."""

    used = forms.BooleanField(required=False, initial=True, label="Paged by it")

    class Meta:
        model = ContactMethod
        fields = ("kind", "address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["kind"].disabled = self.fields["address"].disabled = True
            self.initial["address"] = self.instance.shown
            self._address = self.instance.address
            self.initial["used"] = bool(self.instance.verified_at) and not self.instance.disabled_reason

    def clean(self) -> dict[str, Any]:
        given = {**(super().clean() or {})}
        if self.instance.pk:
            given["address"] = self._address  # the form shows it as others may see it
        elif given.get("kind") and given.get("address"):
            try:
                given["address"] = contacts.checked_address(given["kind"], given["address"])
            except contacts.Refused as refusal:
                self.add_error("address", str(refusal))
        return given


def _show_once(request: HttpRequest, method: ContactMethod) -> None:
    words = "What is posted to {} is signed with {}; this secret is not shown again."
    messages.warning(request, format_html(words, method.shown, method.signing_secret))


class ContactMethodRows(Rows):
    model = ContactMethod
    form = ContactMethodForm
    fields = ("kind", "address", "used", "state")
    readonly_fields = ("state",)
    can_delete = False

    @display(description="State")
    def state(self, row: ContactMethod) -> str:
        if row.disabled_reason:
            return f"disabled: {row.disabled_reason}"
        if row.verified_at is None:
            return "waits for its code" if row.pk else "-"
        return f"verified {date(row.verified_at)}"


class RuleForm(RowForm):
    after = ShortDurationField(help_text="0m is at once.")

    class Meta:
        model = NotificationRule
        fields = ("urgency", "via", "after")


class RuleRows(Rows):
    model = NotificationRule
    form = RuleForm
    verbose_name_plural = "notification rules (none: every method at once)"
    ordering = ("urgency", "after", "pk")


class ReadinessFilter(admin.SimpleListFilter):
    """Of active people: who is ready, and who lacks what."""

    title = "readiness"
    parameter_name = "lacks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(READY, READY), *((lack.value, words) for lack, words in LACKS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        wanted = self.value()
        if wanted != READY and wanted not in LACKS:
            return queryset
        active = queryset.filter(is_active=True)
        found = readiness(list(active.order_by().values_list("pk", flat=True)), now=timezone.now())
        lacks = {pk: {remark.lack.value for remark in remarks} or {READY} for pk, remarks in found.items()}
        return active.filter(pk__in=[pk for pk, lacking in lacks.items() if wanted in lacking])


class PeopleList(ChangeList):
    """Whether a page would reach each of them, in three queries for the whole list."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        found = readiness([row.pk for row in rows], now=timezone.now())
        for row in rows:
            row.remarks = found[row.pk]
        self.result_list = rows


@admin.register(User)
class ReachablePersonAdmin(PersonAdmin):
    """A person, their contact methods and their notification rules; in the list, who is ready to be paged."""

    inlines = (ContactMethodRows, RuleRows)
    refusals = (PeopleError, contacts.Refused)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return shown if obj is None else [*shown, ("How a page reaches them", {"fields": ("readiness",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "readiness")

    def get_list_display(self, request: HttpRequest) -> Any:
        return (*super().get_list_display(request), "reached")

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (*super().get_list_filter(request), ReadinessFilter)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PeopleList

    @display(description="Ready to be paged", label=URGENT)
    def reached(self, person: Any) -> tuple[str, str] | None:
        """The worst of what is wanting; the person's page says all of it."""
        if not person.is_active:
            return None
        if not person.remarks:
            return READY, READY
        more = f" +{len(person.remarks) - 1}" if len(person.remarks) > 1 else ""
        worst = person.remarks[0].lack
        return worst, f"{LACKS[worst]}{more}"

    @display(description="Readiness")
    def readiness(self, person: User) -> str:
        """What is wanting and what mends it, and never a code: that is between a person and their phone."""
        found = readiness([person.pk], now=timezone.now())[person.pk]
        lines = [f"{capfirst(remark.what)}. {remark.mend}" for remark in found]
        return format_html("{}", linebreaksbr("\n".join(lines) or "Ready: a page would reach them."))

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Without those that stand for FALLBACK_CONTACT or a webhook, and are nobody."""
        return super().get_queryset(request).exclude(NOBODY)

    def write(self, request: HttpRequest, row: User | None, form: Any, formsets: Mapping[type, Any]) -> User:
        person = super().write(request, row, form, formsets)
        by, now = actor_of(request), timezone.now()
        for one in kept_rows(formsets[ContactMethod]):
            given, method = one.cleaned_data, one.instance
            if given["used"]:
                method = contacts.set_contact_method(
                    user=person, kind=given["kind"], address=given["address"], by=by, now=now
                )
                if method.signing_secret and not one.instance.pk:
                    _show_once(request, method)
            elif method.pk and method.verified_at:  # one that waits for its code is its person's to verify
                contacts.disable_contact_method(
                    method=method, reason=f"switched off by {by.user}", by=by, now=now
                )
        rules = [one.cleaned_data for one in kept_rows(formsets[NotificationRule])]
        for urgency in NotificationRule.Urgency:
            wanted = [(rule["via"], rule["after"]) for rule in rules if rule["urgency"] == urgency]
            contacts.set_rules(user=person, urgency=urgency, rules=wanted, by=by, now=now)
        return person
