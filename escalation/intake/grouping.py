"""Of new alerts: which join an open incident, and which open one, alone or together.

An incident carries what its alerts have in common (`grouped_as`) for as long as others may join it, and the
database lets no service have two such open incidents of one group: of two intakes at the same moment, one
opens it, and the other waits for that, is refused, looks again, and joins.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from escalation.core.grouping import group_of
from escalation.core.incident import Parked
from escalation.intake.alerts import Upserted
from escalation.models import Incident, Service
from escalation.sources.event import Event
from people.ledger.record import Actor, Line
from people.ledger.verbs import Verb

JOINED_WHILE = [Parked.NOT, Parked.LOW_URGENCY, Parked.EXHAUSTED, Parked.MAINTENANCE]
"""What a rule keeps quiet takes nobody in: a new alert might be urgent all the same."""


@dataclass(frozen=True)
class Party:
    """New alerts that have one incident. `name` is what they have in common; empty: one that stays alone."""

    name: str
    alerts: Sequence[Upserted]

    @property
    def leader(self) -> Upserted:
        """The first of the worst, which the incident is named after."""
        return min(self.alerts, key=lambda one: one.event.severity)


def parties(service: Service, new: Sequence[Upserted], *, apart: Container[str] = ()) -> list[Party]:
    """In the order of their names, so that two intakes open the same ones in one order. Those whose dedup key
    is in `apart` have a party of their own: nobody's silence is shared with what should page.
    """
    alone: list[Party] = []
    found: dict[str, list[Upserted]] = {}
    for one in new:
        if has_a_group(one.event, service) and one.event.dedup_key not in apart:
            found.setdefault(group_of(one.event.labels, by=service.group_by), []).append(one)
        else:
            alone.append(Party("", [one]))
    return [*alone, *(Party(name, found[name]) for name in sorted(found))]


def has_a_group(event: Event, service: Service) -> bool:
    """What has none of the labels has nothing in common with anything, and pages for itself."""
    if service.group_window is None or event.alone:
        return False
    return not service.group_by or any(event.labels.get(name) for name in service.group_by)


def standing(service: Service, parties: Sequence[Party]) -> Q | None:
    """The open incidents that carry one of their names; None where they have none."""
    names = [party.name for party in parties if party.name]
    if not names:
        return None
    return Q(service=service, grouped_as__in=names) & ~Q(status=Incident.Status.RESOLVED)


def open_to(
    rows: Mapping[int, Incident], parties: Sequence[Party], service: Service, *, now: datetime
) -> dict[str, Incident]:
    """By name, those of the locked `rows` that the parties may still join. The names of those that are past
    it are free again.
    """
    wanted = {party.name for party in parties if party.name}
    named = [row for row in rows.values() if row.service_id == service.pk and row.grouped_as in wanted]
    found = {row.grouped_as: row for row in named if _takes_in(row, service, now)}
    past = [row for row in named if row.grouped_as not in found]
    if past:
        _rows(past).update(grouped_as="")
    for row in past:
        row.grouped_as = ""
    return found


def _takes_in(row: Incident, service: Service, now: datetime) -> bool:
    window = service.group_window
    open_ = row.status != Incident.Status.RESOLVED and row.parked_reason in JOINED_WHILE
    ruled = row.quiet_until is not None and row.quiet_reason != Parked.MAINTENANCE
    return open_ and not ruled and window is not None and now - row.triggered_at < window


def _rows(rows: Sequence[Incident]) -> QuerySet[Incident]:
    return Incident.objects.filter(pk__in=[row.pk for row in rows])


def lines(party: Party, row: Incident, *, by: Actor) -> Iterator[Line]:
    """For the timeline of the incident that they join."""
    service = row.service
    common = ", ".join(f"{name}={party.leader.event.labels.get(name, '')}" for name in service.group_by)
    why = f"the service groups by {common}" if common else "the service groups all its alerts"
    if row.status == Incident.Status.ACKNOWLEDGED:
        why += "; unless it is worse nobody is paged again, since it is acknowledged or put off"
    for one in party.alerts:
        what = f"one more alert joined: {one.event.summary}"
        said = "; ".join((*reasons(one.event), why))
        yield Line(Verb.ALERT_JOINED, ("incident", row.pk), by, what, said)


def reasons(event: Event) -> list[str]:
    """Why it is here, and why it is as bad as that; nothing where both are as usual."""
    routed = event.routed.why if event.routed else ""
    return [why for why in (routed, event.graded) if why]
