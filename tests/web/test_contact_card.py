"""One contact with all our numbers, so that a phone can let them through Do Not Disturb."""

from dataclasses import replace

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from escalation.actions import hot_lines
from tests.world import TESTS
from watchbill.mailing import Mailing
from watchbill.vcard import vcard

ADDRESS = "/contact-card.vcf"
TWILIO, TELNYX, LINE = "+15005550006", "+13125550001", "+14155550100"


@pytest.fixture
def numbers(settings):
    settings.TWILIO = settings.TWILIO | {"from_number": TWILIO}
    settings.TELNYX = settings.TELNYX | {"from_number": TELNYX}
    settings.ENV = replace(settings.ENV, mailing=Mailing(channels=("smtp",)))
    settings.DEFAULT_FROM_EMAIL = "Watchbill <pager@acme.example>"
    settings.PUBLIC_URL = "https://pager.example"


def read(content):
    """By a strict parser: one card, valid in itself."""
    (card,) = vobject.readComponents(content.decode(), validate=True)
    return card


def values(card, name):
    return [line.value for line in card.contents.get(name, ())]


def test_it_has_every_number_of_ours_and_the_mail_address(world, ana, numbers):
    hot_lines.add_hot_line(service=world.service, number=LINE, by=TESTS, now=world.now)
    answer = ana.get(ADDRESS)
    assert answer.headers["Content-Type"] == "text/vcard; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="watchbill.vcf"'
    card = read(answer.content)
    assert values(card, "version") == ["3.0"]
    assert values(card, "fn") == ["Watchbill"]
    assert values(card, "tel") == [TWILIO, TELNYX, LINE]
    assert values(card, "email") == ["pager@acme.example"]
    assert values(card, "url") == ["https://pager.example"]
    assert {"WORK", "VOICE", "MSG"} == set(card.tel.params["TYPE"])


def test_a_number_that_is_used_twice_stands_there_once(world, ana, numbers):
    hot_lines.add_hot_line(service=world.service, number=TWILIO, by=TESTS, now=world.now)
    assert values(read(ana.get(ADDRESS).content), "tel") == [TWILIO, TELNYX]


def test_the_number_of_a_line_that_was_taken_out_is_gone(world, ana, numbers):
    line = hot_lines.add_hot_line(service=world.service, number=LINE, by=TESTS, now=world.now)
    hot_lines.retire_hot_line(line=line, by=TESTS, now=world.now)
    assert LINE.encode() not in ana.get(ADDRESS).content


def test_where_nothing_of_ours_calls_or_writes_there_is_no_card(ana):
    assert ana.get(ADDRESS).status_code == 404
    assert ADDRESS not in ana.get("/reach").content.decode()


def test_the_page_of_how_one_is_reached_says_how_to_be_woken(ana, numbers):
    page = ana.get("/reach").content.decode()
    assert ADDRESS in page
    assert "Emergency Bypass" in page


def test_only_who_has_logged_in_gets_it(client, numbers, db):
    answer = client.get(ADDRESS)
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


def test_it_is_only_read(ana, numbers):
    assert ana.post(ADDRESS).status_code == 405


WORDS = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1)
    .map(str.strip)
    .filter(bool)
)


@given(WORDS, WORDS)
def test_any_name_and_note_come_back_as_they_were_and_no_line_is_too_long(name, note):
    made = vcard(name=name, numbers=[TWILIO], mails=["a@b.example"], address="https://x.example", note=note)
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    card = read(made)
    assert (card.fn.value, card.note.value) == (name, note)
    assert values(card, "tel") == [TWILIO]


@pytest.mark.parametrize("char", ["a", "ö", "€", "🔥", ","])
def test_a_long_line_goes_on_in_the_next_and_no_character_is_cut(char):
    made = vcard(name=char * 200, numbers=[], mails=[], address="https://x.example", note=char * 73)
    assert max(len(line) for line in made.split(b"\r\n")) in range(72, 76)
    assert all(line.decode() for line in made.split(b"\r\n")[:-1])
    assert (read(made).fn.value, read(made).note.value) == (char * 200, char * 73)


def test_a_line_break_in_a_note_starts_no_line_of_the_card():
    made = vcard(name="W", numbers=[], mails=[], address="https://x.example", note="a\r\nTEL:+1\nb")
    assert values(read(made), "note") == ["a\nTEL:+1\nb"]
    assert values(read(made), "tel") == []
