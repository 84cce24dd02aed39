"""What a message says: facts in, text out.

Titles and labels come from whoever can post an alert, so nothing they contain may end a header, start a
line or become markup.
"""

import unicodedata
from dataclasses import dataclass
from html import escape

from paging.core import gsm7
from paging.core.message import Facts
from paging.core.notice import Notice

SUBJECT = 150
TITLE = 1024
SPOKEN_TITLE = 300
LABEL = 80
VALUE = 1000
DETAILS = 50
NOTICE_LINES = 200
HEAD = 40  # septets of an SMS that stay for words; a link that leaves fewer makes it a longer SMS
ELSEWHERE = "Log in to Watchbill to acknowledge."
BREAKS = frozenset({"Cc", "Zl", "Zp"})


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


def clean(text: str, *, limit: int = TITLE) -> str:
    """One line: control characters and breaks become spaces; what mail or XML cannot carry, “?”."""
    line = " ".join("".join(map(_clean_char, str(text)[: limit * 2])).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _clean_char(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in BREAKS:
        return " "
    return "?" if kind == "Cs" or ord(char) & 0xFFFE == 0xFFFE else char


def sms(facts: Facts, *, link: str, hint: str = "") -> str:
    """One GSM-7 segment where the link leaves room for words, else as few as it takes. The link is whole.

    `hint`, how to answer it, is left out where it would cost one more segment. Without a link it says
    where to look.
    """
    head = gsm7.transliterate(clean(f"{facts.reference} {_headline(facts)}"))
    tail = f"\n{link or ELSEWHERE}"
    room, with_hint = _room(gsm7.septets(tail)), f"{tail}\n{hint}"
    if hint and gsm7.septets(with_hint) + HEAD <= room + gsm7.septets(tail):
        tail, room = with_hint, room - gsm7.septets(f"\n{hint}")
    return gsm7.cut(head, to=room) + tail


def _room(taken: int) -> int:
    if taken + HEAD <= gsm7.SEGMENT:
        return gsm7.SEGMENT - taken
    segments = -(-(taken + HEAD) // gsm7.JOINED_SEGMENT)
    return max(segments, 2) * gsm7.JOINED_SEGMENT - taken


def email(facts: Facts, *, link: str, address: str) -> Mail:
    """`link` acts without a login; `address` is the cause's own page."""
    rows = [
        ("Service", facts.service),
        ("Severity", facts.severity),
        ("Why you", facts.because),
        *list(facts.detail.items())[:DETAILS],
    ]
    table = [(clean(label, limit=LABEL), clean(value, limit=VALUE)) for label, value in rows]
    links = [("Acknowledge or resolve", link), (f"All of {facts.reference}", address), *facts.links]
    links = [(clean(label, limit=LABEL), clean(target, limit=2000)) for label, target in links]
    title = clean(facts.title)
    return Mail(
        subject=clean(
            f"[{facts.severity}] {facts.service}: {facts.title} ({facts.reference})", limit=SUBJECT
        ),
        text=_as_text(title, table, links),
        html=_as_html(title, table, links),
    )


def notice_sms(notice: Notice, *, link: str) -> str:
    """As `sms`: what it is about, and where to read on."""
    tail = f"\n{link}"
    return gsm7.cut(gsm7.transliterate(clean(notice.title)), to=_room(gsm7.septets(tail))) + tail


def notice_email(notice: Notice, *, link: str) -> Mail:
    lines = [clean(line, limit=VALUE) for line in notice.lines[:NOTICE_LINES]]
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    title, label = clean(notice.title), clean(notice.label, limit=LABEL)
    return Mail(
        subject=clean(notice.title, limit=SUBJECT),
        text="\n\n".join([title, *lines, f"{label}:\n{link}"]) + "\n",
        html=f"<!doctype html><h3>{escape(title)}</h3>{said}<p>{_anchor(label, link)}</p>",
    )


def _as_text(title: str, table: list[tuple[str, str]], links: list[tuple[str, str]]) -> str:
    said = "\n".join(f"{label}: {value}" for label, value in table)
    where = "\n".join(f"{label}:\n{target}" for label, target in links)
    return f"{title}\n\n{said}\n\n{where}\n"


def _as_html(title: str, table: list[tuple[str, str]], links: list[tuple[str, str]]) -> str:
    said = "".join(
        f"<tr><th align=left>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in table
    )
    where = "".join(f"<p>{_anchor(label, target)}</p>" for label, target in links)
    return f"<!doctype html><h3>{escape(title)}</h3><table cellpadding=3>{said}</table>{where}"


def _anchor(label: str, target: str) -> str:
    """Only web addresses can be followed; anything else is shown as it is written."""
    if not target.startswith(("https://", "http://")):
        return f"{escape(label)}: {escape(target)}"
    return f'<a href="{escape(target)}">{escape(label)}</a>'


def voice(facts: Facts) -> str:
    """To be spoken where no key does anything, so it says where to acknowledge."""
    return f"{spoken(facts)} To acknowledge, open the link in your text message or email."


def spoken(facts: Facts) -> str:
    """What it is about and why this person is asked, to be spoken."""
    severity = clean(facts.severity).replace("SEV-", "severity ")
    return (
        f"This is Watchbill with a {severity} page, number {clean(facts.reference).lstrip('#')}. "
        f"{clean(facts.service, limit=LABEL)}: {clean(facts.title, limit=SPOKEN_TITLE)}. "
        f"You are asked as {clean(facts.because, limit=LABEL * 2)}."
    )


def _headline(facts: Facts) -> str:
    return f"{facts.severity} {facts.service}: {facts.title}"
