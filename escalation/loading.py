"""Rows to core values and back. No decision is taken here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from escalation.core.condition import Condition, Hours
from escalation.core.heartbeat import Beat
from escalation.core.incident import QUIETS, Parked, State, Status, Urgency
from escalation.core.maintenance import Repeat, Window
from escalation.core.policy import OutsideStep, Policy, Step, Target
from escalation.core.support_hours import SupportHours
from escalation.core.urgency import urgency_of
from escalation.models import Alert, Heartbeat, Incident, MaintenanceWindow, Service
from escalation.models import Step as StepRow
from escalation.models import Target as TargetRow
from people.prepared import Statement

log = structlog.get_logger(__name__)
READ = 500
"""Policies that a process remembers."""


def policy_rows(policy: str, *, vendor: str) -> str:
    """SQL for one JSON text, by which all of a policy is read: `policy` says in SQL which. Asked each time
    that an incident is opened. What has nobody to page is no step. One query, and so one moment: of an edit
    that runs beside it, all is seen or nothing.
    """
    every, row, seconds = SPELLED[vendor]
    return f"""
SELECT CAST({every}({row}(name, repeat, acknowledgements, step, timeout, after, severities, hours,
                          schedule, person, team, webhook, role, pick, label)) AS text)
FROM (
    SELECT policy.name AS name, policy.repeat AS repeat, policy.acknowledgements AS acknowledgements,
           step.id AS step, {seconds.format("step.timeout")} AS timeout,
           {seconds.format("step.after")} AS after,
           CAST(step.severities AS text) AS severities, step.hours AS hours,
           target.schedule_id AS schedule, target.user_id AS person, target.team_id AS team,
           target.webhook_id AS webhook, target.role AS role, target.pick AS pick,
           COALESCE(webhook.name, schedule.name, team.name, NULLIF(person.name, ''), person.username) AS label
    FROM escalation_escalationpolicy policy
    LEFT JOIN (
        escalation_step step JOIN escalation_target target ON target.step_id = step.id
    ) ON step.policy_id = policy.id
    LEFT JOIN oncall_schedule schedule ON schedule.id = target.schedule_id
    LEFT JOIN people_user person ON person.id = target.user_id
    LEFT JOIN people_team team ON team.id = target.team_id
    LEFT JOIN escalation_webhook webhook ON webhook.recipient_id = target.webhook_id
    WHERE policy.id = {policy}
    ORDER BY step.position, target.id
) AS found
"""  # noqa: S608


SPELLED = {
    "postgresql": ("json_agg", "json_build_array", "EXTRACT(EPOCH FROM {})"),
    "sqlite": ("json_group_array", "json_array", "{} / 1000000.0"),
}
"""How each database makes one JSON text of many rows, and seconds of a duration."""


def policy_of(service: Service) -> Policy:
    """The service's policy as it stands now, to be frozen."""
    found = _policy().first({"policy": service.policy_id})
    assert found is not None  # noqa: S101 - of no rows it makes a text as well
    return read_policy(found[0], service).policy


@cache
def _policy() -> Statement:
    return Statement(policy_rows("%(policy)s", vendor=connection.vendor))


@dataclass(frozen=True)
class Frozen:
    """A policy, and its JSON as an incident keeps it."""

    policy: Policy
    json: orjson.Fragment


def read_policy(text: str, service: Service) -> Frozen:
    """Of what `policy_rows` says. Read once: of a policy that nobody edits it says the same each time."""
    hours = orjson.dumps(service.support_hours)
    return _read(text, service.acknowledgement_timeout, hours)


@lru_cache(maxsize=READ)
def _read(text: str, acknowledgement_timeout: timedelta | None, support_hours: bytes) -> Frozen:
    rows: list[list[Any]] = orjson.loads(text)
    name, repeat, acknowledgements, *_ = rows[0]
    steps: list[Step] = []
    outside: list[OutsideStep] = []
    by_step = groupby((row[3:] for row in rows if row[3] is not None), key=itemgetter(0))
    for number, (_, found) in enumerate(by_step, start=1):
        some = list(found)
        _, timeout, after, severities, hours, *_ = some[0]
        when = Condition(severities=tuple(orjson.loads(severities or "null") or ()), hours=Hours(hours))
        targets = tuple(_target(*row[5:]) for row in some)
        if after is not None:
            outside.append(
                OutsideStep(number=number, after=timedelta(seconds=after), targets=targets, when=when)
            )
        elif timeout is not None:
            steps.append(Step(number=number, timeout=timedelta(seconds=timeout), targets=targets, when=when))
    conditions = [*(step.when for step in steps), *(step.when for step in outside)]
    by_hours = any(when.hours for when in conditions)
    policy = Policy(
        name=name,
        steps=tuple(steps),
        outside=tuple(outside),
        repeat=repeat,
        acknowledgement_timeout=acknowledgement_timeout,
        acknowledgements=acknowledgements,
        support_hours=SupportHours.from_json(orjson.loads(support_hours)) if by_hours else None,
    )
    return Frozen(policy, orjson.Fragment(orjson.dumps(policy.to_json())))


def _target(  # noqa: PLR0913, PLR0917 - the columns of policy_rows
    schedule: int | None, user: int | None, team: int | None, webhook: int | None,
    role: str, pick: str, name: str,
) -> Target:  # fmt: skip
    label = TargetRow.spelled(name, role, pick, is_webhook=webhook is not None)
    return Target(label=label, schedule=schedule, user=user, team=team, role=role, pick=pick, webhook=webhook)


def condition_of(row: StepRow) -> Condition:
    return Condition(severities=tuple(row.severities or ()), hours=Hours(row.hours))


def target_of(row: TargetRow) -> Target:
    return Target(
        label=str(row),
        schedule=row.schedule_id,
        user=row.user_id,
        team=row.team_id,
        role=row.role,
        pick=row.pick,
        webhook=row.webhook_id,
    )


def service_urgency(service: Service, severity: str, *, at: datetime) -> tuple[Urgency, datetime | None]:
    hours = SupportHours.from_json(service.support_hours)
    return urgency_of(severity, rules=service.urgency, hours=hours, at=at)


def window_of(row: MaintenanceWindow) -> Window:
    start, end = datetime.fromisoformat(row.start), datetime.fromisoformat(row.end)
    how = f" {row.repeat}" if row.repeat else f" on {start:%Y-%m-%d}"
    said = f"maintenance{how}, {start:%H:%M} to {end:%H:%M} {row.time_zone}"
    return Window(
        start=start,
        end=end,
        zone=ZoneInfo(row.time_zone),
        repeat=Repeat(row.repeat),
        until=row.until,
        ended_at=row.ended_at,
        said=f"{said}: {row.reason}" if row.reason else said,
    )


def state_of(row: Incident) -> State:
    """A quiet that another version has overruled, not knowing of it, is over."""
    parked, reason = _parked(row.parked_reason), _parked(row.quiet_reason)
    quiet = row.quiet_until is not None and (row.status != Status.TRIGGERED or parked in QUIETS)
    return State(
        status=Status(row.status),
        severity=row.severity,
        urgency=Urgency(row.urgency),
        cycle=row.cycle,
        repeat=row.repeat,
        step=row.step,
        step_at=row.step_at,
        hold_until=row.hold_until,
        raise_at=row.raise_at,
        reached=row.reached,
        managers_paged=row.managers_paged,
        outside_from=row.outside_from,
        outside_done=tuple(row.outside_done),
        outside_passed=tuple(row.outside_passed or ()),
        answered=tuple(row.answered or ()),
        added=row.added,
        parked=parked,
        quiet_until=row.quiet_until if quiet else None,
        quiet_reason=(parked if row.status == Status.TRIGGERED else reason) if quiet else Parked.NOT,
    )


def _parked(word: str) -> Parked:
    """A word of a later version, in the middle of an upgrade, must not keep anybody from acknowledging."""
    try:
        return Parked(word)
    except ValueError:
        log.warning("parked_for_a_reason_unknown_here", reason=word, effect="its wake_at decides")
        return Parked.NOT


STATE_COLUMNS = (
    "status", "severity", "urgency", "cycle", "repeat", "step", "step_at", "hold_until", "raise_at",
    "reached", "managers_paged", "outside_from", "outside_done", "outside_passed", "answered", "added",
    "parked_reason", "quiet_until", "quiet_reason", "wake_at",
)  # fmt: skip


def put_state(row: Incident, state: State, policy: Policy) -> None:
    """Set the columns that hold `state`; the caller saves STATE_COLUMNS."""
    row.status = state.status
    row.severity = state.severity
    row.urgency = state.urgency
    row.cycle, row.repeat, row.step = state.cycle, state.repeat, state.step
    row.step_at, row.hold_until, row.raise_at = state.step_at, state.hold_until, state.raise_at
    row.reached, row.managers_paged = state.reached, state.managers_paged
    row.outside_from, row.outside_done = state.outside_from, list(state.outside_done)
    row.outside_passed, row.answered = list(state.outside_passed), list(state.answered)
    row.added = state.added
    row.parked_reason = state.parked
    row.quiet_until, row.quiet_reason = state.quiet_until, state.quiet_reason
    row.wake_at = state.wake_at(policy)


def closed_at(now: datetime) -> dict[str, Any]:
    """The columns of an alert that is over. `now` was read before the row was locked, perhaps on another
    machine, so it may lie a little before the alert's first event.
    """
    return {"status": Alert.Status.RESOLVED, "resolved_at": Greatest(now, F("first_event_at"))}


BEAT_COLUMNS = (
    "every", "grace", "last_call_at", "due_at", "silent_since", "excused_at", "muted_until",
)  # fmt: skip


def beat_of(row: Heartbeat) -> Beat:
    return Beat(**{name: getattr(row, name) for name in BEAT_COLUMNS})


def put_beat(row: Heartbeat, beat: Beat) -> None:
    """Set the columns that hold `beat`; the caller saves BEAT_COLUMNS."""
    for name in BEAT_COLUMNS:
        setattr(row, name, getattr(beat, name))
