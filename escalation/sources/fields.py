"""How fields of any source become the parts of an event: text, titles, keys, labels and links."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from escalation.sources.event import MAX_DEDUP_KEY, MAX_SUMMARY, Malformed, web_address

MAX_SOURCE = 255
MAX_LABEL = 100
LONGEST_NUMBER = 1024
"""Bits: the largest float has as many. Python refuses to spell what is much longer."""


def spelled(value: object) -> str:
    """Text, a number or a yes-or-no as text; anything else is empty, and so is a number of 300 digits."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def first(*values: object) -> str:
    """The first that says something."""
    return next((said for value in values if (said := spelled(value))), "")


def inner(sent: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`; an empty one where there is none. Raises Malformed for anything else."""
    value = sent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"'{name}' must be an object")
    return value


def title(*values: object) -> str:
    """The first that says something, as one line. One that is too long is cut: a refusal would lose the
    page, for most senders do not try again.
    """
    said = " ".join(first(*values).split())
    return said if len(said) <= MAX_SUMMARY else said[: MAX_SUMMARY - 1] + "…"


def dedup_key(*parts: str) -> str:
    """The parts as one key; where they are too long for one, a digest that identifies them as well."""
    key = ":".join(parts)
    return key if len(key) <= MAX_DEDUP_KEY else digest(key)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def labels(values: Mapping[str, object]) -> dict[str, str]:
    """Those that can be said in a word or a line; the rest stays in the payload."""
    return {name: said for name, value in values.items() if (said := spelled(value))}


def links(pairs: Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    """Those that are addresses of the web, each once."""
    found: dict[str, str] = {}
    for label, value in pairs:
        address = web_address(value)
        if address:
            found.setdefault(address, label[:MAX_LABEL])
    return tuple((label, address) for address, label in found.items())
