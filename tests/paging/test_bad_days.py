"""Whatever a provider does, what was tried stands on the timeline, and somebody is reached."""

import pytest

from paging.actions import contacts
from paging.channels import twilio_account
from paging.models import Attempt
from tests.world import MINUTE, TESTS, World

pytestmark = pytest.mark.django_db

ANA = "+14155550101"


@pytest.fixture
def world(phone, mailbox):
    """Ana, the primary, is paged by SMS, and by email after four minutes. Bo, the secondary, has email."""
    found = World()
    found.ana.contact_methods.all().delete()
    for kind, address in {"sms": ANA, "email": "ana@example.com"}.items():
        contacts.set_contact_method(user=found.ana, kind=kind, address=address, by=TESTS, now=found.now)
    contacts.set_rules(
        user=found.ana, urgency="high", rules=[("sms", 0 * MINUTE), ("email", 4 * MINUTE)], by=TESTS,
        now=found.now,
    )  # fmt: skip
    return found


def by_mail_alone(world):
    world.ana.contact_methods.filter(kind="sms").delete()
    contacts.set_rules(user=world.ana, urgency="high", rules=[], by=TESTS, now=world.now)


def settle(world, *, rounds=12):
    """A worker looks; then again at each moment at which something is due, while nobody acknowledges."""
    world.tick().tick()
    for _ in range(rounds):
        world.wait(seconds=10)


def said(world, incident):
    return [line for line in world.timeline(incident) if "SMS to Ana" in line or "email to" in line]


@pytest.mark.parametrize(
    ("status", "code"), [(500, None), (503, None), (429, 20429)], ids=["500", "503", "429"]
)
def test_one_that_stays_down_is_tried_again_and_then_the_next_method_reaches_her(
    world, phone, mailbox, status, code
):
    phone.fail_next(status=status, code=code, times=6)
    incident = world.alert()
    settle(world)
    mailbox.expect_mail(to="ana@example.com")
    lines = said(world, incident)
    assert sum("not taken by Twilio; tried again in" in line for line in lines) == 5
    assert "SMS to Ana Ruiz (+1415…0101) failed; email at once instead" in lines[-2]
    [(minute, who, via)] = world.sent()
    assert (minute < 4, who, via) == (True, "ana", "email")  # before its own time


def test_one_that_was_down_for_a_moment_sends_it_after_all(world, phone):
    phone.fail_next(status=500)
    incident = world.alert()
    world.tick().wait(seconds=5)
    phone.expect_sms(to=ANA)
    assert ["tried again in" in line for line in said(world, incident)] == [True, False]


def test_one_that_does_not_accept_our_keys_is_left_for_the_next_method_at_once(world, phone, mailbox):
    phone.fail_next(status=401, code=20003)
    incident = world.alert()
    world.tick()
    mailbox.expect_mail(to="ana@example.com")
    assert "failed; email at once instead (Twilio 20003" in said(world, incident)[0]
    assert world.sent() == [(0, "ana", "email")]


def test_one_that_hangs_is_given_up_within_its_limit_and_tried_again(world, phone, monkeypatch):
    monkeypatch.setattr(twilio_account, "TIMEOUT", (0.2, 0.2))
    silence = phone.hang_next()
    incident = world.alert()
    world.tick()
    assert silence.reached.is_set()
    assert "not taken by Twilio; tried again in 2 s (Twilio did not answer" in said(world, incident)[0]
    world.wait(seconds=5)
    phone.expect_sms(to=ANA)
    silence.release.set()
    phone.expect_sms(to=ANA)  # the one that hung: two pages beat none
    assert Attempt.objects.filter(accepted=True).count() == 1


def test_one_that_hangs_gives_way_to_the_second_provider_at_once(world, phone, second, monkeypatch):
    monkeypatch.setattr(twilio_account, "TIMEOUT", (0.2, 0.2))
    silence = phone.hang_next()
    incident = world.alert()
    world.tick()
    second.expect_sms(to=ANA)
    assert "not taken by Twilio; Second at once instead" in said(world, incident)[0]
    silence.release.set()
    phone.expect_sms(to=ANA)


def test_a_mail_server_that_refuses_for_good_and_no_other_way_reaches_the_next_step(world, phone, mailbox):
    by_mail_alone(world)
    mailbox.refuse_recipient("550 5.7.1 not from you")
    incident = world.alert()
    world.tick().tick()
    mailbox.expect_mail(to="bo@example.com")
    assert any("email to Ana Ruiz (a…@example.com) failed" in line for line in world.timeline(incident))
    assert world.sent() == [(0, "bo", "email")]


def test_a_mail_server_that_refuses_for_now_takes_it_later(world, mailbox):
    by_mail_alone(world)
    mailbox.refuse_next("451 4.3.0 try later")
    incident = world.alert()
    world.tick().wait(seconds=5)
    mailbox.expect_mail(to="ana@example.com")
    assert "tried again in" in said(world, incident)[0]


def test_what_a_provider_says_of_an_address_is_read_without_it(world, mailbox, phone):
    mailbox.refuse_recipient("550 5.7.1 <ana@example.com>: not from you")
    phone.fail_next(status=400, code=21612, message=f"The 'To' number {ANA} is not reachable")
    incident = world.alert()
    world.tick()
    whole = "\n".join(world.timeline(incident))
    assert "The mail server said: 550 5.7.1 <a…@example.com>: not from you" in whole
    assert "The 'To' number +1415…0101 is not reachable" in whole
    assert ANA not in whole
    assert "ana@example.com" not in whole
    assert not Attempt.objects.filter(error__contains="ana@example.com").exists()
