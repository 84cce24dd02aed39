"""A burst to Twilio pays for one handshake; a connection that may be stale is never relied on."""

import pytest

from paging.channels import twilio_account
from paging.channels.base import ChannelError
from paging.channels.sms import SmsChannel
from people import outbound
from tests.fakes.phone import FakePhone
from tests.paging.test_channels import message

NUMBERS = ("+14155550101", "+14155550102", "+14155550103")


def send(phone, numbers=NUMBERS):
    """As dispatch does it: what is open when a call's time is over ends with it."""
    for number in numbers:
        outbound.in_time(lambda to=number: SmsChannel().send(message(to=to)), seconds=30)
        phone.expect_sms(to=number)


def test_one_connection_carries_a_burst(phone):
    send(phone)
    assert phone.connections == 1


def test_a_refusal_costs_no_connection(phone):
    phone.fail_next(status=400, code=21211)
    with pytest.raises(ChannelError):
        SmsChannel().send(message())
    send(phone)
    assert phone.connections == 1


def test_a_connection_that_twilio_has_ended_is_not_used_again(phone):
    send(phone, NUMBERS[:1])
    phone.hang_up()
    send(phone, NUMBERS[1:])
    assert phone.connections == 2


def test_a_connection_that_has_rested_is_not_relied_on(phone, monkeypatch):
    monkeypatch.setattr(twilio_account, "KEPT", 0.0)
    send(phone)
    assert phone.connections == len(NUMBERS)


def test_after_no_answer_the_next_message_begins_anew(phone, monkeypatch):
    monkeypatch.setattr(twilio_account, "TIMEOUT", (3.0, 0.05))
    hanging = phone.hang_next()
    with pytest.raises(ChannelError, match="did not answer"):
        SmsChannel().send(message(to=NUMBERS[0]))
    hanging.release.set()
    phone.expect_sms(to=NUMBERS[0])  # it had arrived all the same
    monkeypatch.setattr(twilio_account, "TIMEOUT", (3.0, 5.0))
    send(phone, NUMBERS[1:])
    assert phone.connections == 2


def test_another_account_has_a_connection_of_its_own(phone, settings):
    send(phone)
    with FakePhone() as other:
        settings.TWILIO = other.settings
        send(other)
        assert other.connections == 1
