"""What a policy may say. What may not is refused when somebody writes it, in a sentence for them.

What was written before, or happens later (a person leaves, a schedule is retired), is survived: the step goes
on to the next, its timeline says so, and `doctor` does (`escalation.advising`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from escalation.actions.steps import ConfigError, StepSpec, TargetSpec
from escalation.core.condition import Hours
from escalation.core.urgency import DEFAULTS
from escalation.models import MOST_ACKNOWLEDGEMENTS, MOST_REPEATS, Target
from oncall.core.coverage import NEVER_PAGED
from oncall.models import Schedule
from oncall.selectors import roles_ahead
from people.models import Membership, User

MOST_STEPS = 50
SHORTEST = timedelta(seconds=1)
LONGEST_TIMEOUT = timedelta(days=7)
LONGEST_AFTER = timedelta(days=30)
Roles = Mapping[int, frozenset[str]]


def check_policy(*, repeat: int, acknowledgements: int, steps: Sequence[StepSpec], now: datetime) -> None:
    """Raises ConfigError with the first thing that makes no sense."""
    if not 0 <= repeat <= MOST_REPEATS:
        raise ConfigError(
            f"A policy runs again 0 to {MOST_REPEATS} times, not {repeat}; it ends with the managers."
        )
    if not 1 <= acknowledgements <= MOST_ACKNOWLEDGEMENTS:
        raise ConfigError(
            f"From 1 to {MOST_ACKNOWLEDGEMENTS} people have to acknowledge, not {acknowledgements}."
        )
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ConfigError(f"A policy has from 1 to {MOST_STEPS} steps, and this one {len(steps)}.")
    schedules = {target.schedule.pk for step in steps for target in step.targets if target.schedule}
    roles = roles_ahead(schedules, at=now)
    for number, step in enumerate(steps, start=1):
        for fault in _faults_of_step(number, step, roles):
            raise ConfigError(fault)
    if all(step.after is not None for step in steps):
        raise ConfigError(
            "Every step stands outside the sequence, so nobody would be paged at first; give one a timeout."
        )


def _faults_of_step(number: int, step: StepSpec, roles: Roles) -> Iterator[str]:
    yield from _faults_of_waiting(number, step)
    for severity in step.severities:
        if severity not in DEFAULTS:
            yield f"Step {number} asks for severity “{severity}”; write {', '.join(DEFAULTS)}."
    if step.hours not in set(Hours):
        yield f"Step {number} asks for hours “{step.hours}”; write support or outside."
    if not step.targets:
        yield f"Step {number} pages nobody; give it a target."
    for target in step.targets:
        faults = (*_faults_of_target(target, roles), *_faults_of_picking(target))
        yield from (f"Step {number} {fault}" for fault in faults)
    for target in _twice(step.targets):
        yield f"Step {number} names {_words(target)} twice; once is enough."


def _faults_of_waiting(number: int, step: StepSpec) -> Iterator[str]:
    if (step.timeout is None) == (step.after is None):
        yield f"Step {number} needs either a timeout or an `after`."
    waits = step.timeout or step.after or timedelta(0)
    if waits <= timedelta(0):
        yield f"Step {number} waits no time at all; give it at least a second."
    elif waits < SHORTEST:
        yield f"Step {number} waits less than a second; give it at least one."
    if step.timeout is not None and step.timeout > LONGEST_TIMEOUT:
        yield f"Step {number} waits longer than {LONGEST_TIMEOUT.days} days for an answer; write less."
    if step.after is not None and step.after > LONGEST_AFTER:
        yield f"Step {number} pages more than {LONGEST_AFTER.days} days after the trigger; write less."


def _faults_of_target(target: TargetSpec, roles: Roles) -> Iterator[str]:
    things = (target.schedule, target.user, target.team, target.webhook)
    if sum(part is not None for part in things) != 1:
        yield "has a target that is not one of a schedule, a person, a team and a webhook."
    elif target.schedule is not None:
        yield from _faults_of_schedule(target.schedule, target.role, roles[target.schedule.pk])
    elif target.user is not None:
        yield from _faults_of_person(target.user, target.role)
    elif target.team is not None and target.role and target.role not in Membership.Role.values:
        known = ", ".join(Membership.Role.values)
        yield f"pages role “{target.role}” of team “{target.team}”; write one of {known}, or none."
    elif target.webhook is not None and target.webhook.retired_at is not None:
        yield f"tells webhook “{target.webhook}”, which is retired."


def _faults_of_person(user: User, role: str) -> Iterator[str]:
    if not user.is_active:
        yield f"pages {user}, who has left; name somebody else."
    if role:
        yield f"pages {user} with a role, which a person does not take; drop it."


def _faults_of_picking(target: TargetSpec) -> Iterator[str]:
    if target.pick not in Target.Pick.values:
        yield f"picks “{target.pick}”; write {Target.Pick.ROUND_ROBIN}."
    elif target.pick and target.team is None:
        yield "asks in turn what is no team; only a team's members take turns."


def _faults_of_schedule(schedule: Schedule, role: str, roles: frozenset[str]) -> Iterator[str]:
    if not role:
        yield f"pages schedule “{schedule}” without a role; name one."
    elif schedule.retired_at is not None:
        yield f"asks schedule “{schedule}”, which is retired; name another."
    elif role in NEVER_PAGED:
        yield f"asks the {role} of “{schedule}”, who is shown and never paged; name another role."
    elif role not in roles:
        known = ", ".join(sorted(roles - NEVER_PAGED)) or "none"
        yield f"asks for “{role}” of “{schedule}”, which has no such role; it has {known}."


def _words(target: TargetSpec) -> str:
    named = target.schedule or target.user or target.team or target.webhook
    return " ".join(part for part in (str(named or ""), target.role) if part)


def _twice(targets: Iterable[TargetSpec]) -> list[TargetSpec]:
    return [target for target, count in Counter(targets).items() if count > 1]
