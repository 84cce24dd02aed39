"""What stands in a mail: its headers, its parts, and what no alert can make of them."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging import dispatch
from paging.actions.notices import NoticeRequest, tell
from paging.channels.base import ChannelError, Fault
from paging.channels.email import EmailChannel
from paging.core import mail
from paging.core.message import Message
from paging.core.notice import Notice
from tests.paging.world import ALICE_MAIL, NOW, Clock, facts, page, person

LINK = "https://watchbill.acme.example/p/42.1vMx2a.Q5hX0mZ8pP7J_w3kfT9-ab"
ADDRESS = "https://watchbill.acme.example/incidents/42"


class Loads(HTMLParser):
    """What a mail program would load or run by itself, and the links."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in {"img", "script", "link", "iframe", "object", "video", "audio", "form", "input"}:
            self.loaded.append(tag)
        self.loaded += [name for name in given if name in {"src", "background"} or name.startswith("on")]
        if tag == "a":
            self.links.append(given["href"])


def letter(**changes):
    values = {"subject": "s", "text": "t\n", "html": "<p>t</p>", "thread": "incident:42"} | changes
    return Message(message_id="2f1c", via="email", to=ALICE_MAIL, user="alice", at=NOW, **values)


@pytest.mark.django_db(transaction=True)
def test_mails_of_one_incident_are_one_conversation_and_ask_for_no_answer(mailbox, settings):
    settings.DEFAULT_FROM_EMAIL = "Watchbill <pager@acme.example>"
    alice = person(email=ALICE_MAIL)
    page(alice, run="1.0.1")
    page(alice, run="1.0.2")
    dispatch.send_due(clock=Clock())
    first, second = (mailbox.expect_mail(to=ALICE_MAIL).message for _ in range(2))
    assert first["References"] == second["References"] == "<incident-42@acme.example>"
    assert first["In-Reply-To"] == "<incident-42@acme.example>"
    assert first["Message-ID"] != second["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["X-Auto-Response-Suppress"] == "All"


@pytest.mark.django_db(transaction=True)
def test_nobody_leaves_a_rotation_by_a_mail_programs_button(mailbox):
    alice = person(email=ALICE_MAIL)
    page(alice)
    notice = Notice(title="On call from Monday")
    tell(requests=[NoticeRequest(user_id=alice.pk, cause="handoff:1", run="1", notice=notice)], now=NOW)
    dispatch.send_due(clock=Clock())
    for _ in range(2):
        sent = mailbox.expect_mail(to=ALICE_MAIL).message
        assert not [name for name in sent if name.lower().startswith("list-")]
        assert sent["Reply-To"] is None


def test_nothing_in_a_cause_ends_a_header(mailbox):
    EmailChannel().send(letter(thread="a:1>\r\nBcc: eve@evil.example"))
    sent = mailbox.expect_mail(to=ALICE_MAIL).message
    assert sent["Bcc"] is None
    assert sent["References"] == "<a-1-Bcc-eve-evil.example@localhost>"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "title", ["x\r\nBcc: eve@evil.example", "x\n\nbody", "x\u2028Bcc: eve@evil.example", "🔥" * 9000]
)
def test_nothing_in_a_title_ends_a_header_or_breaks_the_link(mailbox, title):
    page(person(email=ALICE_MAIL), title=title, service=title)
    dispatch.send_due(clock=Clock())
    sent = mailbox.expect_mail(to=ALICE_MAIL)
    assert sent.to == (ALICE_MAIL,)
    assert sent.message["Bcc"] is None
    assert len(sent.subject.strip()) <= 150
    (link,) = [line for line in sent.body().splitlines() if re.fullmatch(r"http\S+/p/\S+", line)]
    assert link in Loads(sent.body("html")).links


def test_one_button_stands_before_everything_that_can_be_followed():
    written = mail.page(
        facts(links=(("Runbook", "https://wiki.acme.example/disk"),)), link=LINK, address=ADDRESS
    )
    assert Loads(written.html).links == [LINK, "https://wiki.acme.example/disk", ADDRESS]
    assert ">Acknowledge</a>" in written.html
    assert written.text.index(LINK) < written.text.index("Service:")


def test_severity_service_and_why_you_stand_in_both_parts():
    written = mail.page(facts(detail={"cluster": "eu1"}), link=LINK, address=ADDRESS)
    for part in (written.text, written.html):
        for said in (
            "SEV-1",
            "checkout-api",
            "primary of Checkout, step 1",
            "cluster",
            "eu1",
            "DiskFull on db-1",
        ):
            assert said in part


def test_it_follows_the_readers_light_or_dark_mode_and_the_width_of_a_phone():
    written = mail.page(facts(), link=LINK, address=ADDRESS)
    assert '<meta name="color-scheme" content="light dark">' in written.html
    assert "@media (prefers-color-scheme:dark)" in written.html
    assert 'content="width=device-width,initial-scale=1"' in written.html


@given(said=st.text(max_size=300), label=st.text(max_size=60))
def test_nothing_is_loaded_or_run_whatever_an_alert_says(said, label):
    written = mail.page(
        facts(
            title=said,
            service=said,
            severity=said,
            because=said,
            detail={label: said},
            links=((label, said),),
        ),
        link=LINK,
        address=ADDRESS,
    )
    assert Loads(written.html).loaded == []
    told = mail.notice(Notice(title=said, lines=(said,), label=label), link=LINK)
    assert Loads(told.html).loaded == []
    assert Loads(told.html).links == [LINK]


@pytest.mark.parametrize(
    "markup", ['"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "{subject}", "{{7}}"]
)
def test_markup_stays_text(markup):
    written = mail.page(
        facts(
            title=markup, detail={markup: markup}, links=((markup, f"https://x/{markup}"), (markup, markup))
        ),
        link=LINK,
        address=ADDRESS,
    )
    assert Loads(written.html).loaded == []
    assert markup in written.text


def test_the_longest_page_is_shown_whole_by_every_mail_program():
    """Some cut a message at 102 kB, and would hide the button if it stood at the end."""
    detail = {f"label {number}": "x" * 5000 for number in range(200)}
    written = mail.page(facts(title="x" * 10_000, detail=detail), link=LINK, address=ADDRESS)
    assert len(written.html.encode()) < 102_000


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("550 5.1.1 no such user", Fault.ADDRESS),
        ("550 5.7.1 relaying denied", Fault.MESSAGE),
        ("550 unknown", Fault.MESSAGE),
        ("450 4.2.1 busy", Fault.TEMPORARY),
    ],
)
def test_a_recipient_is_refused_for_good_for_this_message_or_for_now(mailbox, answer, fault):
    mailbox.refuse_recipient(answer)
    with pytest.raises(ChannelError) as refused:
        EmailChannel().send(letter())
    assert refused.value.fault is fault
