"""How people are reached, on their page; and the outbox: every message, with what became of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display

from paging.actions import contacts
from paging.actions.pages import FALLBACK_USERNAME
from paging.actions.spending import month_start
from paging.core.address import OPEN
from paging.core.rules import INFO
from paging.models import Attempt, ContactMethod, Notification, NotificationRule
from paging.reaching import readiness
from paging.selectors import carried, spent
from people.actions import PeopleError
from people.admin import PersonAdmin
from people.forms import RowForm, ShortDurationField
from people.models import User
from people.recorded import ReadOnly, Rows, Shown, actor_of, kept_rows

DAYS = ("1", "7", "30")
STATES = {
    "delivered": "success",
    "sent": "info",
    "failed": "danger",
    "undelivered": "danger",
    "unknown": "warning",
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
    fields = ("kind", "address", "used", "disabled_reason")
    readonly_fields = ("disabled_reason",)
    can_delete = False


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


@admin.register(User)
class ReachablePersonAdmin(PersonAdmin):
    """A person, their contact methods and their notification rules."""

    inlines = (ContactMethodRows, RuleRows)
    refusals = (PeopleError, contacts.Refused)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return shown if obj is None else [*shown, ("How a page reaches them", {"fields": ("readiness",)})]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "readiness")

    @display(description="Readiness")
    def readiness(self, person: User) -> str:
        """What is wanting, and never a code: that is between a person and their phone."""
        found = readiness([person.pk], now=timezone.now())[person.pk]
        return "; ".join(remark.what for remark in found) or "ready: a page would reach them"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Without the one who stands for FALLBACK_CONTACT, and is nobody."""
        return super().get_queryset(request).exclude(username=FALLBACK_USERNAME)

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


def _searchable(method: str) -> Case:
    """The address of a contact method where it is no key: what can be searched can be guessed bit by bit."""
    return Case(When(**{f"{method}__kind__in": OPEN}, then=F(f"{method}__address")), default=Value(""))


class AttemptRows(Shown):
    model = Attempt
    fields = (
        "at",
        "provider",
        "accepted",
        "provider_id",
        "error",
        "took",
        "cost",
        "currency",
        "subject",
        "text",
    )
    readonly_fields = fields

    @display(description="Text")
    def text(self, row: Attempt) -> str:
        return format_html("{}", linebreaksbr(row.body, autoescape=True))

    @display(description="Answered after")
    def took(self, row: Attempt) -> str:
        return _in_ms(row.took_ms)

    ordering = ("id",)
    verbose_name_plural = "attempts"


def _in_ms(ms: int | None) -> str:
    return "-" if ms is None else f"{ms} ms"


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    """Every message that was to leave, sent or not, and why; and how the providers do."""

    actions_list = ("delivery",)

    list_display = ("due_at", "person", "method", "became", "reason", "attempts", "cause")
    list_filter = ("page__urgency", "state", "method__kind", ("page__user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("page__user__username", "page__user__name", "open_address", "page__cause", "reason")
    date_hierarchy = "due_at"
    ordering = ("-due_at", "-id")
    inlines = (AttemptRows,)
    fields = ("person", "method", "cause", "urgency", "state", "reason", "due_at", "sent_at", "attempts")
    readonly_fields = ("person", "cause", "urgency")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = super().get_queryset(request).select_related("page__user", "method")
        return rows.alias(open_address=_searchable("method"))

    @action(description="How the providers do", url_path="delivery", permissions=["delivery"])
    def delivery(self, request: HttpRequest) -> HttpResponse:
        """`delivery?days=7`: what each provider took, what came to phones, how fast, and what it cost."""
        now, asked = timezone.now(), request.GET.get("days", "")
        days = int(asked) if asked in DAYS else 7
        begins = month_start(now)
        context = {
            **self.admin_site.each_context(request),
            "title": "How the providers do",
            "days": days,
            "choices": [int(one) for one in DAYS],
            "rows": carried(since=now - timedelta(days=days)),
            "month": begins,
            "spent": spent(since=begins, currency=settings.PRICES.currency),
            "currency": settings.PRICES.currency,
            "cap": settings.SPENDING_CAP,
        }
        return TemplateResponse(request, "paging/delivery.html", context)

    def has_delivery_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @display(description="Person", ordering="page__user__username")
    def person(self, row: Notification) -> str:
        return str(row.page.user)

    @display(description="About")
    def cause(self, row: Notification) -> str:
        return row.page.cause

    @display(description="Urgency")
    def urgency(self, row: Notification) -> str:
        return "info (a notice, no page)" if row.page.urgency == INFO else row.page.urgency

    @display(description="State", ordering="state", label=STATES)
    def became(self, row: Notification) -> tuple[str, str]:
        return row.state, f"{row.state}: {row.get_state_display()}"


@admin.register(Attempt)
class AttemptAdmin(ReadOnly):
    """The outbox: each message as it was handed over, newest first."""

    list_display = ("at", "person", "via", "provider", "accepted", "words", "error")
    list_filter = (
        "provider",
        "accepted",
        "notification__method__kind",
        ("notification__page__user", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("subject", "body", "notification__page__user__username", "open_address")
    date_hierarchy = "at"
    ordering = ("-id",)
    fields = (
        ("at", "took"),
        "person",
        "via",
        ("provider", "provider_id"),
        ("accepted", "error"),
        ("cost", "currency"),
        "subject",
        "text",
    )
    readonly_fields = ("person", "via", "text", "took")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        rows: QuerySet[Attempt] = super().get_queryset(request)
        rows = rows.select_related("notification__page__user", "notification__method")
        return rows.alias(open_address=_searchable("notification__method"))

    @display(description="Person", ordering="notification__page__user__username")
    def person(self, row: Attempt) -> str:
        return str(row.notification.page.user)

    @display(description="To")
    def via(self, row: Attempt) -> str:
        return str(row.notification.method)

    @display(description="Text")
    def text(self, row: Attempt) -> str:
        return format_html("{}", linebreaksbr(row.body, autoescape=True))

    @display(description="Message")
    def words(self, row: Attempt) -> str:
        return row.subject or row.body

    @display(description="Answered after")
    def took(self, row: Attempt) -> str:
        return _in_ms(row.took_ms)
