"""Policies, and the steps of each."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import action, display

from escalation import advising
from escalation.actions import config
from escalation.forms.policy import specs, target_choices, with_choices
from escalation.models import (
    EscalationPolicy,
    Step,
)
from oncall.advice import sentences
from people import clock
from people.permissions import may_edit_team
from people.recorded import (
    Retirable,
    Rows,
    actor_of,
    kept_rows,
    user_of,
)


class StepRows(Rows):
    model = Step
    fields = ("place", "pages", "when", "duration", "severities", "hours")
    ordering = ("position",)
    ordering_field = "place"
    hide_ordering_field = True
    verbose_name_plural = "steps, in order"

    class Media:
        js = ("escalation/steps.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        parts = ("targets__schedule", "targets__user", "targets__team", "targets__webhook")
        return super().get_queryset(request).prefetch_related(*parts)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, form=with_choices(target_choices()), **kwargs)


@admin.register(EscalationPolicy)
class PolicyAdmin(Retirable):
    """Incidents that run keep the policy they began with; an edit is for the next ones."""

    inlines = (StepRows,)
    refusals = (config.ConfigError,)
    list_display = ("name", "size", "repeat", "acknowledgements", "used_by", "in_use")
    list_filter = (("retired_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "repeat", "acknowledgements")
    actions = ("retire",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EscalationPolicy]:
        return super().get_queryset(request).prefetch_related("steps", "services__team")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A policy belongs to the teams of the services that use it."""
        services = [] if obj is None else [one for one in obj.services.all() if one.retired_at is None]
        teams = [service.team for service in services]
        allowed = super().has_change_permission(request, obj)
        return allowed and all(may_edit_team(user_of(request), team) for team in teams)

    def team_of(self, row: EscalationPolicy) -> None:
        """None of its own."""

    @display(description="Steps")
    def size(self, policy: EscalationPolicy) -> int:
        return len(policy.steps.all())

    @display(description="Services")
    def used_by(self, policy: EscalationPolicy) -> str:
        return ", ".join(service.name for service in policy.services.all() if service.retired_at is None)

    def write(
        self, request: HttpRequest, row: EscalationPolicy | None, form: Any, formsets: Mapping[type, Any]
    ) -> EscalationPolicy:
        said = {name: form.cleaned_data[name] for name in ("repeat", "acknowledgements")}
        said["steps"] = specs(kept_rows(formsets[Step]))
        by, now = actor_of(request), clock.now()
        if row is None:
            row = config.create_policy(name=form.cleaned_data["name"], by=by, now=now, **said)
        else:
            config.change_policy(policy=row, by=by, now=now, **said)
        advise(request, row, now=now)
        return row

    @action(description="Retire")
    def retire(self, request: HttpRequest, queryset: QuerySet[EscalationPolicy]) -> None:
        def stop(policy: EscalationPolicy) -> None:
            config.retire_policy(policy=policy, by=actor_of(request), now=clock.now())

        self.each(request, queryset, stop, done="Retired")


def advise(request: HttpRequest, policy: EscalationPolicy, *, now: datetime) -> None:
    """What will hurt about what was saved; it is saved all the same."""
    for findings in advising.advise(Q(pk=policy.pk), now=now).values():
        for sentence in sentences(findings):
            messages.warning(request, sentence)
