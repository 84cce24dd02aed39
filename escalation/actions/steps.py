"""A policy's steps: what they say, and how they are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from escalation.models import EscalationPolicy, Step, Target, Webhook
from oncall.models import Schedule
from people.models import Team, User


class ConfigError(ValueError):
    """What was asked cannot be set up. The message is a sentence for the one who asked."""


@dataclass(frozen=True, kw_only=True)
class TargetSpec:
    """One of schedule, user, team and webhook; `role` of a schedule or team, empty for anything else.
    `pick` is one of `models.Target.Pick`, of a team.
    """

    schedule: Schedule | None = None
    user: User | None = None
    team: Team | None = None
    role: str = ""
    pick: str = ""
    webhook: Webhook | None = None


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    """Waits `timeout` before the next; or `after` the trigger, outside the sequence. It pages at these
    `severities` (none: at any); `hours` is “support” or “outside”, of the service's support hours, or empty.
    """

    targets: Sequence[TargetSpec]
    timeout: timedelta | None = None
    after: timedelta | None = None
    severities: Sequence[str] = ()
    hours: str = ""


def write_steps(policy: EscalationPolicy, steps: Sequence[StepSpec]) -> None:
    """Make `steps` the policy's, unless they are already."""
    if _specs(policy) == [_canonical(step) for step in steps]:
        return
    policy.steps.all().delete()
    for position, spec in enumerate(steps, start=1):
        step = Step.objects.create(
            policy=policy,
            position=position,
            timeout=spec.timeout,
            after=spec.after,
            severities=sorted(set(spec.severities)) or None,
            hours=spec.hours,
        )
        Target.objects.bulk_create(
            Target(
                step=step,
                schedule=target.schedule,
                user=target.user,
                team=target.team,
                role=target.role,
                pick=target.pick,
                webhook=target.webhook,
            )
            for target in spec.targets
        )


def _canonical(step: StepSpec) -> tuple[Any, ...]:
    when = (sorted(set(step.severities)), step.hours)
    return (step.timeout, step.after, [_words(target) for target in step.targets], *when)


def _things(target: TargetSpec | Target) -> tuple[Any, ...]:
    return (target.schedule, target.user, target.team, target.webhook)


def _words(target: TargetSpec | Target) -> tuple[Any, ...]:
    return (*_things(target), target.role, target.pick)


def _specs(policy: EscalationPolicy) -> list[tuple[Any, ...]]:
    steps = policy.steps.order_by("position")
    return [
        (
            step.timeout,
            step.after,
            [_words(target) for target in step.targets.order_by("pk")],
            step.severities or [],
            step.hours,
        )
        for step in steps
    ]


def spelled(policy: EscalationPolicy) -> list[str]:
    """The steps as the ledger says them."""
    return [
        f"{f'after {after}' if after else f'{timeout}'}: "
        + ", ".join(
            f"{f'webhook {webhook}' if webhook else schedule or user or team}"
            f"{f' {role}' if role else ''}{' in turn' if pick else ''}"
            for schedule, user, team, webhook, role, pick in targets
        )
        + _spelled_when(severities, hours)
        for timeout, after, targets, severities, hours in _specs(policy)
    ]


def _spelled_when(severities: Sequence[str], hours: str) -> str:
    asked = [", ".join(severities), Step.Hours(hours).label if hours else ""]
    said = " ".join(part for part in asked if part)
    return f", at {said}" if severities else f", {said}" if said else ""
