"""Where two have to acknowledge, every way to answer says that one more is needed."""

import pytest

from escalation.models import EscalationPolicy
from tests.escalation.replies.conftest import ANA, BO
from tests.fakes.mail_provider import FakeMailProvider

MISSING = "1 of 2: one more is needed."


@pytest.fixture
def world(world):
    EscalationPolicy.objects.update(acknowledgements=2)
    return world


def paged(world, key="disk"):
    if key != "disk":
        world.wait(minutes=1)
    incident = world.alert(key)
    world.send()
    return incident


def test_by_sms(world, ana):
    incident = paged(world)
    said = f"Acknowledged #{incident.pk} disk is full. {MISSING}"
    assert ana.expect_sms("Reply 1a ack").reply("1a") == said
    incident.refresh_from_db()
    assert (incident.status, incident.answered) == ("triggered", [world.ana.pk])
    world.wait(minutes=20)
    assert "ana" not in {user for minute, user, _ in world.sent() if minute}


def test_by_sms_of_several_at_once(world, ana):
    first, second = paged(world), paged(world, "cpu")
    ana.expect_sms("disk is full")
    answer = ana.expect_sms("cpu is full").reply("ack all")
    said = f"#{first.pk}, #{second.pk}"
    assert answer == f"Acknowledged 2: {said}. Others are needed, too, for {said}."


def test_by_phone(world, phone):
    world.have_phone(world.ana, ANA, "voice")
    world.have_phone(world.bo, BO, "voice")
    incident = paged(world)
    call = phone(ANA).expect_call()
    said = f"Acknowledged number {incident.pk} disk is full. {MISSING} Goodbye."
    assert call.answer().press("4").spoken == said
    world.wait(minutes=5)
    assert phone(BO).expect_call().answer().press("4").spoken.startswith("Acknowledged number")
    incident.refresh_from_db()
    assert incident.status == "acknowledged"


def test_a_call_that_is_picked_up_too_late_says_that_they_have_answered(world, phone):
    world.have_phone(world.ana, ANA, "voice")
    incident = paged(world)
    call = phone(ANA).expect_call()
    world.acknowledge(incident, world.ana)
    assert f"You have acknowledged number {incident.pk} disk is full. {MISSING}" in call.answer().spoken


def test_by_mail(world, mailbox, settings):
    provider = FakeMailProvider()
    settings.MAIL_REPLIES = provider.settings
    incident = paged(world)
    provider.reply(mailbox.expect_mail(to="ana@example.com", containing="disk is full"), "ack")
    world.send()
    answer = mailbox.expect_mail(to="ana@example.com")
    assert f"Acknowledged #{incident.pk} disk is full. {MISSING}" in " ".join(answer.subject.split())
