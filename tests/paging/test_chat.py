"""Chat and push through the real apprise, to services on the loopback."""

import gzip
import logging
import re
import sys
import threading
import tracemalloc
from pathlib import Path

import apprise
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from paging import chat
from paging.channels import chat as channel
from paging.channels.base import ChannelError, Fault
from paging.channels.chat import ChatChannel
from paging.core import chat as words
from paging.core.address import masked
from paging.core.message import Message
from paging.core.notice import Notice
from tests.paging.world import NOW, facts

NOBODY = frozenset()
FORBIDDEN = ("subprocess", "smtplib", "socket", "ctypes", "concurrent", "multiprocessing")
THREAD = re.compile(r"\bThread\(|ThreadPool|run_in_executor")
LINK = "https://watchbill.acme.example/p/42.1vMx2a.Q5hX0mZ8pP7J_w3kfT9-ab"
LOCAL = (
    *("aprs", "amqp", "amqps", "blink1", "dbus", "kde", "qt", "gio", "glib", "gnome", "growl", "irc"),
    *("ircs", "macosx", "mqtt", "mqtts", "mailto", "mailtos", "nostr", "rsyslog", "smpp", "smpps"),
    *("syslog", "windows", "xmpp", "xmpps", "vapid", "fcm"),
)


def message(to: str, **changes: str) -> Message:
    said = words.page(facts(), link=LINK)
    values = {"subject": said.title, "text": said.text, "link": LINK} | changes
    return Message(message_id="2f1c", via="chat", to=to, user="alice", at=NOW, **values)


def test_ntfy_gets_the_title_and_the_link(web):
    accepted = ChatChannel().send(message(f"ntfy://{web.host}:{web.port}/alice"))
    asked = web.expect_request()
    assert asked.json["title"] == "[SEV-1] checkout-api: DiskFull on db-1 (#42)"
    assert asked.json["message"].endswith(f"Acknowledge or resolve:\n{LINK}")
    assert accepted.provider == "apprise"


def test_mattermost_and_gotify_get_it_too(web):
    for schema, path in (("mmost", "token1"), ("gotify", "token2")):
        ChatChannel().send(message(f"{schema}://{web.host}:{web.port}/{path}"))
        assert LINK in str(web.expect_request().json)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("rocket://aaaaaaaaaaaaaaaaa/bbbbbbbbbbbbbbbbbbbbbbbb@{}/#room?mode=webhook", "text"),
        ("goalert://{}/12345678-1234-1234-1234-123456789abc", "details"),
    ],
)
def test_a_service_that_reads_markdown_gets_the_link_as_it_is(web, address, key):
    """And not https://watchbill\\.acme\\.example/..., which leads nowhere."""
    ChatChannel().send(message(address.format(f"{web.host}:{web.port}")))
    assert web.expect_request().json[key].endswith(f"Acknowledge or resolve:\n{LINK}")


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.MESSAGE),
        (401, Fault.MESSAGE),
        (404, Fault.MESSAGE),
        (410, Fault.ADDRESS),
        (429, Fault.TEMPORARY),
        (500, Fault.TEMPORARY),
        (503, Fault.TEMPORARY),
    ],
)
def test_a_refusal_says_what_helps_and_nothing_of_the_address(web, status, fault):
    web.answer_next(status)
    with pytest.raises(ChannelError, match=str(status)) as refused:
        ChatChannel().send(message(f"mmost://{web.host}:{web.port}/secret-token"))
    web.expect_request()
    assert refused.value.fault is fault
    assert "secret-token" not in str(refused.value)


def test_a_service_that_is_not_there_is_asked_again(settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with pytest.raises(ChannelError, match="no chat service answered") as refused:
        ChatChannel().send(message("ntfy://127.0.0.1:1/alice"))
    assert refused.value.fault is Fault.TEMPORARY


def test_a_service_that_hangs_is_given_up_in_time(web, monkeypatch):
    monkeypatch.setattr(channel, "TIMEOUT", 0.3)
    silence = web.hang_next()
    with pytest.raises(ChannelError, match="no answer") as refused:
        ChatChannel().send(message(f"ntfy://{web.host}:{web.port}/alice?rto=30"))
    silence.release.set()
    web.forget()
    assert refused.value.fault is Fault.TEMPORARY


def test_an_answer_that_unpacks_to_gigabytes_takes_no_memory(web):
    """Of one worker without memory after the other nobody would be paged."""
    chat.loaded()
    web.answer_next(200, gzip.compress(bytes(40_000_000)), **{"Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        accepted = ChatChannel().send(message(f"ntfy://{web.host}:{web.port}/alice"))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    web.expect_request()
    assert accepted.provider == "apprise"
    assert most < 15_000_000


def test_what_others_ask_is_read_to_its_end(web):
    chat.loaded()
    web.answer_next(200, bytes(4 * chat.LONGEST_ANSWER))
    assert len(requests.get(web.url, timeout=5).content) == 4 * chat.LONGEST_ANSWER
    web.expect_request()


def test_the_time_for_a_chat_service_is_eight_seconds():
    assert channel.TIMEOUT == 8


def test_a_service_inside_the_network_is_refused_unless_the_operator_allows_it(web, settings):
    settings.WEBHOOK_PRIVATE_HOSTS = NOBODY
    with pytest.raises(ChannelError, match="WEBHOOK_PRIVATE_HOSTS") as refused:
        ChatChannel().send(message(f"ntfy://localhost:{web.port}/alice"))
    assert refused.value.fault is Fault.MESSAGE
    web.expect_none()


def test_a_redirect_is_not_followed(web):
    web.answer_next(302, Location=f"{web.url}/elsewhere")
    with pytest.raises(ChannelError):
        ChatChannel().send(message(f"ntfy://{web.host}:{web.port}/alice?redirect=yes"))
    web.expect_request()


def test_a_file_that_an_address_names_is_not_read(web, tmp_path):
    """Even one that is stored already: what is entered is refused before."""
    template = tmp_path / "secret.json"
    template.write_text('{"stolen": "x"}')
    with pytest.raises(ChannelError):
        ChatChannel().send(message(f"workflow://{web.host}:{web.port}/flow/sig/?template={template}"))
    web.expect_none()


def test_nothing_of_an_address_is_logged(web, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    web.answer_next(500)
    with pytest.raises(ChannelError):
        ChatChannel().send(message(f"mmost://{web.host}:{web.port}/secret-token"))
    web.expect_request()
    logged = capfd.readouterr().err
    assert "secret-token" not in logged
    assert "apprise" not in logged


@pytest.mark.parametrize(
    "address",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/",
        "tgram://123456789:abcdefg_hijklmnop/12315544",
        "pover://uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ntfys://ntfy.acme.example/alice",
        "workflows://prod-12.westeurope.logic.azure.com:443/643e69f83c8944/8bf93/",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    ],
)
def test_addresses_of_known_services_are_taken_as_they_are(address):
    assert chat.checked(address, private_hosts=NOBODY) == address


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "write one such as slack://"),
        ("TIiajkdnlazkcOXrIdevi7FQ", "write one such as slack://"),
        ("ntfy://a b", "write one such as"),
        (f"ntfy://ntfy.example/{'x' * 1000}", "write one such as"),
        ("slack://", "slack address is not complete"),
        ("https://hooks.slack.com/services/T1/B1/xyz", "“https” is no chat service"),
        ("file:///etc/passwd", "“file” is no chat service"),
        ("exec://ls", "“exec” is no chat service"),
        ("json://acme.example/", "“json” is no chat service"),
        ("mastodon://token@acme.example", "“mastodon” is no chat service"),
        ("workflows://h.example:443/w/s?template=/etc/passwd", "“template” names a file"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?attach=file:///etc/passwd", "names a file"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#a?x=1&Template=/etc/passwd", "names a file"),
        ("ntfy://10.0.0.1/alice", "WEBHOOK_PRIVATE_HOSTS"),
        ("ntfy://localhost/alice", "WEBHOOK_PRIVATE_HOSTS"),
        ("mmost://169.254.169.254/token", "WEBHOOK_PRIVATE_HOSTS"),
    ],
)
def test_other_addresses_are_refused_with_what_to_write(address, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        chat.checked(address, private_hosts=NOBODY)
    assert "xyz" not in str(refused.value)
    assert "TIiaj" not in str(refused.value)


@pytest.mark.parametrize("schema", LOCAL)
def test_what_stays_on_this_machine_or_speaks_no_http_is_no_chat_service(schema):
    with pytest.raises(ValueError, match="is no chat service"):
        chat.checked(f"{schema}://localhost/", private_hosts=frozenset({"localhost"}))
    assert chat.opened(f"{schema}://localhost/") is None


def test_every_service_that_is_taken_is_apprises_and_speaks_http_alone():
    """A later apprise that moves one to another protocol, or to a thread that is not watched, fails here."""
    known = {
        schema: plugin
        for plugin in apprise.NotificationManager().plugins(include_disabled=True)
        for schema in schemas(plugin)
    }
    assert not chat.SERVICES - known.keys()
    for schema in chat.SERVICES:
        for source in sources(known[schema]):
            assert not THREAD.search(source), schema
            for word in FORBIDDEN:
                assert not re.search(rf"^\s*(import|from) {word}\b", source, re.MULTILINE), (schema, word)
        assert not known[schema].requirements.get("packages_required"), schema


def schemas(plugin):
    for named in (plugin.protocol, plugin.secure_protocol):
        yield from (named,) if isinstance(named, str) else named or ()


def sources(plugin):
    """Of the plugin's file, or of all files of its folder where it has one."""
    file = Path(sys.modules[plugin.__module__].__file__)
    alone = file.parent.name == "plugins"
    return [one.read_text() for one in ([file] if alone else sorted(file.parent.glob("*.py")))]


def test_others_see_the_service_alone():
    assert masked("slack://T1/B1/secret") == "slack://…"
    assert masked("tgram://123:secret@x/1") == "tgram://…"


def test_a_notice_says_its_lines_and_where_to_read_on():
    told = Notice(title="You are on call from Monday", lines=("Primary of Checkout.",), label="Confirm it")
    said = words.notice(told, link=LINK)
    assert said.title == "You are on call from Monday"
    assert said.text == f"Primary of Checkout.\nConfirm it:\n{LINK}"


@pytest.mark.parametrize("written", ["@everyone", "@here look", "<!channel>", "<@U123>", "(@all)"])
def test_a_title_calls_no_room_together(written):
    said = words.page(facts(title=written, because=written), link=LINK)
    for mention in ("@everyone", "@here", "<!channel", "<@U123", "@all"):
        assert mention not in said.title + said.text
    assert "mail@acme.example" in words.page(facts(title="mail@acme.example"), link=LINK).title


def test_a_title_hides_no_address_behind_a_word():
    """Markdown's [word](address), as many services show it."""
    said = words.page(facts(title="[Acknowledge](https://evil.example)"), link=LINK)
    assert "](" not in said.title
    assert "https://evil.example" in said.title


@given(title=st.text(max_size=10_000), service=st.text(max_size=300), room=st.integers(1, 4000))
def test_any_title_leaves_the_link_whole_and_fits(title, service, room):
    said = words.page(facts(title=title, service=service, because=title), link=LINK)
    short, text = words.fitted(said.title, said.text, link=LINK, room=room)
    assert text.endswith(LINK)
    assert "\n" not in short
    assert words.units(short) + words.units(text) <= max(room, words.FEWEST + 1 + len(LINK))
    (short + text).encode()


@pytest.mark.parametrize("character", ["🔥", "👩‍🚒", "é", "字"])
def test_a_cut_goes_through_no_character(character):
    cut = words.cut(character * 5000, to=99)
    assert words.units(cut) <= 99
    assert set(cut) <= {*character, "…"}


def test_text_without_a_link_is_cut_too():
    assert words.fitted("a", "b" * 100, link="", room=50) == ("a", "b" * 47 + "…")


def test_two_at_once_do_not_hear_of_each_other(web):
    """Each failure is told by its own status."""
    web.answer_next(410)
    found = []

    def send():
        try:
            ChatChannel().send(message(f"mmost://{web.host}:{web.port}/token"))
        except ChannelError as fault:
            found.append(fault.fault)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    web.expect_request()
    web.expect_request()
    assert found == [Fault.ADDRESS]
