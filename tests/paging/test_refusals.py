"""A number that does not exist, or whose owner said STOP: used no more, and its owner is told."""

import pytest

from paging import dispatch
from paging.actions import contacts, refusals
from paging.models import ContactMethod, Notification, Page
from people import actions as people
from people.ledger.models import Entry
from tests.paging.world import ALICE_MAIL, ALICE_SMS, APPLY, NOW, Clock, method, page, person, rules

pytestmark = pytest.mark.django_db

BOSS_MAIL = "mia@acme.example"


def send(clock: Clock | None = None) -> int:
    return dispatch.send_due(clock=clock or Clock())


@pytest.fixture
def alice():
    found = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL)
    rules(found, ("sms", 0), ("voice", 5))
    return found


@pytest.mark.parametrize("code", [21211, 21614])
def test_an_address_at_which_nobody_is_reached_is_disabled_and_the_next_method_goes_at_once(
    phone, mailbox, alice, code
):
    page(alice)
    phone.fail_next(status=400, code=code)
    assert send() == 3
    phone.expect_call(to=ALICE_SMS)
    sms = method(alice, "sms")
    assert sms.disabled_reason.startswith(f"Twilio {code}: this ")
    assert not method(alice, "voice").disabled_reason
    entry = Entry.objects.get(verb="contact_method.disabled")
    assert (entry.actor_name, entry.subject_id) == ("Watchbill", alice.pk)
    assert entry.what == "Alice Ng is no longer paged by SMS (+1415…0101)"
    mail = mailbox.expect_mail(to=ALICE_MAIL, subject="Alice Ng is no longer paged by SMS at +1415…0101")
    assert "Enter an address that works" in mail.body()


def test_the_next_page_does_not_try_it_again(phone, mailbox, alice):
    page(alice)
    phone.fail_next(status=400, code=21211)
    send()
    phone.expect_call(to=ALICE_SMS)
    mailbox.expect_mail(to=ALICE_MAIL)
    page(alice, run="second")
    assert not Page.objects.get(run="second").notifications.filter(method__kind="sms").exists()
    assert len(phone.refused) == 1


def test_who_said_stop_is_told_by_another_way_how_to_come_back_and_so_are_the_managers(phone, mailbox, alice):
    mia, bo = person("mia", "Mia Falk", email=BOSS_MAIL), person("bo", "Bo Lind", email="bo@acme.example")
    team = people.create_team(name="Payments", by=APPLY, now=NOW)
    members = {alice: "responder", mia: "manager", bo: "responder"}
    people.set_members(team=team, members=members, by=APPLY, now=NOW)
    page(alice)
    phone.fail_next(status=400, code=21610)
    assert send() == 4
    phone.expect_call(to=ALICE_SMS)
    assert method(alice, "sms").disabled_reason == refusals.OPTED_OUT
    for address in (ALICE_MAIL, BOSS_MAIL):
        mail = mailbox.expect_mail(to=address, subject="Alice Ng is no longer paged by SMS at +1415…0101")
        assert "send START from that phone" in mail.body()


def test_a_number_that_two_people_share_is_disabled_for_both(phone, mailbox, alice):
    bob = person("bob", "Bob Ruiz", sms=ALICE_SMS, email="bob@acme.example")
    page(alice)
    phone.fail_next(status=400, code=21610)
    send()
    phone.expect_call(to=ALICE_SMS)
    mailbox.expect_mail(to=ALICE_MAIL)
    mailbox.expect_mail(to="bob@acme.example", subject="Bob Ruiz is no longer paged")
    assert method(bob, "sms").disabled_reason == refusals.OPTED_OUT


def test_after_it_was_entered_again_the_next_refusal_is_told_again(phone, mailbox, alice):
    for number in range(2):
        contacts.set_contact_method(user=alice, kind="sms", address=ALICE_SMS, by=APPLY, now=NOW)
        page(alice, run=f"run-{number}")
        phone.fail_next(status=400, code=21610)
        dispatch.send_due(clock=Clock(NOW.replace(minute=number)))
        phone.expect_call(to=ALICE_SMS)
        mailbox.expect_mail(to=ALICE_MAIL)
    assert Entry.objects.filter(verb="contact_method.disabled").count() == 2


def test_what_else_waits_for_a_disabled_number_goes_another_way(phone, mailbox, alice):
    page(alice)
    page(alice, run="second", service="another")
    phone.fail_next(status=400, code=21211)
    clock = Clock()
    send(clock)
    phone.expect_call(to=ALICE_SMS)
    mailbox.expect_mail(to=ALICE_MAIL)
    clock.advance(minutes=1)  # as a phone takes a call a minute
    send(clock)
    phone.expect_call(to=ALICE_SMS)
    assert Notification.objects.filter(method__kind="sms", state="failed").count() == 2
    assert len(phone.refused) == 1


def test_a_second_word_about_a_disabled_number_tells_nobody_again(alice):
    sms = method(alice, "sms")
    for _ in range(2):
        refusals.disable_refused(method=sms, fault=refusals.Fault.OPTED_OUT, why="STOP", now=NOW)
    assert Page.objects.count() == 1
    assert ContactMethod.objects.exclude(disabled_reason="").count() == 1
