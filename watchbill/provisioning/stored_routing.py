"""Routing rules as they are stored, in the document's words."""

from typing import Any

from django.db.models import Prefetch

from escalation.models import RoutingRule, Service

ROWS = Prefetch("routing_rules", RoutingRule.objects.select_related("to_service").order_by("position", "pk"))


def routing(service: Service) -> list[dict[str, Any]] | None:
    """Those of a service, read with `ROWS` beside it. None where it has none; one that leads to a retired
    service does not count, and no document can say it.
    """
    rows = [row for row in service.routing_rules.all() if not (row.to_service and row.to_service.retired_at)]
    return [_rule(row) for row in rows] or None


def _rule(row: RoutingRule) -> dict[str, Any]:
    return {
        "match": row.match,
        "service": row.to_service.name if row.to_service else None,
        "severity": row.severity or None,
        "urgency": row.urgency or None,
    }
