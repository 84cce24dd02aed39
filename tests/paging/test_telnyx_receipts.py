"""What Telnyx says later of a message that it took."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import time_machine

from paging import dispatch
from paging.core.delivery import Fault, State
from paging.inbound.telnyx import Event
from paging.inbound.telnyx_status import receipt_of
from paging.models import Notification
from people.ledger.models import Entry
from tests.paging.world import ALICE_MAIL, ALICE_SMS, NOW, Clock, page, person, rules, timeline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock():
    """Doors read it, and Telnyx signs by it."""
    with time_machine.travel(NOW, tick=False):
        yield


def send():
    return dispatch.send_due(clock=Clock())


@pytest.fixture
def sms(telnyx, mailbox):
    """Alice is paged by SMS; ten minutes later by mail."""
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 10))
    page(alice)
    send()
    return telnyx.expect_sms(to=ALICE_SMS)


@pytest.fixture
def say(client, telnyx, sms):
    """One webhook of Telnyx's; returns what we answer."""

    def post(status, **more):
        return client.post(urlsplit(sms.webhook).path, **telnyx.receipt(sms, status, **more)).status_code

    return post


def state():
    return Notification.objects.get(method__kind="sms").state


def test_a_delivered_message_is_so_on_the_timeline(say):
    assert say("delivered") == 200
    assert state() == "delivered"
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) delivered"


@pytest.mark.parametrize("status", ["delivery_failed", "sending_failed", "expired"])
def test_a_message_that_came_back_goes_another_way_at_once(say, mailbox, status):
    say(
        status, errors=[{"code": "40008", "title": "Undeliverable", "detail": "The carrier did not take it."}]
    )
    assert state() == "undelivered"
    line = Entry.objects.get(verb="page.undelivered")
    assert line.what == "SMS to Alice Ng (+1415…0101) came back; email at once instead"
    assert line.why == "Telnyx 40008: The carrier did not take it."
    send()
    mailbox.expect_mail(to=ALICE_MAIL)


def test_news_that_come_again_or_late_change_nothing(say):
    for status in ("delivered", "sent", "delivery_failed", "delivered"):
        assert say(status) == 200
    assert state() == "delivered"
    assert Entry.objects.filter(verb="page.delivered").count() == 1


def test_what_a_carrier_never_confirms_is_no_failure(say):
    say("delivery_unconfirmed")
    assert state() == "sent"


def test_a_forged_receipt_is_refused(say, telnyx):
    assert say("delivered", at=NOW.timestamp() - 301) == 403
    assert state() == "sent"


def test_the_receipt_of_no_message_of_ours_is_taken_and_forgotten(client, telnyx, sms):
    answer = client.post(f"/telnyx/status/{uuid4()}", **telnyx.receipt(sms, "delivered"))
    assert (answer.status_code, state()) == (200, "sent")


def test_a_receipt_proves_that_a_message_left_though_its_worker_died(client, telnyx, mailbox, monkeypatch):
    page(person(sms=ALICE_SMS))
    monkeypatch.setattr(dispatch, "record_answer", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        send()
    monkeypatch.undo()
    left = telnyx.expect_sms(to=ALICE_SMS)
    client.post(urlsplit(left.webhook).path, **telnyx.receipt(left, "delivered"))
    clock = Clock()
    clock.advance(minutes=1)
    assert dispatch.send_due(clock=clock) == 0
    assert state() == "delivered"


@pytest.mark.parametrize(
    ("status", "errors", "state", "fault", "why"),
    [
        ("queued", [], State.SENT, Fault.MESSAGE, ""),
        ("sending", [], State.SENT, Fault.MESSAGE, ""),
        ("delivery_unconfirmed", [], State.SENT, Fault.MESSAGE, ""),
        ("read", [], State.DELIVERED, Fault.MESSAGE, ""),
        ("expired", [], State.UNDELIVERED, Fault.MESSAGE, "Telnyx: it waited too long"),
        ("delivery_failed", [{"code": "40001"}], State.UNDELIVERED, Fault.ADDRESS, "landline"),
        (
            "delivery_failed",
            [{"code": 40006, "title": "Down"}],
            State.UNDELIVERED,
            Fault.TEMPORARY,
            "40006: Down",
        ),
        (
            "delivery_failed",
            [{"code": "40010", "title": "10DLC"}],
            State.UNDELIVERED,
            Fault.PROVIDER,
            "10DLC",
        ),
        ("delivery_failed", "broken", State.UNDELIVERED, Fault.MESSAGE, "Telnyx: not delivered"),
    ],
)
def test_what_each_status_means(status, errors, state, fault, why):
    payload = {"direction": "outbound", "id": "1", "to": [{"status": status}], "errors": errors}
    receipt = receipt_of(Event("message.finalized", payload))
    assert (receipt.provider, receipt.provider_id, receipt.state, receipt.fault) == (
        "telnyx",
        "1",
        state,
        fault,
    )
    assert why in receipt.why


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("message.received", {"direction": "inbound", "to": [{"status": "delivered"}]}),
        ("message.finalized", {"direction": "outbound", "to": [{"status": "teleported"}]}),
        ("message.finalized", {"direction": "inbound", "to": [{"status": "delivered"}]}),
        ("message.finalized", {"direction": "outbound"}),
        ("message.finalized", {"direction": "outbound", "to": []}),
        ("message.finalized", {"direction": "outbound", "to": ["delivered"]}),
        ("message.finalized", {"direction": "outbound", "to": {"status": "delivered"}}),
        ("call.hangup", {"direction": "outbound", "to": [{"status": "delivered"}]}),
    ],
)
def test_what_says_nothing_of_a_message_of_ours_is_no_receipt(kind, payload):
    assert receipt_of(Event(kind, payload)) is None
