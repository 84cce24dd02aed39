"""One spelling for one meaning: every default that depends on something else is filled in.

Two settled documents that mean the same are equal, so that a plan is a comparison. `unsettle` takes out
again what a reader need not see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from escalation.actions.maintenance import WindowSpec, said
from escalation.actions.rules import Kind, usual_severities
from escalation.core.maintenance import Repeat
from oncall.core.walltime import first_instant, wall_time
from oncall.models.schedules import USUAL_CONFIRM_WITHIN, USUAL_REMINDERS
from watchbill.provisioning.document.escalation import (
    USUAL_URGENCY,
    Maintenance,
    Policy,
    RoutingRule,
    Runbook,
    Service,
    Step,
    Suppress,
    Target,
    Trial,
    Webhook,
    When,
)
from watchbill.provisioning.document.organisation import Organisation
from watchbill.provisioning.document.people import Person, Rule, Rules, Team
from watchbill.provisioning.document.schedules import (
    Announcement,
    Handoffs,
    Layer,
    Override,
    Role,
    Schedule,
    Temporary,
    TemporaryShift,
)
from watchbill.provisioning.document.words import DAYS
from watchbill.provisioning.durations import Length

Spanned = TypeVar("Spanned", Override, Temporary, TemporaryShift)
Ruling = TypeVar("Ruling", Suppress, Trial)
Matching = TypeVar("Matching", RoutingRule, Runbook)
FIRST_ROLES = ("primary", "secondary")
LAST_ROLES = ("shadow",)
VIAS = ("sms", "voice", "email", "chat", "webhook")


def settle(document: Organisation, *, zones: Mapping[str, str]) -> Organisation:
    """The document with everything said. `zones` are those of teams that it does not name itself."""
    zones = {**zones, **{team.name: team.time_zone for team in document.teams}}
    return document.model_copy(
        update={
            "users": [_person(person) for person in document.users],
            "teams": [_team(team) for team in document.teams],
            "schedules": [
                _schedule(schedule, _zone(schedule.team, zones)) for schedule in document.schedules
            ],
            "escalation_policies": [_policy(policy) for policy in document.escalation_policies],
            "services": [_service(service, _zone(service.team, zones)) for service in document.services],
            "webhooks": [_webhook(webhook) for webhook in document.webhooks],
        }
    )


def _webhook(webhook: Webhook) -> Webhook:
    follows = webhook.follows
    if follows is None:
        return webhook
    said = {name: sorted(set(getattr(follows, name))) for name in ("services", "teams", "events")}
    return webhook.model_copy(update={"follows": follows.model_copy(update=said)})


def unsettle(document: Organisation) -> Organisation:
    """The settled document without what follows from its teams' zones and the usual urgency."""
    zones = {team.name: team.time_zone for team in document.teams}
    return document.model_copy(
        update={
            "schedules": [
                schedule.model_copy(
                    update={"time_zone": _unless(schedule.time_zone, _zone(schedule.team, zones))}
                )
                for schedule in document.schedules
            ],
            "services": [_shown(service, _zone(service.team, zones)) for service in document.services],
        }
    )


def _shown(service: Service, zone: str) -> Service:
    """With the ends of its rules on the team's clock."""
    return service.model_copy(
        update={
            "suppress": [_rule_shown(one, Kind.SUPPRESS, zone) for one in service.suppress],
            "trials": [_rule_shown(one, Kind.TRIAL, zone) for one in service.trials],
        }
    )


def _rule_shown(rule: Ruling, kind: str, zone: str) -> Ruling:
    usual = rule.severities == usual_severities(kind)
    until = moment(rule.until, zone)
    return rule.model_copy(update={"until": until, "severities": None if usual else rule.severities})


def instant(moment: datetime, zone: str) -> datetime:
    """The instant of a moment of the document; a wall-clock time without an offset is the zone's first."""
    return moment.astimezone(UTC) if moment.tzinfo else first_instant(moment, ZoneInfo(zone))


def moment(at: datetime, zone: str) -> datetime:
    """The shortest moment that says `at`: the wall clock; with an offset where that is another instant."""
    wall = wall_time(at, ZoneInfo(zone)).replace(fold=0)
    return wall if first_instant(wall, ZoneInfo(zone)) == at else at.astimezone(ZoneInfo(zone))


def in_zone(schedule: Schedule, zone: str) -> Schedule:
    """A settled schedule with what lies over it said in the wall-clock time of another zone."""
    said = schedule.time_zone or "UTC"
    temporary = [
        one.model_copy(update={"shifts": [_moved(shift, said, zone) for shift in one.shifts]})
        for one in schedule.temporary
    ]
    return schedule.model_copy(
        update={
            "overrides": [_moved(one, said, zone) for one in schedule.overrides],
            "temporary": [_moved(one, said, zone) for one in temporary],
        }
    )


def window_spec(one: Maintenance) -> WindowSpec:
    """What a settled window says, for the verbs."""
    return WindowSpec(
        start=one.start,
        end=one.end,
        time_zone=one.time_zone or "UTC",
        repeat=Repeat(one.repeat or ""),
        until=one.until,
        reason=one.reason,
    )


def role_order(name: str) -> tuple[int, str]:
    """Primary, secondary, the others by name, shadow."""
    place = FIRST_ROLES.index(name) - 2 if name in FIRST_ROLES else int(name in LAST_ROLES)
    return place, name


def _zone(team: str | None, zones: Mapping[str, str]) -> str:
    return zones.get(team or "", "UTC")


def _unless(value: str | None, usual: str) -> str | None:
    return None if value == usual else value


def _person(person: Person) -> Person:
    rules = person.notification_rules
    if rules is None:
        return person
    return person.model_copy(
        update={"notification_rules": Rules(high=_rules(rules.high), low=_rules(rules.low))}
    )


def _rules(rules: Iterable[Rule]) -> list[Rule]:
    distinct = {(rule.after, VIAS.index(rule.via)): rule for rule in rules}
    return [distinct[key] for key in sorted(distinct)]


def _team(team: Team) -> Team:
    members = team.members
    return team if members is None else team.model_copy(update={"members": dict(sorted(members.items()))})


def _schedule(schedule: Schedule, usual_zone: str) -> Schedule:
    zone = schedule.time_zone or usual_zone
    names = sorted(schedule.roles, key=role_order)
    return schedule.model_copy(
        update={
            "time_zone": zone,
            "roles": {name: _role(schedule.roles[name], schedule.roles, zone) for name in names},
            "overrides": [_moved(one, zone, zone) for one in schedule.overrides],
            "temporary": [_temporary(one, zone) for one in schedule.temporary],
            "handoffs": schedule.handoffs and _handoffs(schedule.handoffs),
            "announcements": schedule.announcements and _announcements(schedule.announcements),
        }
    )


def _announcements(given: Iterable[Announcement]) -> list[Announcement]:
    """In one order, and every day where no day is named."""
    daily = [one.model_copy(update={"days": None}) if one.days == list(DAYS) else one for one in given]
    return sorted(daily, key=lambda one: (one.to or "", one.webhook or "", one.at or "", one.days or []))


def _handoffs(handoffs: Handoffs) -> Handoffs | None:
    """None where it says what is usual."""
    usual = handoffs.reminders == list(USUAL_REMINDERS)
    reminders = None if usual else handoffs.reminders
    within = None if handoffs.confirm_within == USUAL_CONFIRM_WITHIN else handoffs.confirm_within
    if reminders is None and within is None:
        return None
    return handoffs.model_copy(update={"reminders": reminders, "confirm_within": within})


def _role(role: Role, roles: Mapping[str, Role], zone: str) -> Role:
    if role.follows is None:
        return role.model_copy(update={"layers": [_layer(layer, zone) for layer in role.layers]})
    followed = roles.get(role.follows)
    first = followed.layers[0].name if followed and followed.layers else None
    return role.model_copy(
        update={"layer": role.layer or first, "offset": 1 if role.offset is None else role.offset}
    )


def _layer(layer: Layer, zone: str) -> Layer:
    """An anchor stays the wall-clock time it is, also where the clock skips it on that one day."""
    worked = layer.turns == "worked_days"
    length = layer.shift_length or Length(fixed=timedelta(days=1 if worked else 7))
    return layer.model_copy(
        update={
            "start": _wall(layer.start, zone),
            "end": layer.end and _wall(layer.end, zone),
            "shift_length": replace(length, in_days=worked),
        }
    )


def _wall(at: datetime, zone: str) -> datetime:
    return wall_time(at, ZoneInfo(zone)).replace(fold=0) if at.tzinfo else at


def _temporary(temporary: Temporary, zone: str) -> Temporary:
    shifts = [_moved(shift, zone, zone) for shift in temporary.shifts]
    return _moved(temporary, zone, zone).model_copy(update={"shifts": shifts})


def _moved(part: Spanned, said: str, zone: str) -> Spanned:
    span = {"start": moment(instant(part.start, said), zone), "end": moment(instant(part.end, said), zone)}
    return part.model_copy(update=span)


def _policy(policy: Policy) -> Policy:
    return policy.model_copy(update={"steps": [_step(step) for step in policy.steps]})


def _step(step: Step) -> Step:
    until = None if step.after is None else "resolved"
    targets = [_target(target) for target in step.targets]
    return step.model_copy(
        update={"until": until, "when": step.when and _when(step.when), "targets": targets}
    )


def _when(when: When) -> When | None:
    """None where it asks for nothing."""
    severity = sorted(set(when.severity)) if when.severity else None
    return when.model_copy(update={"severity": severity}) if severity or when.hours else None


def _target(target: Target) -> Target:
    named = target.role or (None if target.schedule is None else "primary")
    pick = None if target.pick == "all" else target.pick
    return target.model_copy(update={"role": named, "pick": pick})


def _service(service: Service, zone: str) -> Service:
    hours = service.support_hours
    return service.model_copy(
        update={
            "urgency": {**USUAL_URGENCY, **service.urgency},
            "support_hours": hours and hours.model_copy(update={"time_zone": hours.time_zone or zone}),
            "maintenance": [_maintenance(one, zone) for one in service.maintenance],
            "suppress": [_rule(one, Kind.SUPPRESS, zone) for one in service.suppress],
            "trials": [_rule(one, Kind.TRIAL, zone) for one in service.trials],
            "routing": service.routing and [_sorted(one) for one in service.routing],
            "runbooks": [_sorted(one) for one in service.runbooks],
        }
    )


def _sorted(part: Matching) -> Matching:
    return part.model_copy(update={"match": dict(sorted(part.match.items()))})


def _maintenance(one: Maintenance, zone: str) -> Maintenance:
    """Times with an offset are told by the wall clock, which is what repeats."""
    told = said(
        start=one.start, end=one.end, time_zone=one.time_zone or zone, repeat=Repeat(one.repeat or "")
    )
    return one.model_copy(update={name: getattr(told, name) for name in ("start", "end", "time_zone")})


def _rule(rule: Ruling, kind: str, zone: str) -> Ruling:
    """Its end as an instant: in whichever zone two documents say it, it is the same."""
    severities = sorted(set(rule.severities)) if rule.severities else usual_severities(kind)
    match = dict(sorted(rule.match.items()))
    until = instant(rule.until, zone)
    return rule.model_copy(update={"match": match, "until": until, "severities": severities})
