"""Who comes on takes the note over, item by item, and with it what is open."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from escalation.actions import respond
from escalation.handover.note import Refused
from escalation.models import Incident
from oncall.core.coverage import NEVER_PAGED
from oncall.core.definition import in_order
from oncall.models import Handoff, HandoffItem, HandoffPerson
from oncall.selectors import on_call
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb


def confirm_items(*, handoff: Handoff, item_ids: Collection[int], by: Actor, now: datetime) -> Handoff:
    """These items have been read by `by`; an incident among them that is open is theirs from now on. With
    the last one the handoff is confirmed. What is confirmed already stays as it is. Raises Refused.

    Each item is a transaction of its own, so that an incident that somebody else holds keeps only its own
    item waiting, and what was confirmed stays confirmed.
    """
    row = Handoff.objects.select_related("schedule").get(pk=handoff.pk)
    if refusal := why_not_confirmed(row):
        raise Refused(refusal)
    known = set(row.items.values_list("pk", flat=True))
    if unknown := sorted(set(item_ids) - known):
        raise Refused(
            f"Item {unknown[0]} is not one of this handoff, or its note was changed; read it again."
        )
    for pk in sorted(item_ids):
        _confirm(row, pk, by=by, now=now)
    return _close(row, by=by, now=now)


def why_not_confirmed(handoff: Handoff) -> str:
    """Why it cannot be confirmed now, as a sentence; empty where it can, or is already."""
    if handoff.recorded_at is None:
        gone = "was taken out of the schedule" if handoff.cancelled_at else "has not happened yet"
        return f"This handoff {gone}; there is nothing to confirm."
    if not handoff.asks:
        return "This handoff asks nobody to confirm it."
    if handoff.prepared_at is None:
        return "The note is being put together; look again in a moment."
    return ""


@transaction.atomic
def _confirm(handoff: Handoff, pk: int, *, by: Actor, now: datetime) -> None:
    # The item's lock proves that nobody else confirms it and takes its incident over. The incident's lock is
    # taken under it and never the other way round; the handoff's, which the keeper of handoffs and the
    # writer of a note wait for, is not held here at all.
    rows = HandoffItem.objects.select_for_update(of=("self",))
    item = rows.filter(pk=pk, handoff=handoff, confirmed_at=None).first()
    if item is None:
        return
    if item.incident is not None:
        _take_over(handoff, item.incident, by=by, now=now)
    item.confirmed_at, item.confirmed_by = now, by.user
    item.save(update_fields=["confirmed_at", "confirmed_by"])
    what = f"confirmed “{item.text}” of {_named(handoff)}"
    data = {"handoff": handoff.pk, "item": item.pk, "section": item.section, "incident": item.incident}
    line = Line(Verb.HANDOFF_ITEM_CONFIRMED, ("schedule", handoff.schedule_id), by, what, data=data)
    record([line], now=now)


def _take_over(handoff: Handoff, incident_id: int, *, by: Actor, now: datetime) -> None:
    incident = Incident.objects.filter(pk=incident_id).exclude(status=Incident.Status.RESOLVED).first()
    if incident is None or incident.acknowledged_by_id == _user(by):
        return
    if _user(by) not in _holders(handoff, now).get(handoff.role, ()):
        return  # read, and taken from nobody: who confirms late, or for others, is not the one who is paged
    if not _goes_with(handoff, incident, now):
        return
    why = f"with the handoff of {handoff.role} of {handoff.schedule}"
    try:
        respond.take_over(incident_id=incident_id, by=by, now=now, why=why)
    except respond.Refused:
        return  # resolved in this moment


def carries_incidents(handoff: Handoff, *, now: datetime) -> bool:
    """Whether what is open goes with this handoff: with the schedule's first role, primary if it has one."""
    return handoff.role in in_order(set(_holders(handoff, now)))[:1]


def _goes_with(handoff: Handoff, incident: Incident, now: datetime) -> bool:
    """Where another role changes hands, only those go that somebody leaves behind who is not on call any
    more: two roles that swap would swap them back.
    """
    if carries_incidents(handoff, now=now):
        return True
    owner = incident.acknowledged_by_id
    left = handoff.people.filter(side=HandoffPerson.Side.OUT, user=owner).exists()
    return left and not any(owner in users for users in _holders(handoff, now).values())


def _holders(handoff: Handoff, now: datetime) -> dict[str, tuple[int, ...]]:
    found = on_call([handoff.schedule_id], at=now)
    return {role: users for (_, role), users in found.items() if role not in NEVER_PAGED}


@transaction.atomic
def _close(handoff: Handoff, *, by: Actor, now: datetime) -> Handoff:
    # The handoff's lock proves that its note is not being changed, and that of two who confirm the last
    # items at once only one writes that it is confirmed.
    row = Handoff.objects.select_for_update(of=("self",)).select_related("schedule").get(pk=handoff.pk)
    if row.confirmed_at is not None or row.items.filter(confirmed_at=None).exists():
        return row
    row.confirmed_at, row.confirmed_by = now, by.user
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    what = f"confirmed {_named(row)}"
    data = {"handoff": row.pk}
    record([Line(Verb.HANDOFF_CONFIRMED, ("schedule", row.schedule_id), by, what, data=data)], now=now)
    return row


def _named(handoff: Handoff) -> str:
    return f"the handoff of {handoff.role} of {handoff.schedule} at {handoff.at:%Y-%m-%d %H:%M} UTC"


def _user(by: Actor) -> int | None:
    return None if by.user is None else by.user.pk
