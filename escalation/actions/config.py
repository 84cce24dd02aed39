"""Everything that changes policies, services and routing keys, and the ledger with them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.db import transaction

from escalation.actions.heartbeats import retire_heartbeat
from escalation.actions.hot_lines import retire_hot_line
from escalation.actions.incoming import check_incoming
from escalation.actions.maintenance import cancel_all
from escalation.actions.policy_rules import check_policy
from escalation.actions.routing import check_no_rule_leads_to, set_routing
from escalation.actions.rules import end_rule
from escalation.actions.steps import ConfigError, StepSpec, TargetSpec, spelled, write_steps
from escalation.actions.unheard import look_anew
from escalation.models import EscalationPolicy, RoutingKey, Service, new_routing_key
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Team

__all__ = [
    "ConfigError",
    "ServiceFields",
    "StepSpec",
    "TargetSpec",
    "change_policy",
    "change_service",
    "create_policy",
    "create_service",
    "ensure_routing_key",
    "retire_policy",
    "retire_service",
    "revoke_routing_key",
    "set_signing_secret",
]

INCOMING = ("severities", "severity_rules", "group_by", "group_window")
GOES_ON = ("signing_secret", "events_per_minute", "mapping")
KEY = re.compile(r"[0-9a-zA-Z]{32}")
SIGNING_SECRET = re.compile(r"[!-~]{8,200}")
SHORTEST_QUIET = timedelta(minutes=1)


class ServiceFields(TypedDict, total=False):
    """What a service has beside name and policy; see `escalation.models.Service` for the JSON shapes."""

    team: Team | None
    acknowledgement_timeout: timedelta
    auto_resolve_after: timedelta | None
    urgency: dict[str, str]
    support_hours: dict[str, Any]
    runbooks: list[dict[str, Any]]
    severities: dict[str, str]
    severity_rules: list[dict[str, Any]]
    group_by: list[str]
    group_window: timedelta | None
    extras: dict[str, Any]


class ServiceChanges(ServiceFields, total=False):
    policy: EscalationPolicy


@transaction.atomic
def create_policy(
    *,
    name: str,
    repeat: int,
    steps: Sequence[StepSpec],
    by: Actor,
    now: datetime,
    acknowledgements: int = 1,
) -> EscalationPolicy:
    """A new policy, or the retired one of that name brought back. Raises ConfigError."""
    check_policy(repeat=repeat, acknowledgements=acknowledgements, steps=steps, now=now)
    wanted = {"repeat": repeat, "acknowledgements": acknowledgements}
    policy, new = EscalationPolicy.objects.select_for_update().get_or_create(name=name, defaults=wanted)
    if not new and policy.retired_at is None:
        raise ConfigError(f"There is already an escalation policy “{name}”; choose another name.")
    _set(policy, {**wanted, "retired_at": None})
    write_steps(policy, steps)
    what = f"created escalation policy {name}" if new else f"brought back escalation policy {name}"
    data = {**wanted, "steps": spelled(policy)}
    record([Line(Verb.POLICY_CREATED, ("policy", policy.pk), by, what, data=data)], now=now)
    return policy


@transaction.atomic
def change_policy(
    *,
    policy: EscalationPolicy,
    repeat: int,
    steps: Sequence[StepSpec],
    by: Actor,
    now: datetime,
    acknowledgements: int = 1,
) -> EscalationPolicy:
    """Make this the policy. Incidents that run keep the policy they began with.

    Writes nothing when it already says so. Raises ConfigError.
    """
    check_policy(repeat=repeat, acknowledgements=acknowledgements, steps=steps, now=now)
    wanted = {"repeat": repeat, "acknowledgements": acknowledgements}
    before = {name: getattr(policy, name) for name in wanted} | {"steps": spelled(policy)}
    _set(policy, wanted)
    write_steps(policy, steps)
    after = {**wanted, "steps": spelled(policy)}
    if before != after:
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        what = f"changed {', '.join(changed)} of escalation policy {policy.name}"
        record([Line(Verb.POLICY_CHANGED, ("policy", policy.pk), by, what, data=changed)], now=now)
    return policy


@transaction.atomic
def retire_policy(*, policy: EscalationPolicy, by: Actor, now: datetime) -> None:
    """Take it out of use; incidents that run end under it. Raises ConfigError while a service uses it."""
    using = policy.services.filter(retired_at=None).order_by("pk").first()
    if using is not None:
        raise ConfigError(
            f"Escalation policy “{policy.name}” is used by service “{using.name}”; give that another."
        )
    if _set(policy, {"retired_at": policy.retired_at or now}):
        what = f"retired escalation policy {policy.name}"
        record([Line(Verb.POLICY_RETIRED, ("policy", policy.pk), by, what)], now=now)


@transaction.atomic
def create_service(
    *, name: str, policy: EscalationPolicy, by: Actor, now: datetime, **fields: Unpack[ServiceFields]
) -> Service:
    """A new service without keys, or the retired one of that name brought back. Raises ConfigError."""
    defaults = {"policy": policy, **fields}
    _check_service(**defaults)
    service, new = Service.objects.select_for_update().get_or_create(name=name, defaults=defaults)
    if not new and service.retired_at is None:
        raise ConfigError(f"There is already a service “{name}”; choose another name.")
    if not new and "auto_resolve_after" in _set(service, {**defaults, "retired_at": None}):
        look_anew(service=service, now=now)
    what = f"created service {name}" if new else f"brought back service {name}"
    data = {"policy": policy.name}
    record([Line(Verb.SERVICE_CREATED, ("service", service.pk), by, what, data=data)], now=now)
    return service


@transaction.atomic
def change_service(
    *, service: Service, by: Actor, now: datetime, **changes: Unpack[ServiceChanges]
) -> Service:
    """Set the given fields. Writes nothing when they already say so. Raises ConfigError."""
    _check_service(**changes)
    changed = _set(service, changes)
    if "auto_resolve_after" in changed:
        look_anew(service=service, now=now)
    if changed:
        what = f"changed {', '.join(changed)} of service {service.name}"
        said = {name: [_plain(value) for value in values] for name, values in changed.items()}
        record([Line(Verb.SERVICE_CHANGED, ("service", service.pk), by, what, data=said)], now=now)
    return service


@transaction.atomic
def retire_service(*, service: Service, by: Actor, now: datetime) -> None:
    """Revoke its routing keys, hot lines and heartbeats, cancel its maintenance, end its rules, and take it
    out of use. Its open incidents run to their end. Raises ConfigError while another service's routing leads
    to it.
    """
    Service.objects.select_for_update(no_key=True).get(pk=service.pk)  # no rule is led to it meanwhile
    check_no_rule_leads_to(service)
    set_routing(service=service, specs=(), by=by, now=now)
    cancel_all(service=service, by=by, now=now)
    for key in service.routing_keys.filter(revoked_at=None).order_by("pk"):
        revoke_routing_key(key=key, by=by, now=now)
    for line in service.hot_lines.filter(retired_at=None).order_by("pk"):
        retire_hot_line(line=line, by=by, now=now)
    for heartbeat in service.heartbeats.filter(retired_at=None).order_by("pk"):
        retire_heartbeat(heartbeat=heartbeat, by=by, now=now)
    for rule in service.alert_rules.filter(ended_at=None).order_by("pk"):
        end_rule(rule=rule, by=by, now=now, why="its service is retired")
    if _set(service, {"retired_at": service.retired_at or now}):
        what = f"retired service {service.name}"
        record([Line(Verb.SERVICE_RETIRED, ("service", service.pk), by, what)], now=now)


@transaction.atomic
def ensure_routing_key(
    *, service: Service, name: str, by: Actor, now: datetime, key: str | None = None
) -> RoutingKey:
    """The live routing key `name` of a service, with the value `key` (32 letters and digits) if given.

    A live key of that name with another value is revoked; its secret, limit and mapping go on to the new
    one. Writes nothing when it is already so.
    Raises ConfigError when another service has that value.
    """
    live = service.routing_keys.filter(name=name, revoked_at=None).first()
    if live is not None and key in {None, live.key}:
        return live
    value = key or new_routing_key()
    if not KEY.fullmatch(value):
        raise ConfigError(f"The routing key “{name}” of {service.name} is not 32 letters and digits.")
    if live is not None:
        revoke_routing_key(key=live, by=by, now=now)
    row = _live_key(service, name, value, now)
    if live is not None:
        _set(row, {name: getattr(live, name) for name in GOES_ON})
    what = f"made routing key {name} of service {service.name}"
    data = {"routing_key": row.pk}
    record([Line(Verb.ROUTING_KEY_CREATED, ("service", service.pk), by, what, data=data)], now=now)
    return row


@transaction.atomic
def revoke_routing_key(*, key: RoutingKey, by: Actor, now: datetime) -> None:
    """From now on the key raises nothing."""
    if _set(key, {"revoked_at": key.revoked_at or now}):
        what = f"revoked routing key {key.name} of service {key.service.name}"
        data = {"routing_key": key.pk}
        record([Line(Verb.ROUTING_KEY_REVOKED, ("service", key.service_id), by, what, data=data)], now=now)


@transaction.atomic
def set_signing_secret(*, key: RoutingKey, secret: str, by: Actor, now: datetime) -> None:
    """From now on the key takes only what its source signs with `secret`; with an empty one, whatever comes.

    Writes nothing when it is so already. Raises ConfigError.
    """
    if secret and not SIGNING_SECRET.fullmatch(secret):
        raise ConfigError(
            f"The signing secret of {key.name} is not 8 to 200 letters, digits and signs without a space."
        )
    before = key.signing_secret
    if not _set(key, {"signing_secret": secret}):
        return
    if not secret:
        does = "takes what is not signed"
    else:
        does = "takes only what is signed" if not before else "takes only what is signed with another secret"
    what = f"routing key {key.name} of service {key.service.name} {does}"
    data = {"routing_key": key.pk}
    record([Line(Verb.ROUTING_KEY_CHANGED, ("service", key.service_id), by, what, data=data)], now=now)


def _live_key(service: Service, name: str, value: str, now: datetime) -> RoutingKey:
    """A new row, or the revoked one of that value: a value is one row for ever."""
    digest = RoutingKey.digest_of(value)
    row, new = RoutingKey.objects.select_for_update().get_or_create(
        digest=digest, defaults={"service": service, "name": name, "key": value, "created_at": now}
    )
    if new:
        return row
    if row.revoked_at is None:
        raise ConfigError(
            f"The routing key “{name}” of {service.name} is already used; every key is one service's."
        )
    _set(row, {"service": service, "name": name, "revoked_at": None})
    return row


def _check_service(**fields: Any) -> None:
    timeout = fields.get("acknowledgement_timeout")
    if timeout is not None and timeout <= timedelta(0):
        raise ConfigError("An acknowledgement timeout has to be longer than nothing; write 30m.")
    check_incoming(**{name: fields[name] for name in INCOMING if name in fields})
    quiet = fields.get("auto_resolve_after")
    if quiet is not None and quiet < SHORTEST_QUIET:
        raise ConfigError("An incident may end by itself after a minute at the soonest; write 4h.")


def _plain(value: Any) -> Any:
    return value if isinstance(value, (dict, list)) else None if value is None else str(value)


def _set(row: EscalationPolicy | Service | RoutingKey, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Write what differs; returns each field's old and new value."""
    changed = {
        name: [getattr(row, name), value] for name, value in changes.items() if getattr(row, name) != value
    }
    for name, (_, value) in changed.items():
        setattr(row, name, value)
    if changed:
        row.save(update_fields=list(changed))
    return changed
