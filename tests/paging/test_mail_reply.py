"""Which line of a mail counts, and whether a person wrote it; without a database."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paging.core.mail_reply import LONGEST, MailReply, is_automatic, own_line
from paging.core.replies import Act, Reply, parse


def mail(text="", html="", **said):
    return MailReply(id="1", sender="ana@example.com", recipients=(), text=text, html=html, **said)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ack", "ack"),
        ("\r\n \r\nack\r\n> ack", "ack"),
        ("\u200b\n\ufeffack\u200b\n", "ack"),
        ("> resolve", "> resolve"),
        ("", ""),
        (" \n\t\n", ""),
        ("x" * 1000, "x" * LONGEST),
    ],
)
def test_the_first_line_that_is_not_empty_counts(text, line):
    assert own_line(mail(text)) == line


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("ack", "ack"),
        ("<div>ack</div><div>thanks</div>", "ack"),
        ("<div><br></div><p>a<i>ck</i>\n 42</p>", "ack 42"),
        ("<html><head><title>r</title><style>r {}</style></head><body>ack&nbsp;</body></html>", "ack"),
        ("<blockquote>ack</blockquote>ack", ""),
        ("<table><tr><td>ack</td><td>r</td></tr></table>", "ack"),
        ("a&#99;k", "ack"),
        ("<![if !mso]>ack<![endif]>", "ack"),
    ],
)
def test_so_it_does_where_there_is_html_only(html, line):
    assert own_line(mail(html=html)) == line


def test_text_goes_before_html():
    assert own_line(mail("ack", "<p>resolve</p>")) == "ack"


@given(st.text(), st.text(alphabet=string.printable + "<>&![]-/"))
def test_any_mail_has_one_line_or_none(text, html):
    line = own_line(mail(text, html))
    assert len(line) <= LONGEST
    assert not line or len(line.splitlines()) == 1


@given(st.text(), st.sampled_from(["ack", "resolve", "1a", "ack all"]))
def test_what_stands_below_a_line_is_never_taken_for_a_command(below, command):
    assert parse(own_line(mail(f"I am away.\n{command}\n{below}"))) is None
    assert parse(own_line(mail(f"ack\n{command}\n{below}"))) == Reply(Act.ACKNOWLEDGE)


@pytest.mark.parametrize("html", ["<!--" * 20_000, "<a " * 200_000, "<![" * 100_000, "<p>" * 300_000])
def test_html_that_is_hard_to_read_is_soon_given_up(html):
    """Measured by what is looked at, not by a clock: only the beginning."""
    assert own_line(mail(html=html)) == own_line(mail(html=html + "<p>ack</p>"))


@pytest.mark.parametrize(
    ("said", "automatic"),
    [
        ({}, False),
        ({"headers": {"auto-submitted": "no"}}, False),
        ({"headers": {"auto-submitted": "auto-replied"}}, True),
        ({"headers": {"precedence": "first-class"}}, False),
        ({"headers": {"precedence": "junk"}}, True),
        ({"return_path": "ana@example.com"}, False),
        ({"return_path": ""}, True),
        ({"return_path": "<>"}, True),
        ({"headers": {"return-path": "<>"}}, True),
        ({"headers": {"return-path": "<ana@example.com>"}}, False),
        ({"kind": "multipart/report"}, True),
        ({"kind": "multipart/alternative"}, False),
    ],
)
def test_who_wrote_it(said, automatic):
    assert is_automatic(mail("ack", **said)) is automatic


@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@mx.example", "postmaster@mx.example", "no-reply@x.example"]
)
def test_programs_have_names_of_their_own(sender):
    assert is_automatic(MailReply(id="1", sender=sender.casefold(), recipients=()))
