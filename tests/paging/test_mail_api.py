"""Mail by a provider's API: the real django-anymail, and providers on the loopback."""

import json

import pytest

from paging.channels import mail_api
from paging.channels.base import ChannelError, Fault
from paging.channels.mail_api import MailApiChannel
from paging.channels.registry import channels_for
from paging.core.message import Message
from tests.paging.world import ALICE_MAIL, NOW
from watchbill import mailing
from watchbill.values import VariableError


@pytest.fixture
def provider(web, settings):
    """Takes the settings that an EMAIL_URL gives, with the provider's API on the loopback."""

    def use(url):
        settings.MAIL_API = mailing.read(f"{url}?api_url={web.url}/v3/").api
        settings.DEFAULT_FROM_EMAIL = "Watchbill <pager@acme.example>"
        return web

    return use


def message(**changes: str) -> Message:
    values = {
        "message_id": "2f1c", "via": "email", "to": ALICE_MAIL, "user": "alice", "subject": "[SEV-1] Größe",
        "text": "DiskFull https://w.example/p/42.secret",
        "html": "<h1>DiskFull</h1>", "thread": "incident:42",
    }  # fmt: skip
    return Message(at=NOW, **(values | changes))


def test_brevo_gets_the_mail_with_its_headers(provider):
    web = provider("brevo://xkeysib-Key_With-Case")
    web.answer_next(201, b'{"messageId": "<2f1c@acme.example>"}')
    accepted = MailApiChannel().send(message())
    asked = web.expect_request(path="/v3/smtp/email")
    assert asked.headers["api-key"] == "xkeysib-Key_With-Case"
    sent = asked.json
    assert sent["to"] == [{"email": ALICE_MAIL}]
    assert sent["subject"] == "[SEV-1] Größe"
    assert "DiskFull" in sent["textContent"]
    assert sent["htmlContent"] == "<h1>DiskFull</h1>"
    assert sent["headers"]["References"] == "<incident-42@acme.example>"
    assert sent["headers"]["Auto-Submitted"] == "auto-generated"
    assert sent["headers"]["Message-ID"] == "<2f1c@acme.example>"
    assert (accepted.provider, accepted.provider_id) == ("brevo", "<2f1c@acme.example>")


def test_postmark_gets_it_too_and_names_the_message(provider):
    web = provider("postmark://token-1")
    answer = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": ALICE_MAIL}
    web.answer_next(200, json.dumps(answer).encode())
    accepted = MailApiChannel().send(message())
    asked = web.expect_request(path="/v3/email")
    assert asked.headers["X-Postmark-Server-Token"] == "token-1"
    assert accepted.provider_id == "b7bc2f4a"


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.MESSAGE),
        (401, Fault.PROVIDER),
        (403, Fault.PROVIDER),
        (413, Fault.MESSAGE),
        (429, Fault.TEMPORARY),
        (500, Fault.TEMPORARY),
        (503, Fault.TEMPORARY),
    ],
)
def test_a_refusal_says_what_helps_and_nothing_of_the_key_or_the_link(provider, status, fault):
    web = provider("brevo://secret")
    web.answer_next(status, b'{"errors": [{"message": "secret"}]}')
    with pytest.raises(ChannelError, match=f"Brevo answered {status}") as refused:
        MailApiChannel().send(message())
    web.expect_request()
    assert refused.value.fault is fault
    assert "secret" not in str(refused.value)


def test_a_recipient_that_is_refused_is_this_messages_fault(provider):
    web = provider("postmark://token-1")
    answer = {"ErrorCode": 406, "Message": f"Found inactive addresses: {ALICE_MAIL}. Inactive recipients"}
    web.answer_next(422, json.dumps(answer).encode())
    with pytest.raises(ChannelError, match="Postmark") as refused:
        MailApiChannel().send(message())
    web.expect_request()
    assert refused.value.fault is Fault.MESSAGE


def test_an_answer_that_makes_no_sense_is_not_taken_for_a_success(provider):
    web = provider("postmark://token-1")
    web.answer_next(200, b"<html>a proxy</html>")
    with pytest.raises(ChannelError):
        MailApiChannel().send(message())
    web.expect_request()


def test_a_provider_that_does_not_answer_is_given_up_for_now(provider, monkeypatch):
    monkeypatch.setattr(mail_api, "TIMEOUT", (1, 0.05))
    web = provider("resend://re_1")
    silence = web.hang_next()
    with pytest.raises(ChannelError, match="Resend did not answer") as refused:
        MailApiChannel().send(message())
    silence.release.set()
    web.forget()
    assert refused.value.fault is Fault.TEMPORARY


def test_the_time_for_a_provider_is_eight_seconds():
    assert sum(mail_api.TIMEOUT) == 8


@pytest.mark.parametrize(
    ("url", "backend", "options"),
    [
        ("brevo://xkeysib-1", "brevo", {"api_key": "xkeysib-1"}),
        ("mailersend://mlsn.1", "mailersend", {"api_token": "mlsn.1"}),
        ("mailgun://Key@mg.acme.example", "mailgun", {"api_key": "Key", "sender_domain": "mg.acme.example"}),
        ("mailjet://a:b", "mailjet", {"api_key": "a", "secret_key": "b"}),
        ("postmark://AB-cd", "postmark", {"server_token": "AB-cd"}),
        ("resend://re_A%2Fb", "resend", {"api_key": "re_A/b"}),
        ("sparkpost://k", "sparkpost", {"api_key": "k"}),
    ],
)
def test_each_provider_has_a_backend_that_takes_its_keys(settings, url, backend, options):
    read = mailing.read(url)
    assert read.api["options"] == options
    assert read.api["backend"] == f"anymail.backends.{backend}.EmailBackend"
    assert read.channels == ("paging.channels.mail_api.MailApiChannel",)
    settings.MAIL_API = read.api
    assert mail_api.get_connection(read.api["backend"], **options)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("brevo://", "has not all that Brevo needs; write brevo://API_KEY"),
        ("mailgun://hush", "write mailgun://API_KEY@mail.acme.example"),
        ("mailjet://hush", "write mailjet://API_KEY:SECRET_KEY"),
        ("brevo://hush/more", "in a key write / ? # as"),
        ("brevo://hush?x=1", "in a key write / ? # as"),
        ("brevo://hush?api_url=ftp://x", "api_url of EMAIL_URL must begin with https://"),
        ("brevo://hush postmark://hush", "one mail server and one provider"),
        ("smtp://a smtp://hush", "one mail server and one provider"),
        ("sendgrid://hush", "write smtp://apikey:API_KEY@smtp.sendgrid.net:587"),
        ("ses://hush:hush", "write smtps://USER:PASSWORD@email-smtp.REGION.amazonaws.com"),
        ("smoke://hush", "or for a provider's API with brevo://"),
    ],
)
def test_a_wrong_address_is_said_without_its_key(url, sentence):
    with pytest.raises(VariableError) as refused:
        mailing.read(url)
    assert sentence in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_mail_server_and_a_provider_are_tried_in_the_order_given(settings):
    both = mailing.read("brevo://k smtp://mail.example:25")
    assert both.channels == ("paging.channels.mail_api.MailApiChannel", "paging.channels.email.EmailChannel")
    assert (both.server["EMAIL_HOST"], both.api["name"]) == ("mail.example", "brevo")
    settings.MAIL_API = both.api
    settings.PAGING_CHANNELS = {"email": both.channels}
    assert channels_for("email")[0].title == "Brevo"
