"""What every source is translated into, and how a source says that it cannot read a body."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson

from escalation.core.routing import Routed
from escalation.core.severity import UNKNOWN, usual_severity

MAX_BYTES = 512 * 1024
MAX_DEPTH = 64
BOM = b"\xef\xbb\xbf"
MAX_SUMMARY = 1024
MAX_DEDUP_KEY = 255
MAX_GROUP_KEY = 512

UNKNOWN_SEVERITY = UNKNOWN
severity_of = usual_severity


class Action(StrEnum):
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing a source said about one dedup key. `payload` is what it sent, unknown fields and all.

    `word` is the source's own word for how bad it is (empty: it said none), `severity` what that usually
    means. Where a service means something else by it, the intake says so in `severity`, and why in `graded`.
    `began_at` is when the source says that it began (UTC). An event with `whole_group` speaks of every
    open alert of `group_key` and has no dedup key of its own. One that is `alone`, since a person opened it,
    is an incident of its own however its service groups. `routed` is what a routing rule made of it.
    """

    action: Action
    dedup_key: str
    summary: str = ""
    severity: str = UNKNOWN_SEVERITY
    word: str = ""
    graded: str = ""
    source: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)
    began_at: datetime | None = None
    group_key: str = ""
    whole_group: bool = False
    alone: bool = False
    routed: Routed | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change somebody announced: shown beside incidents, pages nobody."""

    summary: str
    source: str = ""
    at: datetime | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


class Malformed(Exception):
    """The body cannot be read. Each of `errors` is a sentence that says what is wrong."""

    def __init__(self, *errors: str, is_json: bool = True) -> None:
        super().__init__("; ".join(errors))
        self.errors = list(errors)
        self.is_json = is_json


class NotGenuine(Exception):
    """It is not signed with the secret of its key, or not lately. The text says which, for the operator."""


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, whatever its Content-Type says. Raises Malformed.

    Refused besides what is no JSON: NUL, which no database text holds; numbers past the largest float;
    nesting deeper than 64.
    """
    parsed = _loaded(body)
    if not isinstance(parsed, dict):
        raise Malformed("The body must be a JSON object.", is_json=False)
    if not is_surely_storable(body):
        check_storable(parsed)
    return parsed


def read_list(body: bytes) -> list[Any]:
    """The JSON list in `body`, as `read_object` reads an object. Raises Malformed."""
    parsed = _loaded(body)
    if not isinstance(parsed, list):
        raise Malformed("The body must be a JSON list.", is_json=False)
    if not is_surely_storable(body):
        check_storable(parsed)
    return parsed


def _loaded(body: bytes) -> Any:
    try:
        return orjson.loads(body.removeprefix(BOM))
    except orjson.JSONDecodeError as fault:
        raise Malformed(f"The body is not JSON: {fault}.", is_json=False) from fault


def is_surely_storable(body: bytes) -> bool:
    """Of JSON that orjson has read, which takes neither a bare NUL nor a number past the largest float: what
    has no escaped NUL and few brackets need not be walked through.
    """
    nested = body.count(b"{") + body.count(b"[")
    return nested < MAX_DEPTH and b"\\u0000" not in body


def check_storable(root: Any) -> None:
    """Raises Malformed for what no database keeps, and for what is nested too deeply."""
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        for value in level:
            _check_value(value)
        level = [child for value in level for child in _children(value)]
        if not level:
            return
    raise Malformed(f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_value(value: Any) -> None:
    if isinstance(value, str) and "\x00" in value:
        raise Malformed("The body holds a NUL character (\\u0000), which cannot be stored.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Malformed("The body holds a number that is too large.")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d+))?\s*(Z|z|[+-]\d{2}:?\d{2}|[+-]\d{2})?Z?$"
)


def read_time(text: object) -> datetime | None:
    """An ISO 8601 time as senders write it: nanoseconds, offsets without colon, no offset for UTC, or both an
    offset and a Z (PagerDuty's own client).

    None for what is no time, and for year 1 and the like, which senders use to say “not yet”.
    """
    match = _TIME.match(text.strip()) if isinstance(text, str) else None
    if match is None:
        return None
    date, clock, fraction, offset = match.groups()
    offset = "+00:00" if offset in (None, "Z", "z") else offset
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}.{(fraction or '0')[:6]:0<6}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year < 9999 else None


def web_address(value: object) -> str:
    """`value` when it is an http(s) address that may stand in a message; otherwise nothing."""
    if not isinstance(value, str) or not re.match(r"https?://[^\s<>\"']+$", value):
        return ""
    return value[:2000]
