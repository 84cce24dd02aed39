"""Titles come from whoever can post an alert. In no channel do they end a line, a header or a document, and
however long they are, the link that acts is whole.
"""

import re

import pytest

from paging import dispatch, links
from paging.actions.notices import NoticeRequest, tell
from paging.core import gsm7
from paging.core.notice import Notice
from paging.models import Page
from tests.paging.world import ALICE_MAIL, ALICE_SMS, NOW, Clock, page, person, states

TITLES = {
    "header": "x\r\nBcc: eve@evil.example\r\n\r\nbody",
    "separators": "x\u2028Bcc: eve@evil.example\u2029\x85\x0b\x0c\x1b[2J",
    "emoji": "🔥👩‍🚒" * 2500,
    "ten kilobytes": "disk full " * 1000,
    "no characters": "\uffff\ufdd0\U0001ffff" * 20,
    "markup": '"><script>alert(1)</script><Hangup/> @here <!channel> {"a": 1}',
}
EVIL = re.compile(r"^(Bcc:|eve@)", re.MULTILINE)


@pytest.fixture
def alice(phone, mailbox, web, settings):
    settings.PUBLIC_URL = "https://watchbill.acme.example"
    return person(
        sms=ALICE_SMS,
        voice=ALICE_SMS,
        email=ALICE_MAIL,
        chat=f"ntfy://{web.host}:{web.port}/chat",
        webhook=f"{web.url}/hook",
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_a_page_arrives_by_every_channel_with_a_link_that_acts(alice, phone, mailbox, web, title):
    page(alice, title=title, detail={title[:50]: title}, links=((title, title),))
    dispatch.send_due(clock=Clock())
    assert set(states().values()) == {"sent"}

    sms = phone.expect_sms(to=ALICE_SMS).body
    assert sms.count("\n") == (2 if "Reply 1a" in sms else 1)
    assert gsm7.septets(sms) <= gsm7.SEGMENT
    phone.expect_call(to=ALICE_SMS)
    mail = mailbox.expect_mail(to=ALICE_MAIL)
    assert mail.message["Bcc"] is None
    asked = {one.path: one for one in (web.expect_request(), web.expect_request())}
    chat = next(one.json for path, one in asked.items() if path != "/hook")
    hook = asked["/hook"].json
    for text in (sms, mail.body(), chat["title"] + "\n" + chat["message"], hook["title"]):
        assert not EVIL.search(text)
    for text in (sms, mail.body(), chat["message"], hook["action_url"]):
        (token,) = re.findall(r"https://watchbill\.acme\.example/p/(\S+)", text)
        assert links.read_page_token(token) == Page.objects.get().pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_a_notice_arrives_by_every_channel_that_does_not_ring(alice, phone, mailbox, web, title, settings):
    alice.contact_methods.filter(kind="email").update(disabled_reason="bounced")
    notice = Notice(title=title, lines=(title,) * 300, path="/handoffs/1", label=title[:90])
    tell(requests=[NoticeRequest(user_id=alice.pk, cause="handoff:1", run="1", notice=notice)], now=NOW)
    dispatch.send_due(clock=Clock())
    assert states() == {"sms": "sent", "chat": "sent", "webhook": "sent"}
    address = f"{settings.PUBLIC_URL}/handoffs/1"
    assert phone.expect_sms(to=ALICE_SMS).body.endswith(f"\n{address}")
    said = [web.expect_request().json for _ in range(2)]
    assert sorted(one.get("url", "") for one in said) == ["", address]
    assert [one["message"].endswith(address) for one in said if "message" in one] == [True]
