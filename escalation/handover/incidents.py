"""Section: the incidents that are open, whose they are, and what happens next to each."""

from collections.abc import Sequence
from datetime import datetime

from escalation import planning, selectors
from escalation.handover.lines import Item, clipped, listed
from escalation.handover.scope import Scope
from escalation.models import Incident
from people.models import User


def open_incidents(scope: Scope) -> Sequence[Item]:
    """The worst first, then the oldest."""
    found = selectors.open_incidents().filter(service__in=scope.services)
    rows = list(found.order_by("severity", "triggered_at", "pk"))
    snoozed = selectors.snoozed(row.pk for row in rows)

    def say(row: Incident) -> Item:
        what_next = _next(scope, row, is_snoozed=row.pk in snoozed)
        owner = f"{row.acknowledged_by} is on it" if row.acknowledged_by else "nobody is on it"
        parts = (f"{row.severity} {clipped(row.title, 200)}", f"since {scope.at(row.triggered_at)}")
        text = f"{', '.join(parts)}; {owner}; {what_next}"
        return Item(text=clipped(text), path=f"/incidents/{row.pk}", incident=row.pk)

    return listed(rows, say, total=len(rows), path="/incidents?status=open")


def muted(scope: Scope) -> Sequence[Item]:
    """The incidents that somebody put off."""
    found = selectors.open_incidents().filter(service__in=scope.services, hold_until__gt=scope.now)
    rows = list(found.order_by("hold_until", "pk"))
    snoozed = selectors.snoozed(row.pk for row in rows)
    return [
        Item(
            text=clipped(f"Muted until {scope.at(_end(row))}: {clipped(row.title, 300)}"),
            path=f"/incidents/{row.pk}",
        )
        for row in rows
        if row.pk in snoozed
    ]


def _end(row: Incident) -> datetime:
    assert row.hold_until is not None  # noqa: S101 - asked for with an end
    return row.hold_until


def _next(scope: Scope, row: Incident, *, is_snoozed: bool) -> str:
    if is_snoozed and row.hold_until is not None:
        return f"snoozed until {scope.at(row.hold_until)}"
    if row.parked_reason:
        return f"parked ({row.parked_reason}): pages nobody"
    first = planning.next_of(row, now=scope.now)
    if first is None:
        return "pages nobody next"
    who = User.objects.filter(pk=first.user).first()
    return f"if nothing happens, {who} is paged by {first.via} at {scope.at(first.at)}"
