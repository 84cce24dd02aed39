"""A policy's steps: what makes sense, and how they are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from escalation.models import EscalationPolicy, Step, Target, Webhook
from oncall.models import Schedule
from people.models import Team, User

MOST_STEPS = 50


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
    """Waits `timeout` before the next; or `after` the trigger, outside the sequence."""

    targets: Sequence[TargetSpec]
    timeout: timedelta | None = None
    after: timedelta | None = None


def check_steps(steps: Sequence[StepSpec]) -> None:
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ConfigError(f"A policy has from 1 to {MOST_STEPS} steps, and this one {len(steps)}.")
    for number, step in enumerate(steps, start=1):
        if (step.timeout is None) == (step.after is None):
            raise ConfigError(f"Step {number} needs either a timeout or an `after`.")
        if (step.timeout or step.after or timedelta(0)) <= timedelta(0):
            raise ConfigError(f"Step {number} waits no time at all; give it at least a second.")
        if not step.targets:
            raise ConfigError(f"Step {number} pages nobody; give it a target.")
        _check_targets(number, step.targets)


def _check_targets(number: int, targets: Sequence[TargetSpec]) -> None:
    for target in targets:
        if sum(part is not None for part in _things(target)) != 1:
            raise ConfigError(
                f"A target of step {number} is not one of a schedule, a person, a team and a webhook."
            )
        if target.schedule is not None and not target.role:
            raise ConfigError(
                f"Step {number} pages schedule “{target.schedule.name}” without a role; name one."
            )
        if target.webhook is not None and target.webhook.retired_at is not None:
            raise ConfigError(f"Step {number} tells webhook “{target.webhook}”, which is retired.")
        if target.pick not in Target.Pick.values:
            raise ConfigError(f"Step {number} picks “{target.pick}”; write {Target.Pick.ROUND_ROBIN}.")
        if target.pick and target.team is None:
            raise ConfigError(
                f"Step {number} asks in turn what is no team; only a team's members take turns."
            )


def write_steps(policy: EscalationPolicy, steps: Sequence[StepSpec]) -> None:
    """Make `steps` the policy's, unless they are already."""
    if _specs(policy) == [_canonical(step) for step in steps]:
        return
    policy.steps.all().delete()
    for position, spec in enumerate(steps, start=1):
        step = Step.objects.create(policy=policy, position=position, timeout=spec.timeout, after=spec.after)
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
    return (step.timeout, step.after, [_words(target) for target in step.targets])


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
        for timeout, after, targets in _specs(policy)
    ]
