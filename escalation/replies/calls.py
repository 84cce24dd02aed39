"""A call that is picked up: what is said, and what its keys do. Only keys do anything.

The state is read when the phone is picked up and again when a key is pressed, never when it was dialled.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from escalation.models import Incident
from escalation.replies.acting import (
    MOST,
    TITLE,
    acknowledge_all,
    answer_test,
    named,
    on_it,
    perform,
)
from escalation.selectors import incident_about, incidents_about
from paging.actions.again import again
from paging.actions.hearing import Answer, Heard, Outcome, note
from paging.actions.pages import reachable
from paging.actions.receipts import record_receipt
from paging.core import render
from paging.core.cause import is_test
from paging.core.message import Facts
from paging.core.receipt import Receipt
from paging.core.replies import KEYS, Act, Key
from paging.core.rules import INFO
from paging.models import ContactMethod, Notification
from paging.selectors import said_by
from people.models import User

VIA = "by phone"
MENU_OF_ALL = "Press 4 to acknowledge them all, or star to hear this again."
MENU_OF_TEST = "Press 4 to acknowledge the test, or star to hear this again."
MENU = "Press 4 to acknowledge, 6 to resolve, 5 to escalate, or star to hear this again."
NO_KEY = "That key does nothing."
AGAIN = "say it again"
MOST_OF_A_CALL = 90  # characters of what a provider calls it
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
    if _says_many(called):
        return _of_many(called)
    facts, incident = Facts.from_json(called.page.facts), incident_about(called.page.cause)
    if is_test(called.page.cause):
        return Speech(f"{render.spoken(facts)} {MENU_OF_TEST}", keys=True)
    if incident is None:
        return Speech(render.voice(facts))
    if over := _over(incident, called.page.user):
        return Speech(_aloud(f"This is Watchbill. {over} Goodbye."))
    return Speech(f"{render.spoken(facts)} {MENU}", keys=True)


@transaction.atomic
def press(message_id: UUID, *, digits: str, receipt: Receipt, now: datetime) -> Speech:
    """A key was pressed, so somebody is there: `receipt` says so of the call."""
    called = _called(message_id)
    if called is None or not (is_test(called.page.cause) or incident_about(called.page.cause)):
        return Speech(NOT_YOURS)
    record_receipt(message_id=message_id, receipt=receipt, now=now)
    key = KEYS.get(digits)
    speech = _pressed(called, key, now=now)
    heard = Heard(
        via=ContactMethod.Kind.VOICE,
        provider=receipt.provider,
        provider_id=f"{receipt.provider_id[:MOST_OF_A_CALL]}.{uuid4().hex}",  # a call has many keys
        sender=called.method.address,
        said=digits,
        understood=_meant(key),
    )
    became = Outcome.WRONG if speech.text.startswith(NO_KEY) else Outcome.DONE
    note(heard, Answer(became, speech.text, called.page.user), now=now)
    return speech


def _pressed(called: Notification, key: Key | None, *, now: datetime) -> Speech:
    if _says_many(called):
        return _pressed_for_many(called, key, now=now)
    incident = incident_about(called.page.cause)
    if key is None:
        return Speech(f"{NO_KEY} {MENU if incident else MENU_OF_TEST}", keys=True)
    if key.act is None:
        return pick_up(called.message_id)
    act, by = key.act, called.page.user
    done = again(
        lambda: (
            perform(act, incident, by=by, via=VIA, now=now) if incident else answer_test(by, via=VIA, now=now)
        )
    )
    return Speech(_aloud(f"{done} Goodbye."))


def _meant(key: Key | None) -> str:
    if key is None:
        return ""
    return AGAIN if key.act is None else key.act.value


def _says_many(called: Notification) -> bool:
    """Whether it speaks of more than one incident: of one it may speak for several moments."""
    return called.says > 1 and len(_said(called)) > 1


def _of_many(called: Notification) -> Speech:
    """A call that says many pages of a service: how many are still open, and the worst of them."""
    waiting = [one for one in _said(called) if one.status == Incident.Status.TRIGGERED]
    if not waiting:
        return Speech("This is Watchbill. Nothing is waiting to be acknowledged. Goodbye.")
    worst = min(waiting, key=lambda one: (one.severity, one.pk))
    service, alerts = (
        render.clean(str(worst.service), limit=TITLE),
        "alert" if len(waiting) == 1 else "alerts",
    )
    many = f"{service} has {len(waiting)} unacknowledged {alerts}, among them {_aloud(named(worst))}."
    return Speech(f"This is Watchbill. {many} {MENU_OF_ALL}", keys=True)


def _pressed_for_many(called: Notification, key: Key | None, *, now: datetime) -> Speech:
    if key is None or key.act not in {None, Act.ACKNOWLEDGE}:
        return Speech(f"{NO_KEY} {MENU_OF_ALL}", keys=True)
    if key.act is None:
        return _of_many(called)
    said = _said(called)
    found = [(one, called.page.user) for one in said]
    done = again(lambda: acknowledge_all(found, via=VIA, now=now))
    if sum(one.status == Incident.Status.TRIGGERED for one in said) > MOST:
        return Speech(_aloud(f"{done} {MENU_OF_ALL}"), keys=True)
    return Speech(_aloud(f"{done} Goodbye."))


def _said(called: Notification) -> list[Incident]:
    said = said_by(called.pk)
    return list(incidents_about(said.causes).values()) if said else []


def _aloud(sentence: str) -> str:
    """A voice reads “#42” as “hash forty-two”."""
    return sentence.replace("#", "number ")


def _over(incident: Incident, user: User) -> str:
    """Somebody was quicker, or they themselves: the sentence, empty where nobody was."""
    if incident.status == Incident.Status.RESOLVED:
        who = f" by {render.clean(str(incident.resolved_by), limit=TITLE)}" if incident.resolved_by else ""
        return f"{named(incident)} is already resolved{who}."
    if incident.progress and incident.is_answered_by(user):
        return f"You have acknowledged {named(incident)}. {incident.progress}."
    if on_it(incident):
        who = render.clean(str(incident.acknowledged_by), limit=TITLE)
        return f"{named(incident)} is already acknowledged by {who}."
    return ""


def _called(message_id: UUID) -> Notification | None:
    found = Notification.objects.exclude(page__urgency=INFO).select_related("page__user", "method")
    called = found.filter(message_id=message_id).first()
    return called if called is not None and reachable(called.page.user) else None
