"""From provider to provider, then from method to method: by what helps."""

from datetime import timedelta

import pytest

from paging import dispatch
from paging.actions import pages
from paging.channels.base import Accepted
from paging.channels.sms import SmsChannel
from paging.core import retry
from paging.core.delivery import LEASE
from paging.models import Attempt, Notification, Page
from people.ledger.models import Entry
from tests.paging.second import FIRST, SECOND
from tests.paging.world import ALICE_MAIL, ALICE_SMS, CAUSE, NOW, Clock, page, person, rules, states, timeline

pytestmark = pytest.mark.django_db


def send(clock: Clock | None = None) -> int:
    return dispatch.send_due(clock=clock or Clock())


def tried() -> list[tuple[str, bool]]:
    return list(Attempt.objects.order_by("pk").values_list("provider", "accepted"))


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 20003), (403, 30002), (400, 21408), (500, None), (503, None), (429, 20429)],
    ids=["auth refused", "suspended", "region", "500", "503", "429"],
)
def test_when_one_provider_fails_the_next_one_sends_it_at_once(phone, second, status, code):
    page(person(sms=ALICE_SMS))
    phone.fail_next(status=status, code=code)
    assert send() == 1
    second.expect_sms(to=ALICE_SMS, containing="DiskFull")
    sent = Notification.objects.get()
    assert (sent.state, sent.provider, sent.attempts, sent.sent_at) == ("sent", "second", 1, NOW)
    assert tried() == [("twilio", False), ("second", True)]
    failed = Entry.objects.get(verb="page.failed")
    assert failed.what == "SMS to Alice Ng (+1415…0101) not taken by Twilio; Second at once instead"
    assert failed.why.startswith("Twilio ")
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) handed to Second"


def test_what_one_provider_says_of_the_message_is_believed(phone, second):
    alice = person(sms=ALICE_SMS, voice=ALICE_SMS)
    rules(alice, ("sms", 0), ("voice", 5))
    page(alice)
    phone.fail_next(status=400, code=21602)
    assert send() == 2
    phone.expect_call(to=ALICE_SMS)
    assert states() == {"sms": "failed", "voice": "sent"}


def test_when_all_providers_fail_for_now_it_is_tried_again_where_it_was(phone, second):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    phone.fail_next(status=503)
    second.fail_next(status=503)
    assert send(clock) == 1
    waiting = Notification.objects.get()
    assert (waiting.state, waiting.provider, waiting.attempts) == ("pending", "second", 1)
    assert "not taken by Second; tried again in 2 s" in timeline()[-1]
    assert send(clock) == 0
    clock.advance(seconds=3)
    assert send(clock) == 1
    second.expect_sms(to=ALICE_SMS)
    assert tried() == [("twilio", False), ("second", False), ("second", True)]


def test_each_round_asks_every_provider_and_rounds_are_bounded(phone, second, mailbox):
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 30))
    page(alice)
    clock = Clock()
    phone.fail_next(status=503, times=retry.TRIES)
    second.fail_next(status=503, times=retry.TRIES)
    for _ in range(retry.TRIES):
        send(clock)
        clock.advance(minutes=1)
    mailbox.expect_mail(to=ALICE_MAIL)
    assert (len(phone.refused), len(second.refused)) == (retry.TRIES, retry.TRIES)
    assert states() == {"sms": "failed", "email": "sent"}
    assert clock.now < NOW + timedelta(minutes=30)


def test_one_that_may_take_it_later_is_waited_for_though_the_other_refuses_us(phone, second):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    phone.fail_next(status=503)
    second.fail_next(status=401)
    send(clock)
    assert states() == {"sms": "pending"}
    clock.advance(seconds=3)
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    assert states() == {"sms": "sent"}


def test_when_every_provider_refuses_us_the_next_method_goes_at_once(phone, second, mailbox):
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 5))
    page(alice)
    phone.fail_next(status=401, code=20003)
    second.fail_next(status=401)
    assert send() == 2
    mailbox.expect_mail(to=ALICE_MAIL)
    assert states() == {"sms": "failed", "email": "sent"}
    assert "SMS to Alice Ng (+1415…0101) failed; email at once instead" in timeline()


def test_a_worker_that_dies_at_the_second_provider_is_followed_there(phone, second, monkeypatch):
    """The row says where it was, also to a process that has seen nothing of the failure."""
    page(person(sms=ALICE_SMS))
    clock = Clock()
    phone.fail_next(status=503)
    monkeypatch.setattr("tests.paging.second.SecondSms.send", die)
    with pytest.raises(Killed):
        send(clock)
    monkeypatch.undo()
    dispatch.STANDING.forget()
    held = Notification.objects.get()
    assert (held.state, held.provider, held.lease_until) == ("claimed", "second", NOW + LEASE)
    clock.advance(seconds=16)
    monkeypatch.setattr("tests.paging.second.SecondSms.url", second.url)
    assert send(clock) == 1
    second.expect_sms(to=ALICE_SMS)
    assert tried() == [("twilio", False), ("second", True)]


class Killed(BaseException):
    """As SIGKILL: nothing of ours catches it."""


def die(*_):
    raise Killed


def test_the_second_provider_gets_a_lease_of_its_own(phone, second, settings, monkeypatch):
    """8 s of silence at the first and 8 s at the second are longer than one lease."""
    page(person(sms=ALICE_SMS))
    clock = Clock()
    seen = []

    def slow(channel, message):
        clock.advance(seconds=8)
        phone.fail_next(status=504)
        return take(channel, message)

    take = SmsChannel.send
    monkeypatch.setattr(SmsChannel, "send", slow)

    def look(channel, message):
        seen.append(Notification.objects.get().lease_until)
        return Accepted("second", "SM1")

    monkeypatch.setattr("tests.paging.second.SecondSms.send", look)
    assert send(clock) == 1
    assert seen == [NOW + timedelta(seconds=8) + LEASE]


def test_a_stop_between_two_providers_is_heard(phone, second, monkeypatch):
    page(person(sms=ALICE_SMS))
    send_it = SmsChannel.send

    def acknowledged_meanwhile(channel, message):
        pages.stop(cause=CAUSE, reason="acknowledged", now=NOW)
        return send_it(channel, message)

    monkeypatch.setattr(SmsChannel, "send", acknowledged_meanwhile)
    phone.fail_next(status=503)
    assert send() == 1
    sent = Notification.objects.get()
    assert (sent.state, sent.reason) == ("suppressed", "acknowledged")
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) not taken by Twilio; its page was stopped"


def test_a_worker_that_lost_its_claim_asks_no_second_provider(phone, second):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    slow = dispatch._claim(clock)
    clock.advance(seconds=16)
    dispatch._take_back_lost(clock())
    assert dispatch._claim(clock)
    phone.fail_next(status=503)
    dispatch.hand_over(slow, clock=clock)
    assert states() == {"sms": "claimed"}
    assert tried() == [("twilio", False)]


def test_a_provider_that_refuses_us_is_asked_last_for_a_while_and_logged_once(phone, second, caplog):
    clock = Clock()
    phone.fail_next(status=401, code=20003)
    for number in range(3):
        page(person(f"p{number}", sms=f"+1415555010{number}"), now=clock.now)
        send(clock)
        second.expect_sms(to=f"+1415555010{number}")
        clock.advance(seconds=5)
    assert len(phone.refused) == 1
    clock.advance(seconds=31)
    page(person("last", sms="+14155550109"), now=clock.now)
    send(clock)
    phone.expect_sms(to="+14155550109")
    said = [record.getMessage() for record in caplog.records]
    assert sum("provider_refuses" in line for line in said) == 1
    assert sum("provider_takes_again" in line for line in said) == 1


def test_one_provider_alone_is_asked_though_it_should_rest(phone):
    clock = Clock()
    phone.fail_next(status=401, code=20003)
    page(person(sms=ALICE_SMS))
    send(clock)
    page(person("bob", sms="+14155550102"))
    send(clock)
    phone.expect_sms(to="+14155550102")


def test_a_provider_no_longer_configured_is_the_first_again(phone, second, settings):
    page(person(sms=ALICE_SMS))
    Notification.objects.update(provider="gone")
    send()
    phone.expect_sms(to=ALICE_SMS)


def test_the_order_is_the_operators(phone, second, settings):
    settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"sms": (SECOND, FIRST)}
    page(person(sms=ALICE_SMS))
    second.fail_next(status=500)
    send()
    phone.expect_sms(to=ALICE_SMS)


def test_a_message_that_a_receipt_proves_to_have_left_is_not_sent_again(phone):
    """Twilio took it and said so to our callback; its answer to us was lost."""
    page(person(sms=ALICE_SMS))
    clock = Clock()
    claimed = dispatch._claim(clock)
    Notification.objects.update(state="delivered")
    phone.fail_next(status=503)
    dispatch.hand_over(claimed, clock=clock)
    assert states() == {"sms": "delivered"}
    clock.advance(minutes=5)
    assert send(clock) == 0
    assert Page.objects.get().unreachable_at is None


def test_an_answer_later_than_its_receipt_keeps_the_receipts_state(phone):
    page(person(sms=ALICE_SMS))
    claimed = dispatch._claim(Clock())
    Notification.objects.update(state="delivered")
    dispatch.hand_over(claimed, clock=Clock())
    phone.expect_sms(to=ALICE_SMS)
    sent = Notification.objects.get()
    assert (sent.state, sent.sent_at, sent.provider) == ("delivered", NOW, "twilio")
