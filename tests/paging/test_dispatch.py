"""How messages leave, to a real (if local) phone company and mail server."""

import json
from datetime import timedelta

import pytest

from paging import dispatch, links, selectors
from paging.actions import contacts, pages
from paging.core import retry
from paging.models import Attempt, ContactMethod, Notification, Page
from people import metrics
from people.ledger.models import Entry
from tests.paging.world import (
    ALICE_MAIL,
    ALICE_SMS,
    APPLY,
    CAUSE,
    NOW,
    Clock,
    method,
    page,
    person,
    rules,
    states,
    timeline,
)

pytestmark = pytest.mark.django_db


def send(clock: Clock | None = None) -> int:
    return dispatch.send_due(clock=clock or Clock())


def test_an_sms_leaves_with_a_link_that_acts_for_its_reader(phone):
    page(person(sms=ALICE_SMS))
    assert send() == 1
    sms = phone.expect_sms(to=ALICE_SMS, containing="#42 SEV-1 checkout-api: DiskFull on db-1")
    token = sms.body.splitlines()[1].rpartition("/p/")[2]
    assert links.read_page_token(token) == Page.objects.get().pk
    assert sms.form["ValidityPeriod"] == "600"


def test_what_the_provider_took_is_on_the_timeline_and_in_the_outbox(phone):
    page(person(sms=ALICE_SMS))
    send()
    sms = phone.expect_sms(to=ALICE_SMS)
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) handed to Twilio"
    attempt = selectors.outbox().get()
    assert (attempt.provider, attempt.provider_id, attempt.accepted, attempt.at) == (
        "twilio",
        sms.sid,
        True,
        NOW,
    )
    sent = Notification.objects.get()
    assert (sent.state, sent.sent_at, sent.attempts) == ("sent", NOW, 1)


def test_what_is_kept_of_a_message_holds_no_working_link(phone, mailbox):
    page(person(sms=ALICE_SMS, email=ALICE_MAIL))
    send()
    token = phone.expect_sms(to=ALICE_SMS).body.splitlines()[1].rpartition("/p/")[2]
    mailbox.expect_mail(to=ALICE_MAIL)
    for body in Attempt.objects.values_list("body", flat=True):
        assert f"/p/{token[:6]}…" in body
        assert token[:12] not in body


def test_without_a_provider_the_outbox_shows_a_link_that_works(capsys):
    page(person(sms=ALICE_SMS))
    send()
    printed = json.loads(capsys.readouterr().out)["outbox"]
    assert (printed["to"], printed["via"], printed["user"]) == (ALICE_SMS, "sms", "alice")
    assert Attempt.objects.get().body == printed["text"]
    assert links.read_page_token(printed["text"].rpartition("/p/")[2]) == Page.objects.get().pk
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) handed to the outbox"


def test_a_call_is_spoken(phone):
    page(person(voice=ALICE_SMS))
    send()
    phone.expect_call(to=ALICE_SMS, containing="DiskFull on db-1")


@pytest.mark.parametrize(("second", "sent"), [(119, 0), (120, 1), (121, 1)])
def test_each_message_leaves_at_its_moment(phone, second, sent):
    alice = person(voice=ALICE_SMS)
    rules(alice, ("voice", 2))
    page(alice)
    assert send(Clock(NOW + timedelta(seconds=second))) == sent
    if sent:
        phone.expect_call(to=ALICE_SMS)


def test_the_oldest_leaves_first(capsys):
    bob = person("bob", "Bob Ruiz", sms="+14155550102")
    alice = person(sms=ALICE_SMS)
    page(bob, now=NOW - timedelta(seconds=1))
    page(alice, now=NOW - timedelta(seconds=2), service="search-api")
    assert dispatch.send_due(clock=Clock(), limit=1) == 1
    assert json.loads(capsys.readouterr().out)["outbox"]["user"] == "alice"


def test_a_summary_cannot_inject_a_header(mailbox):
    title = "disk\r\nBcc: all@acme.example\r\n\r\nDear all\u2028x"
    page(person(email=ALICE_MAIL), title=title, service="a\nb")
    send()
    mail = mailbox.expect_mail(to=ALICE_MAIL)
    assert mail.to == (ALICE_MAIL,)
    assert mail.message["Bcc"] is None
    assert mail.subject == "[SEV-1] a b: disk Bcc: all@acme.example Dear all x (#42)"


def test_a_retry_after_a_temporary_failure_is_the_same_mail_again(mailbox):
    page(person(email=ALICE_MAIL))
    clock = Clock()
    mailbox.refuse_next("451 4.3.0 try later")
    send(clock)
    assert states() == {"email": "pending"}
    assert "not taken by the mail server; tried again in 2 s" in timeline()[-1]
    assert send(clock) == 0
    clock.advance(seconds=3)
    assert send(clock) == 1
    mail = mailbox.expect_mail(to=ALICE_MAIL)
    assert mail.message_id == mailbox.refused[0].message_id
    assert [attempt.accepted for attempt in Attempt.objects.order_by("pk")] == [False, True]


def test_a_provider_that_stays_down_is_given_up_for_the_next_method(phone, mailbox):
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 30))
    page(alice)
    clock = Clock()
    phone.fail_next(status=503, times=retry.TRIES)
    for _ in range(retry.TRIES):
        send(clock)
        clock.advance(minutes=1)
    assert len(phone.refused) == retry.TRIES
    mailbox.expect_mail(to=ALICE_MAIL)
    assert states() == {"sms": "failed", "email": "sent"}
    assert clock.now < NOW + timedelta(minutes=30)


def test_a_permanent_failure_goes_on_to_the_next_method_at_once(phone):
    alice = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("voice", 2), ("email", 5))
    page(alice)
    phone.fail_next(status=400, code=21602, message="Message body is required")
    assert send() == 2
    phone.expect_call(to=ALICE_SMS)
    assert states() == {"sms": "failed", "voice": "sent", "email": "pending"}
    failed = Entry.objects.get(verb="page.failed")
    assert failed.what == "SMS to Alice Ng (+1415…0101) failed; call at once instead"
    assert "Message body is required" in failed.why


def test_a_permanent_failure_of_the_only_rule_takes_every_other_method(phone, mailbox):
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0))
    page(alice)
    phone.fail_next(status=400, code=21602)
    assert send() == 2
    mailbox.expect_mail(to=ALICE_MAIL)
    assert states() == {"sms": "failed", "email": "sent"}


def test_when_the_last_method_failed_the_timeline_says_so(phone):
    page(person(sms=ALICE_SMS))
    phone.fail_next(status=400, code=21211)
    assert send() == 1
    assert timeline()[-1] == "SMS to Alice Ng (+1415…0101) failed; no other way is left"


def test_a_method_disabled_after_the_page_is_not_used(mailbox, phone):
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 5))
    page(alice)
    contacts.disable_contact_method(method=method(alice, "sms"), reason="lost phone", by=APPLY, now=NOW)
    assert send() == 2
    mailbox.expect_mail(to=ALICE_MAIL)
    assert states() == {"sms": "failed", "email": "sent"}
    assert not Attempt.objects.filter(notification__method__kind="sms").exists()


def test_a_method_no_longer_verified_is_not_used(phone):
    page(person(sms=ALICE_SMS))
    ContactMethod.objects.update(verified_at=None)
    send()
    assert states() == {"sms": "failed"}


def test_after_a_stop_nothing_leaves(phone, mailbox):
    page(person(sms=ALICE_SMS, email=ALICE_MAIL))
    pages.stop(cause=CAUSE, reason="acknowledged", now=NOW)
    assert send() == 0


def test_a_stop_while_a_try_is_under_way_ends_the_tries(phone):
    page(person(sms=ALICE_SMS, email=ALICE_MAIL))
    clock = Clock()
    phone.fail_next(status=503)
    dispatch.send_due(clock=clock, limit=1)
    Page.objects.update(stopped_at=NOW, stop_reason="resolved")  # committed while the provider was asked
    clock.advance(minutes=1)
    assert send(clock) == 0
    assert set(Notification.objects.values_list("state", "reason")) == {("suppressed", "resolved")}


def test_a_permanent_failure_of_a_stopped_page_pages_nobody_instead(phone, monkeypatch):
    alice = person(sms=ALICE_SMS)
    page(alice)
    contacts.set_contact_method(user=alice, kind="email", address=ALICE_MAIL, by=APPLY, now=NOW)
    phone.fail_next(status=400, code=21602)
    check = dispatch._check

    def stopped_meanwhile(claimed: Notification) -> None:
        Page.objects.update(stopped_at=NOW, stop_reason="resolved")
        check(claimed)

    monkeypatch.setattr(dispatch, "_check", stopped_meanwhile)
    send()
    assert states() == {"sms": "failed"}


def test_a_channel_that_breaks_is_tried_again_and_holds_up_nobody(settings, mailbox):
    settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"sms": (f"{__name__}.BrokenChannel",)}
    page(person(sms=ALICE_SMS, email=ALICE_MAIL))
    assert send() == 2
    mailbox.expect_mail(to=ALICE_MAIL)
    assert states() == {"sms": "pending", "email": "sent"}
    assert "its battery is empty" in Notification.objects.get(state="pending").reason


class BrokenChannel:
    provider = "broken"
    title = "nobody"

    def send(self, message: object) -> None:
        raise LookupError("its battery is empty")


def test_facts_that_cannot_be_read_hold_up_nobody(mailbox):
    page(person(sms=ALICE_SMS))
    Page.objects.update(facts={"written by": "another version"})
    page(person("bob", "Bob Ruiz", email="bob@acme.example"))
    assert send() == 2
    mailbox.expect_mail(to="bob@acme.example")


def test_attempts_and_delays_are_measured(phone):
    page(person(sms=ALICE_SMS))
    attempts = metrics.ATTEMPTS.labels(provider="twilio", outcome="temporary")
    delays = metrics.SEND_DELAY.labels(kind="sms")
    before = attempts._value.get(), delays._sum.get()
    phone.fail_next(status=503)
    clock = Clock(NOW + timedelta(seconds=1))
    send(clock)
    clock.advance(seconds=4)
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    assert attempts._value.get() == before[0] + 1
    assert 1 <= delays._sum.get() - before[1] <= 3
