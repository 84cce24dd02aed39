"""What is said beside a title (“3 alerts”) is said in every kind of message, and never as markup."""

import json

import pytest

from paging.core import chat, mail, render, webhook
from paging.core.message import Facts
from tests.paging.world import facts

LINK = "https://watchbill.example/p/abc"
REMARKS = ("3 alerts", "flapping: 4th time in 24 h")
SAID = "checkout-api (3 alerts; flapping: 4th time in 24 h): DiskFull on db-1"


def in_each(said):
    letter = mail.page(said, link=LINK, address=LINK)
    return {
        "sms": render.sms(said, link=LINK),
        "voice": render.voice(said),
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "chat": chat.page(said, link=LINK).title,
        "webhook": webhook.page(said, envelope={}, link=LINK, address=LINK),
    }


def test_each_kind_of_message_says_it():
    said = in_each(facts(remarks=REMARKS))
    for kind in ("sms", "subject", "chat"):
        assert SAID in said[kind]
    assert "DiskFull on db-1. 3 alerts. flapping: 4th time in 24 h. You are asked" in said["voice"]
    assert "Note: 3 alerts; flapping: 4th time in 24 h\n" in said["text"]
    assert ">3 alerts; flapping: 4th time in 24 h</p>" in said["html"]
    assert json.loads(said["webhook"])["remarks"] == list(REMARKS)


def test_without_any_all_is_as_it_was():
    said = in_each(facts())
    assert "checkout-api: DiskFull on db-1" in said["sms"]
    assert "Note" not in said["text"]
    assert json.loads(said["webhook"])["remarks"] == []


def test_a_long_one_costs_neither_the_link_nor_a_second_sms():
    sms = render.sms(facts(title="x" * 500, remarks=REMARKS), link=LINK)
    assert sms.endswith(LINK)
    assert len(sms) <= 160


@pytest.mark.parametrize("odd", ["a\r\nBcc: x", "<b>@here</b>", "\x00"])
def test_nothing_in_one_ends_a_header_or_becomes_markup(odd):
    said = in_each(facts(remarks=(odd,)))
    assert "\n" not in said["subject"] + said["chat"]
    assert "<b>" not in said["html"]


def test_what_a_version_without_them_wrote_is_read():
    stored = facts().to_json()
    del stored["remarks"]
    assert Facts.from_json(stored) == facts()
    assert Facts.from_json(json.loads(json.dumps(facts(remarks=REMARKS).to_json()))) == facts(remarks=REMARKS)
