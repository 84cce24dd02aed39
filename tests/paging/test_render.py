import re
from html import escape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paging.core import gsm7, mail, render
from paging.core.address import masked, without
from paging.core.replies import hint
from tests.paging.world import facts

LINK = "https://watchbill.acme.example/p/42.1vMx2a.Q5hX0mZ8pP7J_w3kfT9-ab"


def test_an_sms_says_what_where_and_how_to_answer_in_one_segment():
    assert render.sms(facts(), link=LINK) == f"#42 SEV-1 checkout-api: DiskFull on db-1\n{LINK}"


@given(
    title=st.text(max_size=1100), service=st.text(min_size=1, max_size=100), link_length=st.integers(20, 119)
)
def test_any_title_fits_one_segment_with_the_whole_link(title, service, link_length):
    link = "https://w.example/p/".ljust(link_length, "x")
    text = render.sms(facts(title=title, service=service), link=link)
    assert set(text) <= gsm7.ALPHABET
    assert gsm7.septets(text) <= gsm7.SEGMENT
    assert text.endswith("\n" + link)
    assert text.count("\n") == 1


@given(title=st.text(min_size=200, max_size=300), link_length=st.integers(120, 600))
def test_a_link_too_long_for_one_segment_is_still_whole_and_leaves_room_for_words(title, link_length):
    link = "https://w.example/p/".ljust(link_length, "x")
    text = render.sms(facts(title=title), link=link)
    assert text.endswith("\n" + link)
    assert text.startswith("#42 SEV-1")
    assert (
        gsm7.septets(text) <= -(-(link_length + 1 + render.HEAD) // gsm7.JOINED_SEGMENT) * gsm7.JOINED_SEGMENT
    )


@pytest.mark.parametrize("length", [159, 160, 161])
def test_a_text_is_cut_only_where_it_does_not_fit(length):
    text = gsm7.cut("x" * length, to=160)
    assert text == ("x" * length if length <= 160 else "x" * 157 + "...")


def test_a_brace_counts_twice():
    assert gsm7.septets("DiskFull{eu1}") == 15


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Größe über Ñandú", "Größe über Ñandu"),
        ("“p99” – 3 × 10³…", '"p99" - 3 x 103...'),  # noqa: RUF001
        ("cafe\u0301 ½ 20°C", "café 1/2 20 degC"),
        ("データベース down 🔥🔥", "? down ?"),
        ("e\u200bu1", "eu1"),
    ],
)
def test_typography_becomes_what_a_phone_can_show(written, sent):
    assert gsm7.transliterate(written) == sent


@given(title=st.text(st.characters(), max_size=300))
def test_nothing_in_a_title_can_break_a_line_or_an_encoding(title):
    written = mail.page(
        facts(title=title, service=title), link=LINK, address="https://w.example/incidents/42"
    )
    assert "\n" not in written.subject
    assert "\r" not in written.subject
    assert len(written.subject) <= render.SUBJECT
    (written.subject + written.text + written.html + render.voice(facts(title=title))).encode()


def test_an_email_says_why_you_and_lists_labels_and_links():
    written = mail.page(
        facts(detail={"cluster": "eu1"}, links=(("runbook", "https://wiki.example/full"),)),
        link=LINK,
        address="https://w.example/incidents/42",
    )
    assert written.subject == "[SEV-1] checkout-api: DiskFull on db-1 (#42)"
    assert "Why you: primary of Checkout, step 1" in written.text
    assert "cluster: eu1" in written.text
    assert f"Acknowledge or resolve:\n{LINK}" in written.text
    assert "runbook:\nhttps://wiki.example/full" in written.text
    assert "All of #42:\nhttps://w.example/incidents/42" in written.text


def test_markup_and_scripts_in_an_alert_stay_text():
    written = mail.page(
        facts(
            title="<b>x</b>",
            detail={"<i>": "</td>"},
            links=(("run", "javascript:alert(1)"), ("q", 'https://x/"on=')),
        ),
        link=LINK,
        address="https://w.example/incidents/42",
    )
    assert "<b>" not in written.html
    assert "<i>" not in written.html
    hrefs = re.findall(r'href="([^"]*)"', written.html)
    assert hrefs == [LINK, "https://x/&quot;on=", "https://w.example/incidents/42"]


def test_a_call_says_where_to_acknowledge():
    spoken = render.voice(facts())
    assert "severity 1" in spoken
    assert "DiskFull on db-1" in spoken
    assert "To acknowledge, open the link" in spoken


@given(title=st.text(max_size=300))
def test_what_is_spoken_fits_into_xml(title):
    ET.fromstring(f"<Say>{escape(render.voice(facts(title=title)))}</Say>")  # noqa: S314


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+14155550101", "+1415…0101"),
        ("alice@acme.example", "a…@acme.example"),
        ("+4312345", "+4…"),
    ],
)
def test_others_see_only_enough_of_an_address_to_recognise_it(address, shown):
    assert masked(address) == shown


def test_an_sms_says_how_to_answer_it_where_that_fits():
    text = render.sms(facts(), link=LINK, hint=hint(1))
    assert text == (
        f"#42 SEV-1 checkout-api: DiskFull on db-1\n{LINK}\nReply 1a ack, 1r resolve, 1e escalate"
    )
    assert gsm7.septets(text) <= gsm7.SEGMENT


@given(title=st.text(max_size=1100), link_length=st.integers(20, 400), number=st.integers(1, 9999))
def test_how_to_answer_costs_no_further_segment_and_never_the_link(title, link_length, number):
    link = "https://w.example/p/".ljust(link_length, "x")
    bare = render.sms(facts(title=title), link=link)
    text = render.sms(facts(title=title), link=link, hint=hint(number))
    assert text.splitlines()[1] == link
    assert text.splitlines()[2:] in ([], [hint(number)])
    assert set(text) <= gsm7.ALPHABET
    assert _segments(text) <= max(_segments(bare), _fewest(link))
    if link_length <= 70:
        assert text.endswith(hint(number))
        assert _segments(text) == 1


def _fewest(link):
    """What a message with this link may take at most: its words have room for HEAD."""
    taken = len(link) + 1 + render.HEAD
    return 1 if taken <= gsm7.SEGMENT else -(-taken // gsm7.JOINED_SEGMENT)


def _segments(text):
    length = gsm7.septets(text)
    return 1 if length <= gsm7.SEGMENT else -(-length // gsm7.JOINED_SEGMENT)


def test_where_links_are_forbidden_it_says_where_to_look():
    text = render.sms(facts(title="D" * 300), link="")
    assert text.endswith("\nLog in to Watchbill to acknowledge.")
    assert gsm7.septets(text) <= gsm7.SEGMENT


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("The 'To' number +14155550101 is not reachable", "The 'To' number +1415…0101 is not reachable"),
        ("+1 (415) 555-0101, 14155550101", "+1415…0101, +1415…0101"),
        ("24155550101 is another", "24155550101 is another"),
    ],
)
def test_a_number_that_a_provider_repeats_is_masked_however_it_is_spelled(said, kept):
    assert without(said, "+14155550101") == kept


@example("", "+$@A.Ac", "")  # no number
@given(st.text(max_size=40), st.emails(), st.text(max_size=40))
def test_no_mailbox_stands_in_a_sentence_that_others_read(before, address, after):
    said = without(f"{before} {address.upper()} {after} {address}", address)
    assert address not in said
    assert masked(address) in said
