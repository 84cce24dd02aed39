"""A mail that somebody sent us: whether a person wrote it, and the one line of it that counts."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message

from paging.core.page_text import words_of

REPORT = "multipart/report"  # RFC 6522: a bounce, or a receipt for reading it
PROGRAMS = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply"})
PRECEDENCES = frozenset({"bulk", "junk", "list", "auto_reply"})
MARKS = frozenset(
    {
        "x-autoreply",
        "x-autorespond",
        "x-auto-response-suppress",
        "x-failed-recipients",
        "list-id",
        "list-unsubscribe",
    }
)
"""Headers that a person's own mail program does not write."""

NAMED = MARKS | {"auto-submitted", "precedence", "return-path"}
"""The headers that `is_automatic` asks for."""

MOST = 16_000  # characters that are looked at: the line that counts is the first
LONGEST = 160  # characters of a line: any command is shorter


@dataclass(frozen=True, kw_only=True)
class MailReply:
    """`id` is how it is known when it is posted again. `sender` is the one address of its From, in lower
    case; empty where it has none, or several: it is what the sender says, and proves nothing.
    `recipients` are all addresses it was sent to, as they were written. `headers` has those of NAMED, in
    lower case. `return_path` is None where nobody said it. `kind` is its content type. `whole` is all of it.
    """

    id: str
    sender: str
    recipients: tuple[str, ...]
    text: str = ""
    html: str = ""
    kind: str = "text/plain"
    return_path: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    whole: Message | None = field(default=None, repr=False, compare=False)


def is_automatic(mail: MailReply) -> bool:
    """Whether a program wrote it: an out-of-office answer, a ticket system, a bounce, a mailing list.

    RFC 3834 has Auto-Submitted and the empty return path; the others are older habits.
    """
    headers = mail.headers
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip()
    paths = [mail.return_path, headers.get("return-path")]
    return (
        submitted != "no"
        or headers.get("precedence", "").strip() in PRECEDENCES
        or not MARKS.isdisjoint(headers)
        or any(path is not None and not path.strip(" <>") for path in paths)
        or mail.kind == REPORT
        or mail.sender.partition("@")[0] in PROGRAMS
    )


def own_line(mail: MailReply) -> str:
    """The first line that is not empty, of the text or else of the HTML.

    Mail programs put what was answered below what is written, or above it behind a mark or a line of their
    own: then the first line is no command, and nothing further down is ever taken for one.
    """
    text = mail.text[:MOST]
    said = text if _visible(text) else words_of(mail.html, most=MOST, until_quotation=True)
    return next((line[:LONGEST] for line in map(_visible, said.splitlines()) if line), "")


def _visible(line: str) -> str:
    """Without the marks that have no width, which mail programs leave about."""
    return "".join(char for char in line if unicodedata.category(char) != "Cf").strip()
