"""A payload that is kept to try a mapping on: still JSON, without its secrets, no larger than it may be.

Where it is larger, long texts and lists lose their ends, as little of them as will do: an expression that
finds something in the whole mostly finds it in what is kept, too.
"""

import re
from typing import Any

import orjson

from escalation.core.masking import MASK, NAMES

MOST = 64 * 1024
"""Bytes."""
CUTS = ((20_000, 1_000), (2_000, 200), (500, 50), (200, 10), (50, 3))
"""Letters of a text and items of a list, object or not, that are left; the first that will do."""
SECRET = re.compile(NAMES, re.IGNORECASE)
SCHEME = re.compile(r"\b((?:bearer|basic|geniekey)\s+)[\w.~+/=-]{8,}", re.IGNORECASE)


def sample(payload: Any, *, secrets: tuple[str, ...] = ()) -> str:
    """The payload as JSON, with `secrets`, and whatever stands under the name of one, masked. Empty where not
    even a small part of it fits.
    """
    known = [secret for secret in secrets if secret]
    whole = orjson.dumps(_masked(payload, known))
    for letters, items in CUTS:
        if len(whole) <= MOST:
            break
        whole = orjson.dumps(_cut(orjson.loads(whole), letters, items))
    return whole.decode() if len(whole) <= MOST else ""


def is_secret(name: str) -> bool:
    """Whether what stands under this name is one, as far as a name can tell."""
    return SECRET.search(name) is not None


def _masked(value: Any, secrets: list[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: _hidden(one) if is_secret(name) else _masked(one, secrets) for name, one in value.items()
        }
    if isinstance(value, list):
        return [_masked(one, secrets) for one in value]
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = value.replace(secret, MASK)
    return SCHEME.sub(rf"\1{MASK}", value)


def _hidden(value: Any) -> Any:
    """With its shape: whoever tries a mapping sees that there is something."""
    if isinstance(value, dict):
        return {name: _hidden(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_hidden(one) for one in value]
    return value if value in (None, "", True, False) else MASK


def _cut(value: Any, letters: int, items: int) -> Any:
    if isinstance(value, dict):
        return {name: _cut(one, letters, items) for name, one in list(value.items())[:items]}
    if isinstance(value, list):
        return [_cut(one, letters, items) for one in value[:items]]
    return f"{value[:letters]}…" if isinstance(value, str) and len(value) > letters else value
