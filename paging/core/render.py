"""What a message says: facts in, text out.

Titles and labels come from whoever can post an alert, so nothing they contain may end a header, start a
line or become markup.
"""

import unicodedata

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
    return sms_of(f"{facts.reference} {_headline(facts)}", link=link, hint=hint)


def _room(taken: int) -> int:
    if taken + HEAD <= gsm7.SEGMENT:
        return gsm7.SEGMENT - taken
    segments = -(-(taken + HEAD) // gsm7.JOINED_SEGMENT)
    return max(segments, 2) * gsm7.JOINED_SEGMENT - taken


def notice_sms(notice: Notice, *, link: str) -> str:
    """As `sms`: what it is about, and where to read on."""
    return sms_of(notice.title, link=link)


def sms_of(head: str, *, link: str, hint: str = "") -> str:
    """`head` as far as it fits, and the link whole; `hint` as in `sms`."""
    tail = f"\n{link or ELSEWHERE}"
    room, with_hint = _room(gsm7.septets(tail)), f"{tail}\n{hint}"
    if hint and gsm7.septets(with_hint) + HEAD <= room + gsm7.septets(tail):
        tail, room = with_hint, room - gsm7.septets(f"\n{hint}")
    return gsm7.cut(gsm7.transliterate(clean(head)), to=room) + tail


def voice(facts: Facts) -> str:
    """To be spoken where no key does anything, so it says where to acknowledge."""
    return f"{spoken(facts)} To acknowledge, open the link in your text message or email."


def spoken(facts: Facts) -> str:
    """What it is about and why this person is asked, to be spoken."""
    severity = clean(facts.severity).replace("SEV-", "severity ")
    remarks = "".join(f"{remark}. " for remark in map(clean, facts.remarks))
    return (
        f"This is Watchbill with a {severity} page, number {clean(facts.reference).lstrip('#')}. "
        f"{clean(facts.service, limit=LABEL)}: {clean(facts.title, limit=SPOKEN_TITLE)}. "
        f"{remarks}"
        f"You are asked as {clean(facts.because, limit=LABEL * 2)}."
    )


def _headline(facts: Facts) -> str:
    return f"{facts.severity} {said_of(facts)}"


def said_of(facts: Facts) -> str:
    """“checkout-api (3 alerts): DiskFull on db-1”."""
    remarks = f" ({'; '.join(facts.remarks)})" if facts.remarks else ""
    return f"{facts.service}{remarks}: {facts.title}"
