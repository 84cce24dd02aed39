"""The fakes keep their promises too: a test that relies on them must fail when it should."""

import smtplib

import pytest
import requests

from paging.channels.sms import SmsChannel
from tests.fakes.mailbox import FakeMailbox
from tests.fakes.phone import FakePhone
from tests.paging.test_channels import message

MAIL = "Subject: hello\r\nMessage-ID: <1@x>\r\n\r\nworld\r\n"


def send_mail(mailbox: FakeMailbox) -> None:
    with smtplib.SMTP(mailbox.host, mailbox.port, local_hostname="localhost") as client:
        client.sendmail("a@x.example", ["b@x.example"], MAIL)


def test_an_sms_that_nobody_expected_fails_the_test(settings):
    phone = FakePhone().__enter__()
    settings.TWILIO = phone.settings
    SmsChannel().send(message())
    with pytest.raises(AssertionError, match="Nobody expected"):
        phone.__exit__(None)


def test_a_mail_that_nobody_expected_fails_the_test():
    mailbox = FakeMailbox().__enter__()
    send_mail(mailbox)
    with pytest.raises(AssertionError, match="Nobody expected"):
        mailbox.__exit__(None)


def test_what_does_not_arrive_fails_the_test_and_says_what_did(mailbox, phone):
    send_mail(mailbox)
    with pytest.raises(AssertionError, match=r"to c@x.example .* Arrived instead: .*b@x.example"):
        mailbox.expect_mail(to="c@x.example", timeout=0.01)
    assert mailbox.expect_mail(to="b@x.example", subject="hello", containing="world").message_id == "<1@x>"
    with pytest.raises(AssertionError, match="an SMS to"):
        phone.expect_sms(to="+14155550101", timeout=0.01)
    with pytest.raises(AssertionError, match="a call to"):
        phone.expect_call(to="+14155550101", timeout=0.01)


def test_a_connection_is_kept_for_the_next_request_until_the_company_ends_it(phone):
    with requests.Session() as caller:
        caller.trust_env = False
        for _ in range(2):
            caller.post(f"{phone.url}/elsewhere")
        assert phone.connections == 1
        phone.hang_up()
        caller.post(f"{phone.url}/elsewhere")
        assert phone.connections == 2
