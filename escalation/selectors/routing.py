"""The routing rules of a service, as rows and as the core reads them."""

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet

from escalation.core.matching import faults_of, spelled
from escalation.core.routing import URGENCIES, Route, outcome
from escalation.core.severity import SEVERITIES
from escalation.models import RoutingRule, Service

log = structlog.get_logger(__name__)

OF_SERVICE = """
SELECT rule.*, destination.retired_at AS gone_at FROM escalation_routingrule rule
LEFT JOIN escalation_service destination ON destination.id = rule.to_service_id
WHERE rule.service_id = %s
ORDER BY rule.position, rule.id
"""
SHARED = " FOR SHARE OF rule"


class Unreadable(Exception):
    """A rule says what no rule can; the text says what."""


def routes_of(service: Service, *, shared: bool = False) -> list[Route]:
    """The rules that count, in their order. One that leads to a retired service, or that cannot be read, does
    not, which is logged. One query, and none where the service has no rules.

    In a transaction and `shared`, none of them can be taken out before that is over: what is sent on by a
    rule is found by whoever takes it out (escalation.actions.routing).
    """
    if not service.has_routing:
        return []
    locked = (
        shared and connection.features.has_select_for_update and transaction.get_connection().in_atomic_block
    )
    found = []
    for row in RoutingRule.objects.raw(OF_SERVICE + (SHARED if locked else ""), [service.pk]):
        if vars(row)["gone_at"] is not None:
            log.warning("routing_rule_leads_nowhere", rule=row.pk, effect="it is passed over")
            continue
        try:
            found.append(route_of(row))
        except Unreadable as fault:
            log.exception("routing_rule_unreadable", rule=row.pk, why=str(fault), effect="it is passed over")
    return found


def route_of(row: RoutingRule) -> Route:
    """Raises Unreadable."""
    match = row.match
    if not isinstance(match, dict) or not all(isinstance(value, str) for value in match.values()):
        raise Unreadable("its match is not {label: value}")
    faults = faults_of(match)
    if faults:
        raise Unreadable(faults[0])
    if row.severity and row.severity not in SEVERITIES:
        raise Unreadable(f"“{row.severity}” is no severity")
    if row.urgency and row.urgency not in URGENCIES:
        raise Unreadable(f"“{row.urgency}” is no urgency")
    return Route(
        id=row.pk,
        number=row.position,
        match=match,
        to=row.to_service_id,
        severity=row.severity,
        urgency=row.urgency,
    )


def routing_rules() -> QuerySet[RoutingRule]:
    """Of services in use, by service, in the order in which they count."""
    rows = RoutingRule.objects.filter(service__retired_at=None)
    rows = rows.select_related("service__team", "to_service__team")
    return rows.order_by("service__name", "position", "pk")


def spelled_match(row: RoutingRule) -> str:
    """For a line of text, whatever stands there."""
    try:
        return spelled(route_of(row).match)
    except Unreadable as fault:
        return f"cannot be read: {fault}"


def makes_of_it(row: RoutingRule) -> str:
    """“goes to shop-db, as SEV-3, low urgency”: what it makes of what it means."""
    to = row.to_service.name if row.to_service else ""
    return outcome(to, severity=row.severity, urgency=row.urgency)
