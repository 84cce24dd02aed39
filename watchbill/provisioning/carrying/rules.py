"""Suppress rules, trials and routing rules of services."""

from typing import Any, cast

from escalation.actions.routing import RoutingSpec, set_routing
from escalation.actions.rules import Kind, RuleSpec, change_rule, create_rule, end_rule
from escalation.core.matching import canonical
from escalation.models import AlertRule, Service
from watchbill.provisioning.carrying.context import Context
from watchbill.provisioning.document.escalation import Routing, RoutingRule, Suppress, Trial
from watchbill.provisioning.plan import Change
from watchbill.provisioning.settling import instant

KINDS = {"suppress rule": Kind.SUPPRESS, "trial": Kind.TRIAL}


def create_alert_rule(change: Change, context: Context) -> None:
    """What is open already pages on: a document is about what is to come."""
    rule = cast("Suppress | Trial", change.wanted)
    service = Service.objects.get(name=change.identity[0])
    kind = KINDS[change.kind]
    spec = RuleSpec(service=service, kind=kind, match=rule.match, **_fields(rule, context))
    create_rule(spec=spec, by=context.by, now=context.now)


def change_alert_rule(change: Change, context: Context) -> None:
    rule = cast("Suppress | Trial", change.wanted)
    change_rule(rule=_row(change), by=context.by, now=context.now, **_fields(rule, context))


def end_alert_rule(change: Change, context: Context) -> None:
    end_rule(rule=_row(change), by=context.by, now=context.now, why="no longer in the document")


def set_routing_rules(change: Change, context: Context) -> None:
    """Those that the document says; none where it says none any more."""
    service = Service.objects.get(name=change.identity[0])
    wanted = cast("Routing | None", change.wanted)
    specs = [_routing_spec(rule) for rule in wanted.rules] if wanted else []
    set_routing(service=service, specs=specs, by=context.by, now=context.now)


def _routing_spec(rule: RoutingRule) -> RoutingSpec:
    return RoutingSpec(
        match=rule.match,
        to_service=Service.objects.get(name=rule.service) if rule.service else None,
        severity=rule.severity or "",
        urgency=rule.urgency or "",
    )


def _row(change: Change) -> AlertRule:
    part = cast("Suppress | Trial", change.wanted or change.stored)
    return AlertRule.objects.select_related("service").get(
        service__name=change.identity[0],
        kind=KINDS[change.kind],
        match_digest=AlertRule.digest_of(canonical(part.match)),
        ended_at=None,
    )


def _fields(rule: Suppress | Trial, context: Context) -> Any:
    return {
        "owner": context.user(rule.author if isinstance(rule, Trial) else rule.owner),
        "ends_at": instant(rule.until, "UTC"),
        "reason": rule.reason,
        "severities": rule.severities or (),
    }
