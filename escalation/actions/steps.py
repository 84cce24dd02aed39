"""A policy's steps: what they say, and how they are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from escalation.models import EscalationPolicy, Step, Target
from oncall.models import Schedule
from people.models import Team, User


class ConfigError(ValueError):
    """What was asked cannot be set up. The message is a sentence for the one who asked."""


@dataclass(frozen=True, kw_only=True)
class TargetSpec:
    """One of schedule, user and team; `role` of a schedule or team, empty for a person or a whole team."""

    schedule: Schedule | None = None
    user: User | None = None
    team: Team | None = None
    role: str = ""


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
            Target(step=step, schedule=target.schedule, user=target.user, team=target.team, role=target.role)
            for target in spec.targets
        )


def _canonical(step: StepSpec) -> tuple[Any, ...]:
    when = (sorted(set(step.severities)), step.hours)
    return (step.timeout, step.after, [(t.schedule, t.user, t.team, t.role) for t in step.targets], *when)


def _specs(policy: EscalationPolicy) -> list[tuple[Any, ...]]:
    steps = policy.steps.order_by("position")
    return [
        (
            step.timeout,
            step.after,
            [(t.schedule, t.user, t.team, t.role) for t in step.targets.order_by("pk")],
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
            f"{schedule or user or team}{f' {role}' if role else ''}"
            for schedule, user, team, role in targets
        )
        + _spelled_when(severities, hours)
        for timeout, after, targets, severities, hours in _specs(policy)
    ]


def _spelled_when(severities: Sequence[str], hours: str) -> str:
    asked = [", ".join(severities), Step.Hours(hours).label if hours else ""]
    said = " ".join(part for part in asked if part)
    return f", at {said}" if severities else f", {said}" if said else ""
