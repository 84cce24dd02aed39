"""What a chat or push message says: a title, a few lines, and the link that acts, which is never cut.

Services differ in how long a message may be and in what they make of a word in it: a title from an alert
must not call a whole room together, nor show “Acknowledge” as a link of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from paging.core.message import Facts
from paging.core.notice import Notice
from paging.core.render import clean, said_of

TITLE = 200
LINE = 300
NOTICE_LINES = 12
FEWEST = 40  # characters that stay for words, however long the link is
MORE = "…"
MARKED = re.compile(r"(?<!\w)@(?=\w)|<(?=[@!#&])|\](?=\()")  # mentions, and words that hide where they lead
APART = "\u200b"  # no width: what it parts is read as before, and means no more than that


@dataclass(frozen=True)
class Chat:
    """`text` ends with the link."""

    title: str
    text: str


def page(facts: Facts, *, link: str) -> Chat:
    """`link` acts without a login."""
    title = f"[{facts.severity}] {said_of(facts)} ({facts.reference})"
    lines = [f"Why you: {_quiet(facts.because, limit=LINE)}", f"Acknowledge or resolve:\n{link}"]
    return Chat(_quiet(title, limit=TITLE), "\n".join(lines))


def notice(told: Notice, *, link: str) -> Chat:
    lines = [_quiet(line, limit=LINE) for line in told.lines[:NOTICE_LINES]]
    where = f"{_quiet(told.label, limit=LINE)}:\n{link}"
    return Chat(_quiet(told.title, limit=TITLE), "\n".join([*lines, where]))


def many(title: str, said: Sequence[str], *, link: str) -> Chat:
    """A line for each of many pages; `link` acts on all of them."""
    lines = [_quiet(line, limit=LINE) for line in said[:NOTICE_LINES]]
    if len(said) > NOTICE_LINES:
        lines.append(f"and {len(said) - NOTICE_LINES} more")
    return Chat(_quiet(title, limit=TITLE), "\n".join([*lines, f"Acknowledge them all:\n{link}"]))


def _quiet(text: str, *, limit: int) -> str:
    """One line that mentions nobody and links nowhere but where it says."""
    return MARKED.sub(rf"\g<0>{APART}", clean(text, limit=limit))


def fitted(title: str, text: str, *, link: str, room: int) -> tuple[str, str]:
    """Title and text in at most `room` UTF-16 units together; words give way, first those before the link.

    Where the link alone is longer, a short title stays and the link is whole all the same.
    """
    spare = max(room - units(link) - 1, FEWEST)
    words = text.removesuffix(link).rstrip() if link else text
    title = cut(title, to=spare)
    left = spare - units(title)
    kept = cut(words, to=left) if left > len(MORE) else ""
    return title, f"{kept}\n{link}".strip() if link else kept


def cut(text: str, *, to: int) -> str:
    """`text` in at most `to` units, never through the middle of a character."""
    if units(text) <= to:
        return text
    kept = text.encode("utf-16-le")[: 2 * max(to - len(MORE), 0)].decode("utf-16-le", errors="ignore")
    return f"{kept.rstrip()}{MORE}"


def units(text: str) -> int:
    """The length as most services count it: an emoji is two."""
    return len(text.encode("utf-16-le", errors="replace")) // 2
