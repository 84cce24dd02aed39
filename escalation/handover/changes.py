"""Section: what was changed meanwhile."""

from collections.abc import Sequence

from escalation.handover.lines import MOST, Item, clipped, listed
from escalation.handover.scope import Scope
from escalation.models import ChangeEvent


def changes(scope: Scope) -> Sequence[Item]:
    """The changes that were announced of the services, the newest first."""
    found = ChangeEvent.objects.filter(
        service__in=scope.services, at__gte=scope.began, at__lt=scope.until
    ).order_by("-at", "-pk")

    def say(row: ChangeEvent) -> Item:
        service = scope.services[row.service_id].name
        source = f" ({clipped(row.source, 60)})" if row.source else ""
        return Item(text=clipped(f"{scope.at(row.at)}, {service}: {clipped(row.summary, 300)}{source}"))

    return listed(found[:MOST], say, total=found.count())
