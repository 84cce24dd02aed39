"""A notice tells somebody something. It never rings, wakes nobody, and keeps no page waiting."""

import pytest

from paging import dispatch, selectors
from paging.actions.notices import NoticeRequest, tell
from paging.core import mail, render
from paging.core.notice import Notice
from paging.models import Attempt, Notification, Page
from people.ledger.models import Entry
from tests.paging.world import ALICE_MAIL, ALICE_SMS, NOW, Clock, page, person, rules

pytestmark = pytest.mark.django_db(transaction=True)

ON = Notice(title="You are on call: primary of Checkout", lines=("Until Monday 10:00.",), path="/handoffs/1")


def notice(user, run="on", said=ON):
    return tell(requests=[NoticeRequest(user_id=user.pk, cause="handoff:1", run=run, notice=said)], now=NOW)


def kinds():
    return list(Notification.objects.order_by("pk").values_list("method__kind", flat=True))


def test_a_notice_goes_by_mail_and_carries_no_key():
    alice = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL)
    assert notice(alice) == []
    assert kinds() == ["email"]
    dispatch.send_due(clock=Clock())
    sent = Attempt.objects.get()
    assert sent.subject == "You are on call: primary of Checkout"
    assert "Until Monday 10:00." in sent.body
    assert sent.body.rstrip().endswith("/handoffs/1")
    assert "/p/" not in sent.body


def test_a_notice_follows_the_rules_for_low_urgency_and_never_rings():
    alice = person(sms=ALICE_SMS, voice=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("voice", 0), urgency="low")
    notice(alice)
    assert kinds() == ["sms"]
    dispatch.send_due(clock=Clock())
    assert Attempt.objects.get().body.startswith("You are on call: primary of Checkout\n")


def test_whom_only_a_call_reaches_hears_of_no_notice():
    alice = person(voice=ALICE_SMS)
    assert notice(alice) == [alice.pk]
    assert not Page.objects.exists()


def test_the_same_occasion_is_told_once():
    alice = person(email=ALICE_MAIL)
    for _ in range(2):
        assert notice(alice) == []
    notice(alice, run="off")
    assert Page.objects.count() == 2
    assert Notification.objects.count() == 2


def test_a_page_leaves_before_every_notice_and_a_sender_of_pages_leaves_notices_alone():
    alice = person(email=ALICE_MAIL)
    notice(alice)
    page(alice)
    dispatch.send_due(clock=Clock(), what=(dispatch.What.PAGES,))
    assert [row.notification.page.urgency for row in Attempt.objects.all()] == ["high"]
    page(alice, run="second")
    dispatch.send_due(clock=Clock())
    assert [row.notification.page.urgency for row in Attempt.objects.order_by("pk")] == [
        "high",
        "high",
        "info",
    ]


def test_a_notice_that_fails_asks_nobody_else(settings):
    settings.PAGING_CHANNELS = {}
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    notice(alice)
    dispatch.send_due(clock=Clock())
    assert kinds() == ["email"]
    assert Page.objects.get().unreachable_at is not None
    assert selectors.unreachable_runs(limit=10) == []
    assert [row.verb for row in Entry.objects.filter(subject_type="handoff").order_by("pk")] == [
        "notice.created",
        "notice.failed",
    ]


def test_what_a_notice_says_cannot_become_markup_or_another_header():
    said = mail.notice(
        Notice(title="swap\r\nBcc: x@y", lines=("<script>alert(1)</script>",)), link="https://w.example/a"
    )
    assert "\n" not in said.subject
    assert "<script>" not in said.html


def test_an_sms_of_a_notice_keeps_its_link():
    text = render.notice_sms(Notice(title="long " * 100), link="https://watchbill.example/handoffs/123456")
    assert text.endswith("\nhttps://watchbill.example/handoffs/123456")
    assert len(text) <= 160
