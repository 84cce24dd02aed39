"""A call that is picked up: what is said, and what its keys do. Only keys do anything.

The state is read when the phone is picked up and again when a key is pressed, never when it was dialled.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from escalation.models import Incident
from escalation.replies.acting import TITLE, incident_of, named, on_it, perform
from paging.actions.pages import reachable
from paging.actions.receipts import record_receipt
from paging.core import render
from paging.core.message import Facts
from paging.core.receipt import Receipt
from paging.core.replies import KEYS
from paging.core.rules import INFO
from paging.models import Notification

VIA = "by phone"
MENU = "Press 4 to acknowledge, 6 to resolve, 5 to escalate, or star to hear this again."
NO_KEY = "That key does nothing."
NOT_YOURS = "There is no page for you here. Goodbye."


@dataclass(frozen=True)
class Speech:
    """What is said; `keys` where one is waited for then."""

    text: str
    keys: bool = False


def pick_up(message_id: UUID) -> Speech:
    """What somebody, or something, hears who answers the call of this message."""
    called = _called(message_id)
    if called is None:
        return Speech(NOT_YOURS)
    facts, incident = Facts.from_json(called.page.facts), incident_of(called.page.cause)
    if incident is None:
        return Speech(render.voice(facts))
    if over := _over(incident):
        return Speech(f"This is Watchbill. {over} Goodbye.")
    return Speech(f"{render.spoken(facts)} {MENU}", keys=True)


def press(message_id: UUID, *, digits: str, receipt: Receipt, now: datetime) -> Speech:
    """A key was pressed, so somebody is there: `receipt` says so of the call."""
    called = _called(message_id)
    incident = None if called is None else incident_of(called.page.cause)
    if called is None or incident is None:
        return Speech(NOT_YOURS)
    record_receipt(message_id=message_id, receipt=receipt, now=now)
    key = KEYS.get(digits)
    if key is None:
        return Speech(f"{NO_KEY} {MENU}", keys=True)
    if key.act is None:
        return pick_up(message_id)
    return Speech(f"{perform(key.act, incident, by=called.page.user, via=VIA, now=now)} Goodbye.")


def _over(incident: Incident) -> str:
    """Somebody was quicker: the sentence, empty where nobody was."""
    if incident.status == Incident.Status.RESOLVED:
        who = f" by {render.clean(str(incident.resolved_by), limit=TITLE)}" if incident.resolved_by else ""
        return f"{named(incident)} is already resolved{who}."
    if on_it(incident):
        who = render.clean(str(incident.acknowledged_by), limit=TITLE)
        return f"{named(incident)} is already acknowledged by {who}."
    return ""


def _called(message_id: UUID) -> Notification | None:
    found = Notification.objects.exclude(page__urgency=INFO).select_related("page__user")
    called = found.filter(message_id=message_id).first()
    return called if called is not None and reachable(called.page.user) else None
