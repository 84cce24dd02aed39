"""What a sender posted, and the fields in it, whichever of the usual ways it wrote them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from escalation.sources.event import BOM, Malformed, check_storable, read_object

MOST_FIELDS = 200
MULTIPART = "multipart/form-data"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request. `headers` are asked for by their names in lower case; `query` is as `read_query` has it:
    of a name that comes twice the last counts.
    """

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def read_query(text: str) -> dict[str, str]:
    """The fields of an address after its `?`, or of a form. What is no UTF-8 is marked, not refused: the page
    matters more. Raises Malformed.
    """
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as fault:
        raise Malformed(f"There are more than {MOST_FIELDS} fields.", is_json=False) from fault
    check_storable(dict(fields))
    return dict(fields)


def read_fields(sent: Sent) -> dict[str, Any]:
    """The fields that were sent: a JSON object, a form, or, with no body, the query. Raises Malformed."""
    body = sent.body.removeprefix(BOM).strip()
    if body.startswith((b"{", b"[")):
        return read_object(body)
    fields: dict[str, Any]
    if not body:
        fields = dict(sent.query)
    elif sent.headers.get("content-type", "").lower().startswith(MULTIPART):
        fields = _parts(sent.headers["content-type"], sent.body)
    else:
        fields = dict(read_query(body.decode("utf-8", "replace")))
    if not fields:
        raise Malformed("There are no fields in it: the body is empty.", is_json=False)
    check_storable(fields)
    return fields


def _parts(content_type: str, body: bytes) -> dict[str, str]:
    """The named parts of a form that is sent as multipart (RFC 7578)."""
    if body.count(b"\n--") > MOST_FIELDS:
        raise Malformed(f"There are more than {MOST_FIELDS} fields.", is_json=False)
    head = content_type.encode("ascii", "replace").replace(b"\n", b"").replace(b"\r", b"")
    parsed = message_from_bytes(b"Content-Type: " + head + b"\r\n\r\n" + body)
    parts = parsed.get_payload()
    return dict(_part(part) for part in parts if isinstance(part, Message)) if isinstance(parts, list) else {}


def _part(part: Message) -> tuple[str, str]:
    name = part.get_param("name", header="content-disposition")
    content = part.get_payload(decode=True)
    said = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return (name if isinstance(name, str) else ""), said.strip()
