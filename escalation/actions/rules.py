"""Suppress rules and trials: made, extended, given to another, ended. Each writes the ledger.

An ending waits for the intakes that decide by the rule just now, and finds what they have opened; an intake
that comes after it does not see the rule any more (escalation.quiet.rules).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, Unpack
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.text import capfirst

from escalation.actions.quieting import quiet_what_is_open, reconsider
from escalation.actions.steps import ConfigError
from escalation.core.forecast import SOON, next_morning
from escalation.core.matching import canonical, faults_of, spelled
from escalation.core.urgency import DEFAULTS
from escalation.models import AlertRule, Service
from escalation.quiet.rules import as_rule
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

Kind = AlertRule.Kind
SEVERITIES = tuple(DEFAULTS)
WORST = SEVERITIES[0]
LONGEST = {Kind.SUPPRESS: timedelta(days=90), Kind.TRIAL: timedelta(days=28)}
USUAL_TRIAL = timedelta(days=7)
LONGEST_REASON = 200
WARNED_BEFORE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class RuleSpec:
    """A rule to be. Without `severities` a suppress rule is about all but SEV-1, a trial about all. Without
    `ends_at` a trial lasts a week; a suppress rule needs one.
    """

    service: Service
    kind: Kind
    match: Mapping[str, str]
    owner: User
    ends_at: datetime | None = None
    reason: str = ""
    severities: Sequence[str] = field(default=())


class RuleChanges(TypedDict, total=False):
    """What can be changed. Another match is another rule: this one would be judged by what it never did."""

    owner: User
    ends_at: datetime
    reason: str
    severities: Sequence[str]


def usual_severities(kind: str) -> list[str]:
    """A SEV-1 is silenced only where the rule says so."""
    return [severity for severity in SEVERITIES if kind == Kind.TRIAL or severity != WORST]


@transaction.atomic
def create_rule(
    *, spec: RuleSpec, by: Actor, now: datetime, quiet_open: bool = False
) -> tuple[AlertRule, int]:
    """From now on, new alerts that it means page nobody before its end; with `quiet_open`, those that are
    open already do not, either. Returns the rule, and how many incidents that quieted.

    Raises ConfigError.
    """
    service = _held(spec.service)
    if service.retired_at is not None:
        raise ConfigError(f"{service.name} is retired; choose a service that is in use.")
    faults = faults_of(spec.match)
    if faults:
        raise ConfigError(" ".join(faults))
    found = {
        "owner": spec.owner,
        "ends_at": spec.ends_at or _usual_end(spec.kind, now),
        "reason": spec.reason,
        "severities": list(spec.severities) or usual_severities(spec.kind),
    }
    values = _checked(spec.kind, found, now=now)
    _close_what_is_over(service, now=now)
    row = _inserted(spec, values, service, now=now)
    _keep_in_mind(service)
    what = (
        f"made {row} of service {service.name}: {spelled(row.match)} pages nobody before {_said(row.ends_at)}"
    )
    data = {"kind": row.kind, "service": service.name, "match": dict(row.match), **_plain(values)}
    record([Line(Verb.ALERT_RULE_CREATED, ("rule", row.pk), by, what, row.reason, data)], now=now)
    rule = as_rule(row, owner=str(row.owner))
    return row, quiet_what_is_open(rule, service, by=by, now=now) if quiet_open else 0


@transaction.atomic
def change_rule(*, rule: AlertRule, by: Actor, now: datetime, **changes: Unpack[RuleChanges]) -> AlertRule:
    """Set the given fields; what it keeps quiet follows. Writes nothing when they already say so.

    Raises ConfigError, also where it is over: a new rule says who wants it again.
    """
    _held(rule.service)
    row = _locked(rule)
    _check_running(row, now)
    wanted = _checked(row.kind, changes, now=now)
    changed = {
        name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value
    }
    if not changed:
        return row
    until = row.ends_at
    for name, (_, value) in changed.items():
        setattr(row, name, value)
    if "ends_at" in changed:
        row.warned_at = _warned_at(row.ends_at, now)
    row.save(update_fields=[*changed, "warned_at"])
    before, after = ({name: pair[n] for name, pair in changed.items()} for n in (0, 1))
    said = ", ".join(f"{name} to {value}" for name, value in _plain(after).items())
    what = f"changed {row} of service {row.service.name}: {said}"
    data = {name: [_plain(before)[name], value] for name, value in _plain(after).items()}
    record([Line(Verb.ALERT_RULE_CHANGED, ("rule", row.pk), by, what, data=data)], now=now)
    if {"ends_at", "severities"} & {*changed}:
        reconsider(row, until=until, by=by, why=f"{by.name} changed {row}", now=now)
    return row


@transaction.atomic
def end_rule(*, rule: AlertRule, by: Actor, now: datetime, why: str = "") -> bool:
    """From now on it silences nothing, and what it kept quiet pages from step one. Whether that is news. Its
    owner is told, unless it is them.
    """
    _held(rule.service)
    row = _locked(rule)
    if row.ended_at is not None:
        return False
    row.told_at = now if by.user == row.owner else None
    _close(row, now=now)
    _keep_in_mind(row.service)
    what = f"ended {row} of service {row.service.name}: {spelled(row.match)} pages again"
    record([Line(Verb.ALERT_RULE_ENDED, ("rule", row.pk), by, what, why)], now=now)
    said = f"{by.name} ended {row}" + (f": {why}" if why else "")
    reconsider(row, until=row.ends_at, by=by, why=said, now=now)
    return True


@transaction.atomic
def close_rule(*, rule: AlertRule, now: datetime) -> None:
    """It has come to its end, as everybody knew it would; the machine wakes what it kept quiet by itself."""
    _held(rule.service)
    row = _locked(rule)
    if row.ended_at is None and row.ends_at <= now:
        _close(row, now=now)
        _keep_in_mind(row.service)


def is_running(rule: AlertRule, *, now: datetime) -> bool:
    return rule.ended_at is None and rule.ends_at > now


def _held(service: Service) -> Service:
    """The service's row, whose lock lets one change of its rules be made at a time."""
    return Service.objects.select_for_update(no_key=True).get(pk=service.pk)


def _locked(rule: AlertRule) -> AlertRule:
    rows = AlertRule.objects.select_for_update(of=("self",)).select_related("service", "owner")
    return rows.get(pk=rule.pk)


def _check_running(row: AlertRule, now: datetime) -> None:
    if not is_running(row, now=now):
        at = row.ended_at or row.ends_at
        raise ConfigError(capfirst(f"{row} has been over since {_said(at)}; make a new one instead."))


def _usual_end(kind: str, now: datetime) -> datetime:
    if kind != Kind.TRIAL:
        raise ConfigError("A suppress rule needs an end; write when alerts page again.")
    return now + USUAL_TRIAL


def _checked(kind: str, given: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """The values as they are stored: ends in whole seconds, severities in order. Raises ConfigError."""
    found = dict(given)
    if "owner" in found and not found["owner"].is_active:
        raise ConfigError(f"{found['owner']} has left and answers for nothing; name somebody who is here.")
    if "ends_at" in found:
        found["ends_at"] = found["ends_at"].replace(microsecond=0)
        _check_end(kind, found["ends_at"], now)
    if "reason" in found:
        found["reason"] = " ".join(found["reason"].replace("\x00", "").split())
        if len(found["reason"]) > LONGEST_REASON:
            raise ConfigError(f"The reason is longer than {LONGEST_REASON} characters; say it in fewer.")
    if "severities" in found:
        unknown = [str(one)[:20] for one in found["severities"] if one not in SEVERITIES]
        if unknown or not found["severities"]:
            said = f"“{unknown[0]}” is no severity" if unknown else "It is about no severity"
            raise ConfigError(f"{said}; write some of {', '.join(SEVERITIES)}.")
        found["severities"] = sorted(set(found["severities"]))
    return found


def _check_end(kind: str, ends_at: datetime, now: datetime) -> None:
    longest = LONGEST[Kind(kind)]
    if ends_at <= now:
        raise ConfigError(f"The end {_said(ends_at)} lies in the past; write one that is ahead.")
    if ends_at > now + longest:
        latest = now + longest
        raise ConfigError(
            f"A {Kind(kind).label} lasts {longest.days} days at most, and can be extended then; write an end "
            f"up to {_said(latest)}."
        )


def _inserted(spec: RuleSpec, values: Mapping[str, Any], service: Service, *, now: datetime) -> AlertRule:
    match = {name: spec.match[name] for name in sorted(spec.match)}
    digest = AlertRule.digest_of(canonical(match))
    try:
        with transaction.atomic():
            return AlertRule.objects.create(
                service=service,
                kind=spec.kind,
                match=match,
                match_digest=digest,
                created_at=now,
                warned_at=_warned_at(values["ends_at"], now),
                tell_at=_first_morning(values["owner"], now) if spec.kind == Kind.TRIAL else None,
                **values,
            )
    except IntegrityError:
        there = service.alert_rules.filter(kind=spec.kind, match_digest=digest, ended_at=None).first()
        if there is None:
            raise
        said = f"{there} of {there.owner} is about the same alerts, until {_said(there.ends_at)}"
        raise ConfigError(capfirst(f"{said}; extend that one.")) from None


def _warned_at(ends_at: datetime, now: datetime) -> datetime | None:
    """Who has just said that it ends within the day need not be told so."""
    return now if ends_at <= now + WARNED_BEFORE else None


def _first_morning(owner: User, now: datetime) -> datetime:
    return next_morning(now + SOON, ZoneInfo(owner.time_zone))


def _close_what_is_over(service: Service, *, now: datetime) -> None:
    """The keeper would do so within seconds, and tell their owners; it does still."""
    for row in service.alert_rules.filter(ended_at=None, ends_at__lte=now).order_by("pk"):
        _close(row, now=now)


def _close(row: AlertRule, *, now: datetime) -> None:
    row.ended_at = max(row.created_at, min(now, row.ends_at))
    row.save(update_fields=["ended_at", "told_at"])


def _keep_in_mind(service: Service) -> None:
    """On the service's row, which intake reads anyway, stands whether there are rules at all."""
    there = service.alert_rules.filter(ended_at=None).exists()
    Service.objects.filter(pk=service.pk).exclude(has_rules=there).update(has_rules=there)


def _said(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = {}
    for name, value in values.items():
        if isinstance(value, datetime):
            plain[name] = _said(value)
        else:
            plain[name] = ", ".join(value) if isinstance(value, list) else str(value)
    return plain
