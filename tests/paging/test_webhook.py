"""A page as JSON, to an address of the person's own."""

import hashlib
import hmac
import json
import socket
import threading
from contextlib import closing, suppress

import pytest
from django.core.management import CommandError, call_command

from paging import dispatch
from paging.actions import contacts
from paging.actions.notices import NoticeRequest, tell
from paging.channels import webhook
from paging.channels.base import ChannelError, Fault
from paging.channels.webhook import WebhookChannel
from paging.core.address import masked
from paging.core.message import Message
from paging.core.notice import Notice
from paging.models import Attempt, ContactMethod
from people.ledger.models import Entry
from tests.paging.world import APPLY, NOW, Clock, method, page, person, states, timeline

AWAY = "https://hooks.acme.example/secret-path"


def message(to: str, **changes: str) -> Message:
    values = {"text": '{"title": "Größe"}', "secret": "s3cret"} | changes
    return Message(message_id="2f1c", via="webhook", to=to, user="alice", at=NOW, **values)


def test_it_is_posted_as_it_is_and_signed(web):
    accepted = WebhookChannel().send(message(f"{web.url}/pages?team=a"))
    asked = web.expect_request()
    assert (asked.method, asked.path) == ("POST", "/pages?team=a")
    assert asked.json == {"title": "Größe"}
    assert asked.headers["Content-Type"] == "application/json; charset=utf-8"
    assert asked.headers["X-Watchbill-Delivery"] == "2f1c"
    stamp = asked.headers["X-Watchbill-Timestamp"]
    assert stamp == str(int(NOW.timestamp()))
    proof = hmac.new(b"s3cret", stamp.encode() + b"." + asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["X-Watchbill-Signature"] == f"v1={proof}"
    assert (accepted.provider, accepted.provider_id) == ("webhook", "2f1c")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_takes_it(web, status):
    web.answer_next(status, b"")
    WebhookChannel().send(message(web.url))
    web.expect_request()


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (301, Fault.MESSAGE),
        (400, Fault.MESSAGE),
        (403, Fault.MESSAGE),
        (404, Fault.MESSAGE),
        (408, Fault.TEMPORARY),
        (410, Fault.ADDRESS),
        (429, Fault.TEMPORARY),
        (500, Fault.TEMPORARY),
        (502, Fault.TEMPORARY),
    ],
)
def test_a_refusal_says_what_helps_and_nothing_of_the_path(web, status, fault):
    web.answer_next(status, b"secret-answer")
    with pytest.raises(ChannelError, match=f"127.0.0.1 answered {status}") as refused:
        WebhookChannel().send(message(f"{web.url}/secret-path"))
    web.expect_request()
    assert refused.value.fault is fault
    assert "secret" not in str(refused.value)


def test_a_redirect_is_not_followed(web):
    web.answer_next(307, Location=f"{web.url}/elsewhere")
    with pytest.raises(ChannelError, match="307"):
        WebhookChannel().send(message(web.url))
    web.expect_request(path="/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_inside_is_refused_even_if_it_stands_in_a_row(web, settings, host):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset()
    with pytest.raises(ChannelError, match="WEBHOOK_PRIVATE_HOSTS") as refused:
        WebhookChannel().send(message(f"https://{host}:{web.port}/"))
    assert refused.value.fault is Fault.MESSAGE
    web.expect_none()


def test_a_name_that_leads_inside_by_now_is_refused(web, settings, monkeypatch):
    """It was public when it was entered: what counts is the address that is connected to."""
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset()
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", web.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: inside)
    with pytest.raises(ChannelError, match="inside the network"):
        WebhookChannel().send(message("https://rebinding.example/"))
    web.expect_none()


def test_without_encryption_only_what_the_operator_allows(web, settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset()
    with pytest.raises(ChannelError, match="https://"):
        WebhookChannel().send(message("http://hooks.acme.example/"))
    web.expect_none()


def test_a_server_that_hangs_is_given_up_in_time(web, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT", 0.3)
    silence = web.hang_next()
    with pytest.raises(ChannelError, match="answer") as refused:
        WebhookChannel().send(message(web.url))
    silence.release.set()
    web.forget()
    assert refused.value.fault is Fault.TEMPORARY


def test_a_server_that_drips_headers_is_given_up_in_time(settings, monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT", 0.5)
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    listener = socket.create_server(("127.0.0.1", 0))
    pause = threading.Event()

    def drip():
        peer, _ = listener.accept()
        with suppress(OSError), closing(peer):
            while not pause.wait(0.05):
                peer.sendall(b"H")

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with pytest.raises(ChannelError, match="answer") as refused:
        WebhookChannel().send(message(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
    pause.set()
    thread.join(5)
    listener.close()
    assert refused.value.fault is Fault.TEMPORARY


def test_what_is_answered_is_not_read(web):
    web.answer_next(200, b"x" * 5_000_000)
    WebhookChannel().send(message(web.url))
    web.expect_request()


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 \r\n\r\n", b""])
def test_what_speaks_no_http_is_asked_again(settings, garbage):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        peer, _ = listener.accept()
        with suppress(OSError), closing(peer):
            peer.recv(65536)
            peer.sendall(garbage)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    with pytest.raises(ChannelError, match="did not answer") as refused:
        WebhookChannel().send(message(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
    thread.join(5)
    listener.close()
    assert refused.value.fault is Fault.TEMPORARY


def test_the_time_for_a_webhook_is_eight_seconds():
    assert webhook.TIMEOUT == 8


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "write one such as https://"),
        ("hooks.acme.example/x", "write one such as https://"),
        ("ftp://hooks.acme.example/x", "write one such as https://"),
        ("https://", "write one such as https://"),
        ("https://hooks.acme.example:99999/", "write one such as https://"),
        ("https://hooks.acme.example/\r\nX-Evil: 1", "write one such as https://"),
        ("https://hooks.acme.example/größe", "write one such as https://"),
        (f"https://hooks.acme.example/{'x' * 1000}", "write one such as https://"),
        ("https://user:word@hooks.acme.example/", "no user, password"),
        ("http://hooks.acme.example/", "without encryption"),
        ("https://127.0.0.1/", "WEBHOOK_PRIVATE_HOSTS"),
        ("https://[::1]:8443/", "WEBHOOK_PRIVATE_HOSTS"),
        ("https://169.254.169.254/latest/meta-data", "WEBHOOK_PRIVATE_HOSTS"),
        ("https://localhost/", "WEBHOOK_PRIVATE_HOSTS"),
    ],
)
def test_other_addresses_are_refused_with_what_to_write(address, sentence):
    with pytest.raises(contacts.Refused, match=sentence):
        contacts.checked_address("webhook", address)


def test_an_allowed_host_may_be_inside_and_without_encryption(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"hooks.internal", "10.0.0.7"})
    for address in ("http://hooks.internal:8080/a", "https://10.0.0.7/b"):
        assert contacts.checked_address("webhook", address) == address


def test_others_see_the_host_alone():
    assert masked(f"{AWAY}?key=1") == "https://hooks.acme.example/…"
    assert masked("https://[::1/") == "https://…"


@pytest.mark.django_db
def test_each_method_has_a_secret_of_its_own_and_the_ledger_has_neither_it_nor_the_path():
    alice, bob = person("alice", webhook=AWAY), person("bob", "Bob", webhook=AWAY)
    secrets = {method(alice, "webhook").signing_secret, method(bob, "webhook").signing_secret}
    assert len(secrets) == 2
    assert min(map(len, secrets)) >= 43
    entry = Entry.objects.order_by("id").first()
    assert entry.what == "Alice Ng can be paged by Webhook (https://hooks.acme.example/…)"
    assert not person("cy", "Cy", sms="+14155550103").contact_methods.get().signing_secret
    assert "secret-path" not in str(method(alice, "webhook"))


@pytest.mark.django_db
def test_a_new_secret_is_shown_once_and_is_on_record(capsys):
    alice = person(webhook=AWAY)
    before = method(alice, "webhook").signing_secret
    call_command("webhook_secret", "alice")
    shown = capsys.readouterr().out.strip()
    assert shown == method(alice, "webhook").signing_secret != before
    assert Entry.objects.order_by("id").last().what.startswith("Alice Ng has a new signing secret")
    assert shown not in str(list(Entry.objects.values()))


@pytest.mark.django_db
def test_which_webhook_is_asked_where_there_are_several(capsys):
    alice = person(webhook=AWAY)
    other = contacts.set_contact_method(
        user=alice, kind="webhook", address="https://other.example/x", by=APPLY, now=NOW
    )
    with pytest.raises(CommandError, match=r"https://hooks.acme.example/…, https://other.example/…"):
        call_command("webhook_secret", "alice")
    call_command("webhook_secret", "alice", "other.example")
    other.refresh_from_db()
    assert capsys.readouterr().out.strip() == other.signing_secret
    with pytest.raises(CommandError, match="Did you mean “alice”"):
        call_command("webhook_secret", "alic")


@pytest.mark.django_db(transaction=True)
def test_a_page_is_one_document_and_the_outbox_keeps_no_link_that_works(web):
    alice = person(webhook=f"{web.url}/secret-path")
    page(alice, detail={"cluster": "eu1"}, links=(("runbook", "https://wiki.example/full"),))
    dispatch.send_due(clock=Clock())
    body = web.expect_request().json
    link = body.pop("action_url")
    assert "/p/" in link
    assert body.pop("id") == str(Attempt.objects.get().notification.message_id)
    assert body == {
        "version": 1,
        "type": "page",
        "cause": "incident:42",
        "urgency": "high",
        "user": "alice",
        "at": "2026-11-21T03:00:00Z",
        "reference": "#42",
        "title": "DiskFull on db-1",
        "service": "checkout-api",
        "severity": "SEV-1",
        "because": "primary of Checkout, step 1",
        "remarks": [],
        "detail": {"cluster": "eu1"},
        "links": [{"label": "runbook", "address": "https://wiki.example/full"}],
        "url": body["url"],
    }
    assert body["url"].endswith("/incidents/42")
    kept = Attempt.objects.get().body
    assert link not in kept
    assert json.loads(kept)["title"] == "DiskFull on db-1"
    assert timeline()[-1] == "webhook to Alice Ng (http://127.0.0.1/…) handed to its server"


@pytest.mark.django_db(transaction=True)
def test_any_title_makes_one_valid_document(web):
    page(person(webhook=web.url), title='"}\r\n🔥' + "x" * 10_000, detail={"a\nb": "\uffff"})
    dispatch.send_due(clock=Clock())
    body = web.expect_request().json
    assert len(body["title"]) == 1024
    assert body["detail"] == {"a b": "?"}
    assert "/p/" in body["action_url"]


@pytest.mark.django_db(transaction=True)
def test_a_notice_is_told_too_without_a_key_to_anything(web):
    alice = person(webhook=web.url)
    notice = Notice(title="On call from Monday", lines=("Primary.",), path="/handoffs/1")
    tell(requests=[NoticeRequest(user_id=alice.pk, cause="handoff:1", run="1", notice=notice)], now=NOW)
    dispatch.send_due(clock=Clock())
    body = web.expect_request().json
    assert (body["type"], body["title"], body["lines"]) == ("notice", "On call from Monday", ["Primary."])
    assert body["url"].endswith("/handoffs/1")
    assert "action_url" not in body


@pytest.mark.django_db(transaction=True)
def test_a_page_by_chat_goes_and_stands_on_the_timeline_without_its_address(web):
    alice = person(chat=f"ntfy://{web.host}:{web.port}/secret-topic")
    page(alice)
    dispatch.send_due(clock=Clock())
    assert "/p/" in web.expect_request().json["message"]
    assert states() == {"chat": "sent"}
    assert timeline()[-1] == "chat message to Alice Ng (ntfy://…) handed to the chat service"
    assert "secret-topic" not in str(list(Entry.objects.values())) + str(list(Attempt.objects.values()))


@pytest.mark.django_db
def test_at_low_urgency_chat_and_webhooks_are_used_only_by_a_rule():
    """They may ring: what they do at night is their owner's business, and low urgency wakes nobody."""
    page(person(email="alice@acme.example", webhook=AWAY, chat="ntfys://ntfy.example/a"), urgency="low")
    assert states() == {"email": "pending"}


@pytest.mark.django_db
def test_a_kind_is_what_the_row_says():
    assert set(ContactMethod.Kind.values) == {"sms", "voice", "email", "chat", "webhook"}
