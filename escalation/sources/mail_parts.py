"""A mail as it came, and what can be read of it: headers, text, names of what is attached.

Whoever knows an address may send anything to it, and a mail that is broken may still be the only one that
says so. So nothing in here is refused: what cannot be read is left out, and the rest is an alert.
"""

import binascii
import codecs
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from typing import Any

from paging.core.page_text import words_of

MOST_HEADERS, LONGEST_HEADER = 500, 4000
MOST_PARTS = 100
MOST_LINES, MOST_BOUNDARIES, MOST_MULTIPARTS, READ_OF_SUCH = 200_000, 10_000, 20, 128 * 1024
"""Of a mail with more lines, more of them that may part it, or more parts in parts, so many bytes are read:
each header and each part takes memory, and each line is held against every part that it is in. The lines of
the largest attachment are fewer.
"""
MOST_TEXT = 16_000  # characters of the text that are kept
READ_TEXT, READ_HTML = 256 * 1024, 64_000  # bytes of a part, and characters of a page, that are looked at
MOST_ATTACHMENTS = 20
LONGEST_NAME = 200

NO_TEXT = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})
"""Charsets by Python's book that no mail is written in, and some of which take long to read."""

_WORD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[^?]{0,20})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?)")
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MANY_EMPTY = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True)
class Attachment:
    """`size` is in bytes, about; nothing else of it is kept."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What one mail says. `headers` have their names in lower case; of several alike the first counts.
    `return_path` is whom the envelope names as its sender: empty for a mail that nobody may answer, None
    where nobody said. `kind` is its content type.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    kind: str = "text/plain"
    return_path: str | None = None

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


class _Clipped(Compat32):
    """Headers as they stand, and none so long that it takes minutes to take apart."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines[:MOST_HEADERS])
        return name, value[:LONGEST_HEADER]


POLICY = _Clipped()


def read(content: bytes, *, return_path: str | None = None) -> Mail:
    """The mail as it came by SMTP."""
    if (
        content.count(b"\n") > MOST_LINES
        or content.count(b"\n--") > MOST_BOUNDARIES
        or content.lower().count(b"multipart/") > MOST_MULTIPARTS
    ):
        content = content[:READ_OF_SUCH]
    try:
        return read_message(message_from_bytes(content, policy=POLICY), return_path=return_path)
    except RecursionError:  # parts in parts in parts: its headers say enough
        return read_message(BytesHeaderParser(policy=POLICY).parsebytes(content), return_path=return_path)


def read_message(message: Message, *, return_path: str | None = None) -> Mail:
    """The same of a mail that somebody has taken apart already."""
    parts = list(_own_parts(message))
    headers: dict[str, str] = {}
    for name, value in list(message.raw_items())[:MOST_HEADERS]:
        headers.setdefault(name.lower()[:LONGEST_NAME], decoded(str(value)))
    return Mail(
        headers={storable(name): value for name, value in headers.items()},
        text=_text(parts),
        attachments=tuple(_attachment(part) for part in parts if _is_attached(part))[:MOST_ATTACHMENTS],
        kind=storable(message.get_content_type()),
        return_path=None if return_path is None else return_path.strip(" <>"),
    )


def decoded(value: str) -> str:
    """A header in one line, its encoded words (RFC 2047) read; also as UTF-8 that nobody announced."""
    raw = value[:LONGEST_HEADER].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    joined = _BETWEEN.sub(r"\1", raw)
    said = _WORD.sub(_word, _merged(joined))
    return " ".join(storable(said).split())


def storable(text: str) -> str:
    """Without what no database text holds, and what would write over a terminal."""
    return _UNSTORABLE.sub("", text)


def _merged(text: str) -> str:
    """Neighbours of one charset and encoding as one: some programs cut them within a letter."""
    found: list[str] = []
    last: tuple[str, str] | None = None
    at = 0
    for match in _WORD.finditer(text):
        kind = (match[1].lower(), match[2].lower())
        is_base64 = kind[1] == "b"
        if match.start() > at or kind != last or (is_base64 and found[-1].endswith("=?=")):
            found += [text[at : match.start()], match[0]]
        else:
            found[-1] = found[-1].removesuffix("?=") + match[3] + "?="
        last, at = kind, match.end()
    return "".join(found) + text[at:]


def _word(match: re.Match[str]) -> str:
    body = match[3].encode("utf-8", "replace")
    try:
        said = (
            binascii.a2b_base64(body + b"===")
            if match[2] in "bB"
            else quopri.decodestring(body.replace(b"_", b" "))
        )
    except ValueError:
        return match[0]
    return text_of(said, match[1])


def text_of(body: bytes, charset: str) -> str:
    """`body` in that charset, or in UTF-8 where there is no such one; what does not fit is marked."""
    try:
        name = codecs.lookup(charset).name.replace("-", "_")
        return body.decode("utf-8" if name in NO_TEXT else charset, "replace")
    except (LookupError, ValueError):  # none, or one that is none of text
        return body.decode("utf-8", "replace")


def _own_parts(message: Message) -> Iterator[Message]:
    """Its own leaves in order, at most MOST_PARTS: a mail that is attached is one, never what is in it."""
    waiting: list[Any] = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        part.policy = POLICY  # headers as they stand: newer policies read them, and fail of some
        inside = part.get_payload() if part.get_content_maintype() == "multipart" else None
        if isinstance(inside, list):
            waiting += reversed(inside[:MOST_PARTS])
        else:
            yield part


def _is_attached(part: Message) -> bool:
    return part.get_content_maintype() != "text" or _disposition(part) == "attachment"


def _disposition(part: Message) -> str:
    return str(part.get("content-disposition", "")).partition(";")[0].strip().lower()


def _text(parts: Sequence[Message]) -> str:
    """Of the first part that has a text, plain before HTML."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == kind and not _is_attached(part):
                said = _body(part)
                said = words_of(said, most=READ_HTML) if kind == "text/html" else said
                if said.strip():
                    return _tidy(said)
    return ""


def _body(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_param("charset", "utf-8")
    return text_of(payload[:READ_TEXT], charset if isinstance(charset, str) else "utf-8")


def _tidy(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in storable(text).splitlines())
    said = _MANY_EMPTY.sub("\n\n", lines).strip()
    return said if len(said) <= MOST_TEXT else said[: MOST_TEXT - 1] + "…"


def _attachment(part: Message) -> Attachment:
    payload = part.get_payload()
    length = len(payload) if isinstance(payload, str) else 0
    is_base64 = str(part.get("content-transfer-encoding", "")).strip().lower() == "base64"
    return Attachment(
        name=_name(part),
        kind=storable(part.get_content_type()),
        size=length * 3 // 4 if is_base64 else length,
    )


def _name(part: Message) -> str:
    try:
        return decoded(part.get_filename() or "")[:LONGEST_NAME]
    except (ValueError, LookupError, TypeError):  # a name in pieces (RFC 2231) that do not fit together
        return ""
