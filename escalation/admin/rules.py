"""Suppress rules and trials in the admin: those in force first."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.timesince import timeuntil
from unfold.decorators import action, display

from escalation.actions.rules import (
    Kind,
    RuleSpec,
    change_rule,
    create_rule,
    end_rule,
    is_running,
    usual_severities,
)
from escalation.actions.steps import ConfigError
from escalation.admin.trying import Tried
from escalation.core.matching import spelled
from escalation.forms.rules import AlertRuleForm
from escalation.models import AlertRule, RuleMatch, TrialPage
from escalation.permissions import may_silence, silenceable
from escalation.quiet.reading import running, running_first
from escalation.selectors.tryout import TryOut, try_suppressing
from people import clock
from people.models import Team, User
from people.recorded import ByVerb, Shown, actor_of, user_of

A_WEEK = timedelta(days=7)


class MatchRows(Shown):
    model = RuleMatch
    fields = readonly_fields = ("alert", "severity", "incident", "at", "last_at", "pages")
    ordering = ("-last_at", "-pk")
    verbose_name_plural = "alerts it kept quiet, and whom a trial would have paged"
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleMatch]:
        rows = super().get_queryset(request).select_related("alert__incident")
        return rows.prefetch_related("pages__user")

    def severity(self, row: RuleMatch) -> str:
        return row.alert.severity

    def incident(self, row: RuleMatch) -> str:
        return f"#{row.alert.incident_id}"

    @display(description="Would have paged")
    def pages(self, row: RuleMatch) -> str:
        return ", ".join(_said(page) for page in row.pages.all())


def _said(page: TrialPage) -> str:
    return f"{page.user} (in sleep hours)" if page.asleep else str(page.user)


class Running(admin.SimpleListFilter):
    title = "in force"
    parameter_name = "running"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In force"), ("no", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AlertRule]) -> QuerySet[AlertRule]:
        going = running(now=clock.now()).order_by().values("pk")
        if self.value() == "yes":
            return queryset.filter(pk__in=going)
        return queryset.exclude(pk__in=going) if self.value() == "no" else queryset


@admin.register(AlertRule)
class AlertRuleAdmin(Tried, ByVerb):
    """Extended and ended by buttons. Each change is checked and written down as those of the pages are."""

    form = AlertRuleForm
    inlines = (MatchRows,)
    refusals = (ConfigError,)
    list_display = ("name", "means", "service", "owner", "ends_in", "alerts", "last_match")
    list_filter = (Running, "kind", "service")
    search_fields = ("reason", "service__name", "owner__username", "owner__name")
    autocomplete_fields = ("owner",)
    fields = (("service", "kind"), "labels", "severities", "owner", "ends_at", "reason", "quiet_open")
    tried_fields = ("service", "kind", "labels", "severities")
    actions = page_actions = ("extend", "end")
    main_action = "end"

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertRule]:
        return running_first(now=clock.now())

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("is_over", "ends_at", "pk")

    def get_inlines(self, request: HttpRequest, obj: AlertRule | None) -> Any:
        return self.inlines if obj else ()

    def team_of(self, row: AlertRule) -> Team | None:
        return row.service.team

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is over is only looked at."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or is_running(obj, now=clock.now()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            ()
            if self.has_change_permission(request, obj)
            else ("means", *super().get_readonly_fields(request))
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj and not self.has_change_permission(request, obj):
            return (("service", "kind"), "means", ("owner", "ends_at", "ended_at"), "reason")
        return self.fields if obj is None else self.fields[:-1]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "service":
            kwargs["queryset"] = silenceable(user_of(request))
        if db_field.name == "owner":
            kwargs["queryset"] = User.objects.filter(is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def write(
        self, request: HttpRequest, row: AlertRule | None, form: Any, formsets: Mapping[type, Any]
    ) -> AlertRule:
        said, by, now = form.cleaned_data, actor_of(request), clock.now()
        given = {name: said[name] for name in ("owner", "ends_at", "reason", "severities")}
        if row is not None:
            return change_rule(rule=row, by=by, now=now, **given)
        spec = RuleSpec(service=said["service"], kind=Kind(said["kind"]), match=said["labels"], **given)
        return create_rule(spec=spec, quiet_open=said["quiet_open"], by=by, now=now)[0]

    def try_out(self, request: HttpRequest, form: Any) -> TryOut | None:
        """Of a trial too: it pages as few."""
        said, row = form.cleaned_data, form.instance
        service, kind = (row.service, row.kind) if row.pk else (said["service"], said["kind"])
        if not may_silence(user_of(request), service):
            return None
        severities = said["severities"] or usual_severities(kind)
        return try_suppressing(service=service, match=said["labels"], severities=severities, now=clock.now())

    @display(description="Rule", ordering="pk", label=False)
    def name(self, row: AlertRule) -> str:
        return capfirst(str(row))

    @display(description="Alerts with")
    def means(self, row: AlertRule) -> str:
        return f"{spelled(row.match)} ({', '.join(row.severities)})"

    @display(description="Ends", ordering="ends_at")
    def ends_in(self, row: AlertRule) -> str:
        now = clock.now()
        if is_running(row, now=now):
            return f"in {timeuntil(row.ends_at, now)}"
        return f"over since {row.ended_at or row.ends_at:%Y-%m-%d %H:%M} UTC"

    @display(description="Alerts", ordering="kept")
    def alerts(self, row: Any) -> int:
        return int(row.kept)

    @display(description="Last one (UTC)", ordering="last_at")
    def last_match(self, row: Any) -> Any:
        return row.last_at

    @action(description="Extend by a week")
    def extend(self, request: HttpRequest, queryset: QuerySet[AlertRule]) -> None:
        def longer(rule: AlertRule) -> None:
            by, now = actor_of(request), clock.now()
            change_rule(rule=rule, ends_at=rule.ends_at + A_WEEK, by=by, now=now)

        self.each(request, queryset, longer, done="Extended by a week")

    @action(description="End now")
    def end(self, request: HttpRequest, queryset: QuerySet[AlertRule]) -> None:
        def stop(rule: AlertRule) -> None:
            end_rule(rule=rule, by=actor_of(request), now=clock.now())

        self.each(request, queryset, stop, done="Ended; these alerts page again")
