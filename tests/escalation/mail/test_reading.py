"""Whatever a mail is, it is read: what cannot be is left out, and the rest is an alert."""

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.sources.event import Action, check_storable
from escalation.sources.mail import mark, parse, passed_over
from escalation.sources.mail_parts import MOST_TEXT, decoded, read

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


def event(content, **said):
    (found,) = parse(read(content if isinstance(content, bytes) else content.encode()), now=NOW, **said)
    return found


def lines(*headers, text="it is at 99 %"):
    return "\r\n".join([*headers, "", text])


def test_our_headers_win_over_the_subject():
    found = event(
        lines(
            "From: Cron <root@db1.example>",
            "Subject: RESOLVED: disk full",
            "X-Watchbill-Action: trigger",
            "X-Watchbill-Severity: P3",
            "X-Watchbill-Dedup-Key: disk/db1",
            "X-Watchbill-Label-Cluster: eu1",
            "X-Watchbill-Link-Runbook: https://wiki.example/disk",
            "X-Watchbill-Link-Bad: javascript:alert(1)",
        )
    )
    assert (found.action, found.severity, found.word) == (Action.TRIGGER, "SEV-3", "p3")
    assert found.dedup_key == "disk/db1"
    assert found.labels == {"from": "root@db1.example", "cluster": "eu1"}
    assert found.links == (("runbook", "https://wiki.example/disk"),)


def test_the_first_addresses_of_its_text_are_links():
    text = "See (https://graf.example/d/1?a=b), http://x.example/2. https://x.example/3 https://x.example/4"
    assert [address for _, address in event(lines("Subject: x", text=text)).links] == [
        "https://graf.example/d/1?a=b",
        "http://x.example/2",
        "https://x.example/3",
    ]


def test_a_word_that_is_no_action_pages_rather_than_is_lost():
    found = event(lines("Subject: x", "X-Watchbill-Action: resolv", "X-Watchbill-Severity: purple"))
    assert (found.action, found.severity, found.word) == (Action.TRIGGER, "SEV-2", "purple")


def test_what_stands_behind_a_plus_and_is_no_action_is_a_label():
    assert event(lines("Subject: x"), tag="db1").labels == {"tag": "db1"}


@pytest.mark.parametrize(
    ("date", "began"),
    [
        ("Mon, 02 Mar 2026 10:59:00 +0100", NOW - timedelta(minutes=1)),
        ("Mon, 02 Mar 2026 09:59:00", NOW - timedelta(minutes=1)),
        ("Wed, 25 Feb 2026 10:00:00 +0000", NOW - timedelta(days=5)),
        ("Wed, 25 Feb 2026 09:59:59 +0000", None),
        ("Mon, 02 Mar 2026 10:05:01 +0000", None),
        ("Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("yesterday", None),
        ("Mon, 99 Mar 2026 10:00:00 +9999", None),
    ],
)
def test_it_began_at_its_date_unless_that_is_far_off(date, began):
    assert event(lines(f"Date: {date}", "Subject: x")).began_at == began


def test_zabbix_says_in_the_text_what_somebody_did():
    def said(text):
        return parse(read(lines("Subject: Updated problem in 3m: CPU", text=text).encode()), now=NOW)

    (acknowledged,) = said("Ana Ruiz acknowledged problem at 2026.03.02 10:00:00.")
    assert (acknowledged.action, acknowledged.dedup_key) == (Action.ACKNOWLEDGE, "email:cpu")
    assert said("Ana Ruiz commented problem at 2026.03.02 10:00:00.") == []
    assert said("Ana Ruiz unacknowledged problem at 2026.03.02 10:00:00.") == []


def test_html_is_read_where_there_is_no_text():
    mail = EmailMessage()
    mail["Subject"] = "x"
    mail.set_content(
        "<head><style>p {}</style></head><body><p>Disk &amp; CPU<br>1 < 2</p><blockquote>db1</blockquote>",
        subtype="html",
    )
    assert event(mail.as_bytes()).payload["mail_text"] == "Disk & CPU\n1 < 2\ndb1"


def test_the_text_is_cut_and_what_is_attached_is_named():
    mail = EmailMessage()
    mail["Subject"] = "x"
    mail.set_content("line\n" * 50_000)
    inside = EmailMessage()
    inside["Subject"] = "RESOLVED: another"
    inside.set_content("not ours")
    mail.add_attachment(inside)
    mail.add_attachment(b"x" * 3000, maintype="application", subtype="pdf", filename="grüße.pdf")
    found = event(mail.as_bytes())
    assert len(found.payload["mail_text"]) == MOST_TEXT
    assert found.summary == "x"
    assert [(one["name"], one["type"]) for one in found.payload["attachments"]] == [
        ("", "message/rfc822"),
        ("grüße.pdf", "application/pdf"),
    ]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("=?utf-8?B?U3TDtnJ1bmc=?=", "Störung"),
        ("=?iso-8859-1?Q?St=F6rung_an?= =?iso-8859-1?Q?_db1?=", "Störung an db1"),
        ("=?UTF-8?Q?St=C3?= =?UTF-8?Q?=B6rung?=", "Störung"),  # cut within a letter
        ("=?utf-8?B?U3TD?=\r\n =?utf-8?B?tnJ1bmc=?=", "Störung"),
        ("=?utf-8*de?Q?=C3=BC?= ok", "ü ok"),
        ("=?nonsense?Q?a=C3=BC?=", "aü"),
        ("=?unicode_escape?Q?=5Cud800?=", "\\ud800"),
        ("=?utf-8?B?!?=", ""),
        ("a\x00b\x1b[31m\r\n  c", "ab[31m c"),
    ],
)
def test_encoded_headers(header, said):
    assert decoded(header) == said


@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "rot13", "unicode_escape", "utf-7", '"', "é"])
def test_any_charset_is_read_somehow(charset):
    head = f'Subject: x\r\nContent-Type: text/plain; charset="{charset}"\r\n\r\n'
    check_storable(dict(event(head.encode() + b"a+2AA-b \\ud800\xff\r\n").payload))


def test_a_mail_that_comes_twice_is_known_again_and_another_is_not():
    one = lines("Message-ID: <1@x>", "Subject: x")
    assert mark(read(one.encode())) == mark(read(f"Received: by y\r\n{one}".encode())) != ""
    assert mark(read(lines("Message-ID: <1@x>", "Subject: y").encode())) != mark(read(one.encode()))
    assert mark(read(lines("Subject: x").encode())) == ""


def test_a_report_of_a_mail_that_did_not_arrive_is_no_alert():
    report = lines("Subject: Undelivered", 'Content-Type: multipart/report; boundary="b"', text="--b--")
    assert passed_over(read(report.encode()), ours="")
    listed = lines("Subject: Disk full", "Precedence: bulk", "In-Reply-To: <1@sentry.example>")
    assert not passed_over(read(listed.encode()), ours="")
    assert passed_over(read(lines("Subject: Re: Disk full", "Precedence: bulk").encode()), ours="")


def nested(depth):
    heads = (f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return "Subject: deep\r\n" + "".join(heads) + "Content-Type: text/plain\r\n\r\nat the bottom\r\n"


BOMBS = {
    "nested parts": nested(5000),
    "lines in nested parts": nested(400) + "x\r\n" * 1_000_000,
    "many parts": "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + "--b\r\n\r\nx\r\n" * 100_000,
    "many headers": "Subject: x\r\n" + "X-Watchbill-Label-A: b\r\n" * 100_000 + "\r\n",
    "ten megabytes of headers": "Subject: x\r\n" + "a:\n" * 3_300_000,
    "many labels": "Subject: x\r\n" + "".join(f"X-Watchbill-Label-{n}: b\r\n" for n in range(50_000)),
    "a long header": "Subject: " + "=?utf-8?Q?=C3=BC?= " * 100_000 + "\r\n\r\n",
    "a header of folds": "Subject: x" + "\r\n y" * 200_000 + "\r\n\r\n",
    "brackets": "Subject: " + "[" * 100_000 + "\r\nFrom: " + "(" * 100_000 + "\r\n\r\n",
    "brackets that close": "Subject: " + "[OK] " * 50_000 + "\r\nFrom: " + "()" * 50_000 + "\r\n\r\n",
    "parameters": "Subject: x\r\nContent-Type: text/plain" + "; a*0=b" * 100_000 + "\r\n\r\nx",
    "HTML comments": "Subject: x\r\nContent-Type: text/html\r\n\r\n<body>" + "<!--" * 100_000,
    "HTML tags": "Subject: x\r\nContent-Type: text/html\r\n\r\n<body>" + "<a " * 100_000,
    "HTML declarations": "Subject: x\r\nContent-Type: text/html\r\n\r\n<body>" + "<![" * 100_000,
    "HTML references": "Subject: x\r\nContent-Type: text/html\r\n\r\n<body>" + "&#" * 100_000,
    "punycode": "Subject: x\r\nContent-Type: text/plain; charset=punycode\r\n\r\n" + "a-b9" * 60_000,
    "spaces": "Subject: x" + " " * 200_000 + "y\r\n\r\n" + " " * 400_000 + "\n" * 400_000 + "x",
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_made_to_choke_on_is_read_in_time(name):
    began = process_time()
    found = event(BOMBS[name].encode())
    check_storable({**found.payload, "labels": dict(found.labels), "links": list(found.links)})
    assert process_time() - began < 5  # quadratic would be minutes
    assert found.summary


PIECES = st.sampled_from(
    [
        b"Subject: ", b"From: ", b"Date: ", b"X-Watchbill-Label-x: ", b"X-Watchbill-Link-x: https://x",
        b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: text/html; charset=",
        b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: x-uuencode\r\n", b"Content-Disposition: attachment; filename*0*=",
        b"\r\n", b"\r\n\r\n", b"\n", b"--b\r\n", b"--b--", b"=?utf-8?B?", b"=?", b"?=", b"<", b">", b"\x00",
        b"\xff\xfe", b"\xed\xa0\x80", b"begin 644 x\n", base64.b64encode(b"text"),
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=20), max_size=60).map(b"".join))
def test_anything_at_all_is_read_and_can_be_stored(content):
    mail = read(content, return_path="a@b.example")
    mark(mail)
    passed_over(mail, ours="x")
    for found in parse(mail, tag="x", secrets=(KEY,), now=NOW):
        kept = [dict(found.payload), dict(found.labels), [list(one) for one in found.links], found.summary]
        check_storable(kept)
        f"{kept} {found.source} {found.word}".encode()
        assert 0 < len(found.dedup_key) <= 255
        assert found.began_at is None or found.began_at.tzinfo is UTC
