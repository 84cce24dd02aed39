"""A policy's steps: each one row, with whom it pages chosen by typing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
)

from escalation.actions.config import StepSpec, TargetSpec
from escalation.core.urgency import DEFAULTS
from escalation.models import Step, Target, Webhook
from oncall.models import Schedule, ScheduleVersion
from people.forms import RowForm, ShortDurationField
from people.models import Membership, Team, User

THEN, OUTSIDE = "then", "after"
WHEN = ((THEN, "waits"), (OUTSIDE, "after"))
HOURS = (("", "any"), ("support", "inside"), ("outside", "outside"))
NEVER_PAGED = "shadow"
TURN = "turn"
HOOK = "webhook"
LAST = 10_000
Choices = list[tuple[str, list[tuple[str, str]]]]


def target_choices() -> Choices:
    """Whom a step can page: roles of schedules, people, roles of teams, and webhooks. Four queries."""
    people = User.objects.filter(is_active=True).order_by("username")
    roles = (Membership.Role.MANAGER, Membership.Role.RESPONDER)
    teams = Team.objects.order_by("name")
    webhooks = Webhook.objects.filter(retired_at=None).order_by("name")
    return [
        (
            "Who is on call",
            [(f"schedule:{pk}:{role}", f"{name} {role}") for pk, name, role in _schedule_roles()],
        ),
        ("People", [(f"user:{person.pk}:", str(person)) for person in people]),
        ("Teams", [(f"team:{team.pk}:{role}", f"{team} {role}s") for team in teams for role in roles]),
        (
            "One of a team, in turn",
            [(f"{TURN}:{team.pk}:{role}", f"{team} {role}s in turn") for team in teams for role in roles],
        ),
        ("Webhooks, which are no people", [(f"{HOOK}:{one.pk}:", f"webhook {one}") for one in webhooks]),
    ]


def _schedule_roles() -> Iterator[tuple[int, str, str]]:
    """The roles of every live schedule's latest version."""
    rows = ScheduleVersion.objects.filter(schedule__retired_at=None).select_related("schedule")
    latest = {row.schedule: row for row in rows.order_by("schedule__name", "effective_from")}
    for schedule, version in latest.items():
        yield from (
            (schedule.pk, schedule.name, role) for role in version.definition["roles"] if role != NEVER_PAGED
        )


class StepForm(RowForm):
    place = forms.IntegerField(
        required=False, min_value=0, max_value=LAST, widget=UnfoldAdminIntegerFieldWidget
    )
    pages = forms.MultipleChoiceField(label="Whom", widget=UnfoldAdminSelect2MultipleWidget)
    when = forms.ChoiceField(
        choices=WHEN,
        label="How",
        widget=UnfoldAdminSelectWidget,
        help_text="Waits for an answer, then the next step pages; or pages once, so long after the trigger, "
        "until resolved.",
    )
    duration = ShortDurationField(label="How long", initial=timedelta(minutes=5))
    severities = forms.MultipleChoiceField(
        label="At severity",
        required=False,
        choices=[(severity, severity) for severity in DEFAULTS],
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text="None chosen: at any.",
    )
    hours = forms.ChoiceField(
        label="Support hours",
        required=False,
        choices=HOURS,
        widget=UnfoldAdminSelectWidget,
        help_text="Of the service that uses the policy; without any set there, it pages at any hour.",
    )
    choices: Choices = []  # set for each request by `with_choices`

    class Meta:
        model = Step
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        step = self.instance
        chosen = [(_key(target), str(target)) for target in step.targets.all()] if step.pk else []
        self._offer(chosen)
        if step.pk:
            self.initial.update(
                place=step.position,
                pages=[key for key, _ in chosen],
                when=OUTSIDE if step.after else THEN,
                duration=step.after or step.timeout,
                severities=step.severities or [],
                hours=step.hours,
            )

    def _offer(self, chosen: Iterable[tuple[str, str]]) -> None:
        """Everything there is, and what the step pages already, even where that is not offered any more."""
        known = {key for _, group in self.choices for key, _ in group}
        other = [(key, words) for key, words in chosen if key not in known]
        pages = self.fields["pages"]
        pages.choices = [*self.choices, *([("Until now", other)] if other else [])]  # type: ignore[attr-defined]


def with_choices(choices: Choices) -> type[StepForm]:
    """The form with this request's choices."""
    return type("StepFormOfRequest", (StepForm,), {"choices": choices})


def _key(target: Target) -> str:
    if target.schedule_id:
        return f"schedule:{target.schedule_id}:{target.role or 'primary'}"
    if target.user_id:
        return f"user:{target.user_id}:"
    if target.webhook_id:
        return f"{HOOK}:{target.webhook_id}:"
    return f"{TURN if target.pick else 'team'}:{target.team_id}:{target.role}"


def specs(rows: Iterable[Any]) -> list[StepSpec]:
    """The steps in the order of their places; a row without one comes last. The choices have been checked."""
    given = [row.cleaned_data for row in rows]
    given.sort(key=lambda step: LAST if step["place"] is None else step["place"])
    targets = _targets(key for step in given for key in step["pages"])
    return [
        StepSpec(
            targets=[targets[key] for key in step["pages"]],
            timeout=step["duration"] if step["when"] == THEN else None,
            after=step["duration"] if step["when"] == OUTSIDE else None,
            severities=step["severities"],
            hours=step["hours"],
        )
        for step in given
    ]


def _targets(keys: Iterable[str]) -> Mapping[str, TargetSpec]:
    read = {key: key.split(":", 2) for key in keys}
    ids = {
        kind: {int(pk) for what, pk, _ in read.values() if what == kind}
        for kind in ("schedule", "user", "team", TURN, HOOK)
    }
    schedules = Schedule.objects.in_bulk(ids["schedule"])
    people, teams = User.objects.in_bulk(ids["user"]), Team.objects.in_bulk(ids["team"] | ids[TURN])
    webhooks = Webhook.objects.in_bulk(ids[HOOK])
    return {
        key: TargetSpec(
            schedule=schedules[int(pk)] if kind == "schedule" else None,
            user=people[int(pk)] if kind == "user" else None,
            team=teams[int(pk)] if kind in {"team", TURN} else None,
            webhook=webhooks[int(pk)] if kind == HOOK else None,
            role=role,
            pick=Target.Pick.ROUND_ROBIN if kind == TURN else Target.Pick.ALL,
        )
        for key, (kind, pk, role) in read.items()
    }
