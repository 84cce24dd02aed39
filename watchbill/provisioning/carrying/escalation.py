"""Escalation policies, services, routing keys, hot lines and heartbeats."""

from typing import cast

from django.db.models import QuerySet

from escalation.actions import config, following, heartbeats, hot_lines, maintenance, webhooks
from escalation.actions.key_limits import set_events_per_minute
from escalation.actions.mappings import set_mapping
from escalation.models import EscalationPolicy, MaintenanceWindow, RoutingKey
from escalation.models import Heartbeat as HeartbeatRow
from escalation.models import HotLine as HotLineRow
from escalation.models import Service as ServiceRow
from escalation.models import Webhook as WebhookRow
from escalation.quiet.windows import live
from people.models import Team
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.document.escalation import (
    Heartbeat,
    HotLine,
    Key,
    Maintenance,
    Policy,
    Service,
    Step,
    Target,
    Webhook,
)
from watchbill.provisioning.document.following import Follows
from watchbill.provisioning.plan import Change
from watchbill.provisioning.settling import window_spec


def create_webhook(change: Change, context: Context) -> None:
    webhook = cast("Webhook", change.wanted)
    webhooks.create_webhook(
        name=webhook.name, url=webhook.url, secret=webhook.secret or "", by=context.by, now=context.now
    )


def change_webhook(change: Change, context: Context) -> None:
    webhook = cast("Webhook", change.wanted)
    webhooks.change_webhook(
        webhook=_webhook(webhook.name),
        url=webhook.url,
        secret=webhook.secret or "",
        by=context.by,
        now=context.now,
    )


def retire_webhook(change: Change, context: Context) -> None:
    webhooks.retire_webhook(webhook=_webhook(change.identity[0]), by=context.by, now=context.now)


def set_follows(change: Change, context: Context) -> None:
    wanted, spec = change.wanted, following.FollowSpec()
    if isinstance(wanted, Follows):
        spec = following.FollowSpec(
            everything=wanted.everything,
            teams=list(Team.objects.filter(name__in=wanted.teams)),
            services=list(ServiceRow.objects.filter(name__in=wanted.services)),
            events=wanted.events,
        )
    following.set_follows(webhook=_webhook(change.identity[0]), spec=spec, by=context.by, now=context.now)


def create_policy(change: Change, context: Context) -> None:
    policy = cast("Policy", change.wanted)
    config.create_policy(
        name=policy.name,
        repeat=policy.repeat,
        acknowledgements=policy.acknowledgements,
        steps=[_step(step, context) for step in policy.steps],
        by=context.by,
        now=context.now,
    )


def change_policy(change: Change, context: Context) -> None:
    policy = cast("Policy", change.wanted)
    config.change_policy(
        policy=_policy(policy.name),
        repeat=policy.repeat,
        acknowledgements=policy.acknowledgements,
        steps=[_step(step, context) for step in policy.steps],
        by=context.by,
        now=context.now,
    )


def retire_policy(change: Change, context: Context) -> None:
    config.retire_policy(policy=_policy(change.identity[0]), by=context.by, now=context.now)


def create_service(change: Change, context: Context) -> None:
    service = cast("Service", change.wanted)
    policy = _policy(service.escalation_policy)
    fields = _fields(service, context)
    config.create_service(name=service.name, policy=policy, by=context.by, now=context.now, **fields)


def change_service(change: Change, context: Context) -> None:
    service = cast("Service", change.wanted)
    config.change_service(
        service=_service(service.name),
        policy=_policy(service.escalation_policy),
        by=context.by,
        now=context.now,
        **_fields(service, context),
    )


def retire_service(change: Change, context: Context) -> None:
    config.retire_service(service=_service(change.identity[0]), by=context.by, now=context.now)


def ensure_key(change: Change, context: Context) -> None:
    service, key = change.identity[0], cast("Key", change.wanted)
    row = config.ensure_routing_key(
        service=_service(service), name=key.name, key=key.key, by=context.by, now=context.now
    )
    config.set_signing_secret(key=row, secret=key.signing_secret or "", by=context.by, now=context.now)
    limit = key.events_per_minute if key.events_per_minute != "site" else None
    set_events_per_minute(key=row, events=limit, by=context.by, now=context.now)
    said = key.mapping.model_dump() if key.mapping else {}
    set_mapping(key=row, mapping=said, by=context.by, now=context.now)


def revoke_key(change: Change, context: Context) -> None:
    service, name = change.identity
    for key in RoutingKey.objects.filter(service__name=service, name=name, revoked_at=None):
        config.revoke_routing_key(key=key, by=context.by, now=context.now)


def add_hot_line(change: Change, context: Context) -> None:
    line = cast("HotLine", change.wanted)
    hot_lines.add_hot_line(service=_service(line.service), number=line.number, by=context.by, now=context.now)


def move_hot_line(change: Change, context: Context) -> None:
    """Calls to it reach another service's on-call."""
    retire_hot_line(change, context)
    add_hot_line(change, context)


def retire_hot_line(change: Change, context: Context) -> None:
    for line in HotLineRow.objects.filter(number=change.identity[0], retired_at=None):
        hot_lines.retire_hot_line(line=line, by=context.by, now=context.now)


def _webhook(name: str) -> WebhookRow:
    return WebhookRow.objects.get(name=name)


def ensure_heartbeat(change: Change, context: Context) -> None:
    service, said = change.identity[0], cast("Heartbeat", change.wanted)
    spec = heartbeats.HeartbeatSpec(
        name=said.name, every=said.every, grace=said.grace, severity=said.severity, key=said.key
    )
    heartbeats.ensure_heartbeat(service=_service(service), spec=spec, by=context.by, now=context.now)


def retire_heartbeat(change: Change, context: Context) -> None:
    service, name = change.identity
    for row in HeartbeatRow.objects.filter(service__name=service, name=name, retired_at=None):
        heartbeats.retire_heartbeat(heartbeat=row, by=context.by, now=context.now)


def plan_maintenance(change: Change, context: Context) -> None:
    service = _service(change.identity[0])
    maintenance.plan_window(
        service=service, spec=window_spec(_window(change)), by=context.by, now=context.now
    )


def change_maintenance(change: Change, context: Context) -> None:
    for row in _windows(change, context):
        maintenance.change_window(
            window=row, spec=window_spec(_window(change)), by=context.by, now=context.now
        )


def cancel_maintenance(change: Change, context: Context) -> None:
    for row in _windows(change, context):
        maintenance.cancel_window(window=row, by=context.by, now=context.now)


def _window(change: Change) -> Maintenance:
    return cast("Maintenance", change.wanted or change.stored)


def _windows(change: Change, context: Context) -> QuerySet[MaintenanceWindow]:
    columns = window_spec(_window(change)).columns()
    same = {name: columns[name] for name in maintenance.WHEN}
    return live(at=context.now).filter(service__name=change.identity[0], **same)


def _policy(name: str) -> EscalationPolicy:
    return EscalationPolicy.objects.get(name=name)


def _service(name: str) -> ServiceRow:
    return ServiceRow.objects.get(name=name)


def _step(step: Step, context: Context) -> config.StepSpec:
    targets = [_target(target, context) for target in step.targets]
    when = step.when
    return config.StepSpec(
        timeout=step.timeout,
        after=step.after,
        targets=targets,
        severities=(when and when.severity) or (),
        hours=(when and when.hours) or "",
    )


def _target(target: Target, context: Context) -> config.TargetSpec:
    return config.TargetSpec(
        schedule=context.schedule(target.schedule) if target.schedule else None,
        user=context.user(target.user) if target.user else None,
        team=context.team(target.team),
        role=target.role or "",
        pick=target.pick or "",
        webhook=_webhook(target.webhook) if target.webhook else None,
    )


def _fields(service: Service, context: Context) -> config.ServiceFields:
    spelled = service.model_dump()
    return {
        "team": context.team(service.team),
        "acknowledgement_timeout": service.acknowledgement_timeout,
        "auto_resolve_after": service.auto_resolve_after,
        "urgency": dict(service.urgency.items()),
        "support_hours": spelled.get("support_hours", {}),
        "runbooks": spelled.get("runbooks", []),
        "severities": dict(service.severities.items()),
        "severity_rules": spelled.get("severity_rules", []),
        "group_by": service.grouping.by if service.grouping else [],
        "group_window": service.grouping.window if service.grouping else None,
        "extras": {},
    }
