"""What a carrier gives back goes another way at once: the next provider, then the next method."""

from datetime import timedelta

import pytest
from django.db import transaction

from paging import dispatch
from paging.actions import going_on, pages
from paging.core.delivery import Fault
from paging.models import Attempt, Notification, Page
from tests.paging.world import ALICE_MAIL, ALICE_SMS, CAUSE, NOW, Clock, method, page, person, rules

pytestmark = pytest.mark.django_db


def send(clock):
    return dispatch.send_due(clock=clock)


def give_back(clock, fault=Fault.TEMPORARY, why="30003: the phone is switched off"):
    """As a receipt does it: the newest SMS that left comes back. What the timeline would say."""
    with transaction.atomic():
        row = Notification.objects.filter(method__kind="sms", state="sent").order_by("-pk").first()
        going_on.lock_page(row)
        row.state = "undelivered"
        row.save()
        return going_on.go_on(row, now=clock(), fault=fault, why=why)


@pytest.fixture
def alice():
    found = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(found, ("sms", 0), ("email", 5))
    return found


def test_it_goes_by_the_next_provider_at_once(phone, second, alice):
    page(alice)
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    assert give_back(clock) == "SMS by Second at once instead"
    assert send(clock) == 1
    second.expect_sms(to=ALICE_SMS)
    states = list(Notification.objects.order_by("pk").values_list("method__kind", "state", "provider"))
    assert states == [
        ("sms", "undelivered", "twilio"),
        ("email", "pending", ""),
        ("sms", "sent", "second"),
    ]
    assert len(set(Notification.objects.values_list("message_id", flat=True))) == 3


def test_each_provider_gets_it_once_and_then_the_next_method_does(phone, second, mailbox, alice):
    page(alice)
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    give_back(clock)
    send(clock)
    second.expect_sms(to=ALICE_SMS)
    assert give_back(clock) == "email at once instead"
    assert send(clock) == 1
    mailbox.expect_mail(to=ALICE_MAIL)
    assert Page.objects.get().unreachable_at is None


def test_one_that_was_asked_before_is_not_asked_again(phone, second, mailbox, alice):
    """Twilio did not take it, the second one did and gave it back."""
    page(alice)
    clock = Clock()
    phone.fail_next(status=503)
    send(clock)
    second.expect_sms(to=ALICE_SMS)
    assert give_back(clock) == "email at once instead"
    send(clock)
    mailbox.expect_mail(to=ALICE_MAIL)


def test_with_one_provider_the_next_method_goes_at_once(phone, mailbox, alice):
    page(alice)
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    assert give_back(clock) == "email at once instead"
    assert send(clock) == 1
    mailbox.expect_mail(to=ALICE_MAIL)
    assert clock.now < NOW + timedelta(minutes=5)


def test_a_message_that_no_carrier_takes_goes_by_the_next_method(phone, second, mailbox, alice):
    page(alice)
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    assert give_back(clock, Fault.MESSAGE) == "email at once instead"
    send(clock)
    mailbox.expect_mail(to=ALICE_MAIL)


def test_a_number_that_is_a_landline_is_disabled(phone, second, mailbox, alice):
    page(alice)
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    assert give_back(clock, Fault.ADDRESS, "30006: a landline") == "email at once instead"
    assert method(alice, "sms").disabled_reason == "30006: a landline"
    send(clock)
    mailbox.expect_mail(to=ALICE_MAIL, subject="#42")
    mailbox.expect_mail(to=ALICE_MAIL, subject="no longer paged")


def test_of_a_stopped_page_nothing_goes_on(phone, second, alice):
    page(alice)
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    pages.stop(cause=CAUSE, reason="acknowledged", now=NOW)
    assert give_back(clock) == going_on.STOPPED
    clock.advance(minutes=10)
    assert send(clock) == 0


def test_when_everything_came_back_the_page_has_reached_nobody(phone, second):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    send(clock)
    phone.expect_sms(to=ALICE_SMS)
    give_back(clock)
    assert Page.objects.get().unreachable_at is None
    send(clock)
    second.expect_sms(to=ALICE_SMS)
    assert give_back(clock) == "no other way is left"
    assert Page.objects.get().unreachable_at == NOW
    assert Attempt.objects.count() == 2
