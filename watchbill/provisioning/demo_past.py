"""What the demo has been through: how pages went, who answered, who cannot be reached as they think they are.

By the verbs that a real organisation uses, at moments before now; only what providers say is made up.
"""

from datetime import datetime, timedelta
from uuid import UUID

from escalation import engine, intake
from escalation.actions import respond
from escalation.models import Heartbeat, Service
from escalation.sources.event import Action, Event
from paging.actions import refusals, testing, verifying
from paging.actions.composing import compose
from paging.actions.outcomes import Handover, record_answer
from paging.actions.receipts import record_receipt
from paging.core.delivery import Accepted, State
from paging.core.receipt import Receipt
from paging.core.twilio import KNOWN
from paging.dispatch import claim_next
from paging.models import Notification
from people.ledger.record import Actor
from people.models import User

PROVIDERS = {"sms": ("twilio", "Twilio"), "voice": ("twilio", "Twilio"), "email": ("smtp", "the mail server")}
SPAM = 30007
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def try_a_page(now: datetime) -> None:
    """Before anything else is sent: a phone's limits ask for whatever was sent from then on. Outside a
    transaction, as always when messages are handed over.
    """
    _test_page(User.objects.get(username="maya"), at=now - 9 * DAY)


def live_through(now: datetime) -> None:
    """What came last. Outside a transaction, too."""
    _opts_out(User.objects.get(username="oscar"), at=now - 31 * HOUR)
    _incident(Service.objects.get(name="checkout"), at=now - DAY)
    _restless(Service.objects.get(name="clusters"), until=now - 40 * MINUTE)
    _call_in("nightly-backup", at=now - 9 * HOUR)
    jun = User.objects.get(username="jun")
    verifying.add_own_method(user=jun, kind="sms", address="+14155550123", by=_by(jun, "web"), now=now)


def _test_page(user: User, *, at: datetime) -> None:
    testing.send_test_page(user=user, urgency="high", by=_by(user, "web"), now=at)
    sent = _leave(at)
    _arrive(sent["sms"], at=at + 4 * SECOND)
    testing.end_test_page(user=user, by=_by(user, "link"), now=at + 20 * SECOND)


def _incident(service: Service, *, at: datetime) -> None:
    """Its SMS comes back, so the call comes at once; a key acknowledges it, and later it is over."""
    event = Event(
        action=Action.TRIGGER,
        dedup_key="demo:CheckoutErrors",
        summary="4 % of orders fail at the payment step",
        severity="SEV-1",
        source="shop-2",
        labels={"alertname": "CheckoutErrors", "cluster": "eu1"},
    )
    incident = intake.raise_alert(service=service, event=event, by=Actor("prometheus"), now=at)
    engine.run_due(clock=lambda: at)
    sent = _leave(at)
    fault, why = KNOWN[SPAM]
    back = Receipt("twilio", _sid(sent["sms"]), State.UNDELIVERED, fault, f"Twilio {SPAM}: {why}")
    record_receipt(message_id=sent["sms"], receipt=back, now=at + 6 * SECOND)
    called = sent | _leave(at + 6 * SECOND)
    _arrive(called["voice"], at=at + 25 * SECOND)
    responder = User.objects.get(pages__notifications__message_id=called["voice"])
    respond.acknowledge(incident_id=incident.pk, by=_by(responder, "by phone"), now=at + 40 * SECOND)
    words = "A deploy sent card payments to the old gateway; rolled back."
    respond.note(incident_id=incident.pk, text=words, by=_by(responder, "web"), now=at + 7 * MINUTE)
    respond.resolve(incident_id=incident.pk, by=_by(responder, "web"), now=at + 8 * MINUTE)


def _restless(service: Service, *, until: datetime) -> None:
    """A disk that fills up again and again, at last two others with it: one incident, which wakes nobody."""
    for hours in (9, 5):
        began = until - timedelta(hours=hours)
        _disk(service, "node-1", at=began)
        _disk(service, "node-1", at=began + 25 * MINUTE, action=Action.RESOLVE)
    for minutes, node in enumerate(("node-1", "node-2", "node-3")):
        _disk(service, node, at=until + minutes * MINUTE)


def _disk(service: Service, node: str, *, at: datetime, action: Action = Action.TRIGGER) -> None:
    event = Event(
        action=action,
        dedup_key=f"demo:DiskFillingUp:{node}",
        summary=f"The disk of {node} is full in three days",
        word="warning",
        source="prometheus",
        labels={"alertname": "DiskFillingUp", "cluster": "eu1", "node": node},
    )
    key = service.routing_keys.get(name="prometheus", revoked_at=None)
    intake.receive(key=key.key, events=[event], source="alertmanager", now=at)


def _call_in(name: str, *, at: datetime) -> None:
    """As its source would, by its secret address."""
    intake.call_in(key=Heartbeat.objects.get(name=name).key, now=at)


def _opts_out(user: User, *, at: datetime) -> None:
    number = user.contact_methods.get(kind="sms").address
    refusals.opt_out(phone=number, by=_by(user, "by SMS"), now=at)
    _leave(at)


def _leave(at: datetime) -> dict[str, UUID]:
    """Every message that is due at that moment is taken by its provider: the id of each, by kind."""
    sent: dict[str, UUID] = {}
    while (claimed := _due(at)) is not None:
        provider, title = PROVIDERS[claimed.method.kind]
        message = compose(claimed, now=at)
        took = timedelta(milliseconds=120 + claimed.message_id.int % 240)
        at += took
        handover = Handover(claimed, message=message, provider=provider, title=title, took=took)
        record_answer(handover=handover, answer=Accepted(provider, _sid(claimed.message_id)), now=at)
        sent[claimed.method.kind] = claimed.message_id
    return sent


def _due(at: datetime) -> Notification | None:
    return claim_next(clock=lambda: at)


def _arrive(message_id: UUID, *, at: datetime) -> None:
    receipt = Receipt("twilio", _sid(message_id), State.DELIVERED)
    record_receipt(message_id=message_id, receipt=receipt, now=at)


def _sid(message_id: UUID) -> str:
    """What the provider calls it."""
    return f"DEMO{message_id.hex[:28]}"


def _by(user: User, door: str) -> Actor:
    return Actor.person(user, via=door)
