"""What the phone company says later: late, twice, out of order, and of messages whose worker has died."""

from itertools import permutations
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from paging import dispatch, selectors
from paging.actions import pages
from paging.actions.composing import compose
from paging.core.delivery import State
from paging.core.receipt import RANK, is_news
from paging.inbound.twilio_status import receipt_of
from paging.models import Attempt, ContactMethod, Notification, Page
from people.ledger.models import Entry
from tests.fakes.handset import Sms
from tests.paging.world import ALICE_MAIL, ALICE_SMS, CAUSE, NOW, Clock, page, person, rules, states, timeline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock():
    """Doors read it."""
    with time_machine.travel(NOW, tick=False):
        yield


def send(clock=None):
    return dispatch.send_due(clock=clock or Clock())


@pytest.fixture
def sms(phone, mailbox) -> Sms:
    """Alice is paged by SMS; ten minutes later by mail."""
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 10))
    page(alice)
    send()
    return phone(ALICE_SMS).expect_sms()


def state():
    return Notification.objects.get(method__kind="sms").state


def test_a_delivered_message_is_so_on_the_timeline(sms):
    sms.delivered()
    assert state() == "delivered"
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) delivered"


def test_a_message_that_came_back_goes_another_way_at_once(sms, mailbox):
    sms.undelivered(30003)
    assert state() == "undelivered"
    line = Entry.objects.get(verb="page.undelivered")
    assert line.what == "SMS to Alice Ng (+1415…0101) came back; email at once instead"
    assert line.why == "Twilio 30003: the phone is off or out of reach"
    assert send(Clock()) == 1
    mailbox.expect_mail(to=ALICE_MAIL)


def test_news_that_come_again_change_nothing(sms, mailbox):
    for _ in range(3):
        sms.undelivered(30005)
    assert Entry.objects.filter(verb="page.undelivered").count() == 1
    assert send(Clock()) == 1
    mailbox.expect_mail(to=ALICE_MAIL)


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_in_whatever_order_the_news_come_the_phone_has_it(sms, order):
    for status in order:
        sms.status(status)
    assert state() == "delivered"
    assert len(timeline()) == 3


def test_a_phone_that_has_it_cannot_lose_it_again(sms):
    sms.delivered().undelivered()
    assert state() == "delivered"
    assert send() == 0


def test_a_phone_that_has_it_after_all_has_it(sms, mailbox):
    sms.undelivered().delivered()
    assert state() == "delivered"
    send()
    mailbox.expect_mail(to=ALICE_MAIL)


def test_after_a_stop_a_message_that_comes_back_pages_nobody(sms):
    pages.stop(cause=CAUSE, reason="acknowledged", now=NOW)
    sms.undelivered()
    assert state() == "undelivered"
    assert send() == 0


def test_when_nothing_else_is_left_the_floor_above_can_read_it(phone):
    page(person(sms=ALICE_SMS))
    send()
    phone(ALICE_SMS).expect_sms().undelivered(30006)
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) came back; no other way is left"
    assert selectors.unreachable_runs(limit=9) == [(CAUSE, "1.0.1")]


def test_delivered_after_all_it_is_not_unreachable(phone):
    page(person(sms=ALICE_SMS))
    send()
    phone(ALICE_SMS).expect_sms().undelivered(30006).delivered()
    assert states() == {"sms": "delivered"}
    assert not selectors.unreachable_runs(limit=9)


def test_a_carrier_that_says_stop_ends_sms_to_the_number_and_its_owner_is_told(sms, mailbox):
    sms.undelivered(21610)
    assert ContactMethod.objects.get(kind="sms").disabled_reason.startswith("opted out")
    send()
    mailbox.expect_mail(to=ALICE_MAIL, subject="DiskFull")
    mailbox.expect_mail(to=ALICE_MAIL, subject="no longer paged by SMS", containing="START")


class TestOfAWorkerThatDied:
    """It handed the message over, and was killed before it wrote that down."""

    @pytest.fixture
    def sms(self, phone):
        page(person(sms=ALICE_SMS))
        claimed = dispatch._claim(Clock())
        message = compose(claimed, now=NOW)
        dispatch.channels_for("sms")[0].send(message)
        return phone(ALICE_SMS).expect_sms()

    def test_its_message_is_not_sent_again_where_a_receipt_came(self, sms):
        sms.status("queued")
        clock = Clock()
        clock.advance(minutes=5)
        assert send(clock) == 0
        assert states() == {"sms": "sent"}

    def test_a_receipt_that_comes_after_its_lease_proves_it_too(self, sms):
        clock = Clock()
        clock.advance(seconds=16)
        dispatch._take_back_lost(clock())
        sms.status("sent")
        assert send(clock) == 0
        assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) left, as its receipt says"
        attempt = Attempt.objects.get()
        assert (attempt.accepted, attempt.provider, attempt.provider_id) == (True, "twilio", sms.sid)

    def test_without_a_receipt_it_is_sent_again(self, sms, phone):
        clock = Clock()
        clock.advance(seconds=16)
        assert send(clock) == 1
        phone(ALICE_SMS).expect_sms()

    def test_bad_news_of_it_go_on_at_once(self, sms):
        sms.undelivered(30004)
        assert states() == {"sms": "undelivered"}
        assert Page.objects.get().unreachable_at is not None

    def test_bad_news_of_it_say_nothing_of_the_one_sent_after_it(self, sms, phone):
        clock = Clock()
        clock.advance(seconds=16)
        send(clock)
        second = phone(ALICE_SMS).expect_sms()
        sms.undelivered(30004)
        assert states() == {"sms": "sent"}
        second.delivered()
        assert states() == {"sms": "delivered"}


def test_a_receipt_that_is_quicker_than_the_answer_makes_no_second_message_of_it(phone, monkeypatch):
    page(person(sms=ALICE_SMS))
    record = dispatch.record_answer

    def slow(**options):
        phone(ALICE_SMS).expect_sms().status("sent").delivered()
        return record(**options)

    monkeypatch.setattr(dispatch, "record_answer", slow)
    assert send() == 1
    assert states() == {"sms": "delivered"}
    attempt = Attempt.objects.get()
    assert attempt.body.startswith("#42")
    assert "SMS to Alice Ng (+1415…0101) handed to Twilio" in timeline()


def test_a_call_that_got_no_answer_but_left_is_not_made_again(phone):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    phone.fail_next(status=503)
    send(clock)
    row = Notification.objects.get()
    assert row.state == "pending"
    form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "sent"}
    phone.callbacks.post(phone.callbacks.address(f"/twilio/status/{row.message_id}"), form)
    clock.advance(minutes=1)
    assert send(clock) == 0


@given(before=st.sampled_from(State), news=st.lists(st.sampled_from(list(RANK)), max_size=12))
def test_in_any_order_and_however_often_the_last_word_is_the_best(before, news):
    state = before
    for one in news:
        if is_news(one, before=state):
            state = one
    if before is State.BUNDLED:
        assert state is before
    else:
        assert RANK.get(state, 0) == max([RANK.get(before, 0), *map(RANK.get, news)])


@pytest.mark.parametrize("number", [30004, 30005, 30006, 30007])
@pytest.mark.parametrize("repeat", [1, 2])
def test_what_the_carrier_will_never_take_goes_by_the_next_method(sms, mailbox, number, repeat):
    for _ in range(repeat):
        sms.undelivered(number)
    send()
    mailbox.expect_mail(to=ALICE_MAIL)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, ("undelivered", "provider")),
        ({"MessageStatus": "undelivered", "ErrorCode": "30008"}, ("undelivered", "provider")),
        ({"MessageStatus": "failed", "ErrorCode": "30007"}, ("undelivered", "message")),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, ("undelivered", "opted_out")),
        ({"MessageStatus": "failed", "ErrorCode": "30034"}, ("undelivered", "provider")),
        ({"MessageStatus": "failed", "ErrorCode": ""}, ("undelivered", "message")),
        ({"MessageStatus": "failed", "ErrorCode": "²"}, ("undelivered", "message")),
        ({"MessageStatus": "failed", "ErrorCode": "9" * 5000}, ("undelivered", "message")),
        ({"MessageStatus": "delivered"}, ("delivered", "message")),
        ({"MessageStatus": "read"}, ("delivered", "message")),
        ({"SmsStatus": "sent"}, ("sent", "message")),
        ({"CallStatus": "busy"}, ("undelivered", "message")),
        ({"CallStatus": "no-answer"}, ("undelivered", "message")),
        ({"CallStatus": "failed"}, ("undelivered", "message")),
        ({"CallStatus": "canceled"}, ("undelivered", "message")),
        ({"CallStatus": "completed"}, ("delivered", "message")),
        ({"CallStatus": "completed", "AnsweredBy": "human"}, ("delivered", "message")),
        ({"CallStatus": "completed", "AnsweredBy": "machine_start"}, ("undelivered", "message")),
        ({"CallStatus": "in-progress", "AnsweredBy": "fax"}, ("undelivered", "message")),
        ({"AnsweredBy": "human"}, None),
        ({"AnsweredBy": "unknown"}, None),
        ({"MessageStatus": "a new one"}, None),
        ({}, None),
    ],
)
def test_what_each_status_means(form, said):
    receipt = receipt_of(form)
    assert (receipt and (receipt.state, receipt.fault)) == said


@pytest.mark.parametrize("end", ["busy", "no_answer", "fails", "voicemail"])
def test_a_call_that_no_person_took_goes_another_way_at_once(phone, mailbox, end):
    alice = person(voice=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("voice", 0), ("email", 10))
    page(alice)
    send()
    getattr(phone(ALICE_SMS).expect_call(), end)()
    assert send() == 1
    mailbox.expect_mail(to=ALICE_MAIL)
    assert states() == {"voice": "undelivered", "email": "sent"}


def test_a_call_that_somebody_took_without_a_key_waits_for_its_rules(phone):
    alice = person(voice=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("voice", 0), ("email", 10))
    page(alice)
    send()
    phone(ALICE_SMS).expect_call().silent_voicemail()
    assert send() == 0
    assert states() == {"voice": "delivered", "email": "pending"}
    assert Entry.objects.get(verb="page.delivered").why.startswith("answered, and no key was pressed")


def test_of_a_message_that_is_not_ours_nothing_is_said(phone):
    answer = phone.callbacks.post(
        phone.callbacks.address(f"/twilio/status/{uuid4()}"), {"MessageSid": "SM1", "MessageStatus": "sent"}
    )
    assert answer.status == 204


def test_an_unsigned_receipt_changes_nothing(sms):
    path = f"/twilio/status/{Notification.objects.get(method__kind='sms').message_id}"
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"MessageStatus": "delivered"}).status_code == 403
    assert strict.get(path).status_code == 405
    assert strict.post(f"{path}x", {}).status_code == 404
    assert state() == "sent"
