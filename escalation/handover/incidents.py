"""Section: the incidents that are open, whose they are, and what happens next to each."""

from collections.abc import Sequence
from datetime import datetime

from escalation import planning, selectors
from escalation.core.matching import spelled
from escalation.handover.lines import MOST, Item, clipped, listed
from escalation.handover.scope import Scope
from escalation.models import Incident
from escalation.quiet.reading import running
from people.models import User


def open_incidents(scope: Scope) -> Sequence[Item]:
    """The worst first, then the oldest."""
    found = selectors.open_incidents().filter(service__in=scope.services)
    rows = list(found.order_by("severity", "triggered_at", "pk"))
    snoozed = selectors.snoozed(row.pk for row in rows)

    off = {row.pk: row.hold_until for row in rows if row.pk in snoozed and row.hold_until is not None}
    waiting = [row for row in rows[:MOST] if row.pk not in off and not row.parked_reason]
    coming = planning.next_of(waiting, now=scope.now)
    people = User.objects.in_bulk({first.user for first in coming.values()})

    def say(row: Incident) -> Item:
        first = coming.get(row.pk)
        if row.pk in off:
            what_next = f"snoozed until {scope.at(off[row.pk])}"
        elif row.parked_reason:
            what_next = f"parked ({row.parked_reason}): pages nobody"
        elif first is None:
            what_next = "pages nobody next"
        else:
            who = people[first.user]
            what_next = f"if nothing happens, {who} is paged by {first.via} at {scope.at(first.at)}"
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


def ruled(scope: Scope) -> Sequence[Item]:
    """The rules that keep alerts quiet, and whose they are: nobody waits for a page that does not come."""
    rows = running(now=scope.now).filter(service__in=scope.services)
    return [
        Item(
            text=clipped(
                f"Pages nobody until {scope.at(row.ends_at)}: {spelled(row.match)}, {row} of {row.owner}"
            ),
            path=f"/rules/{row.pk}",
        )
        for row in rows
    ]


def _end(row: Incident) -> datetime:
    assert row.hold_until is not None  # noqa: S101 - asked for with an end
    return row.hold_until
