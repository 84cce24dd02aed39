"""What a sender posted, as whoever sets it up may read it: text, cut where it is long, without its secrets.

Rather too much is masked than too little: a value is worth less here than a secret in somebody's screenshot.
"""

import re
from collections.abc import Collection

MASK = "•••"
MOST = 16 * 1024
"""Characters of a body that are kept."""
SLACK = 4 * 1024
"""Read beyond them, so that a secret which the cut would divide is seen whole."""
HEAD = MOST + SLACK
"""Bytes of a body, of which `MOST` characters can be shown."""
SHORTEST = 4
"""Characters of a known secret that give nothing of it away where a body was cut in its middle."""

NAMES = (
    r"signature|signing|token|secret|passw|pwd|api[_-]?key|access[_-]?key|private[_-]?key|credential"
    r"|authori[sz]ation|cookie|routing_?key|service_?key|genie_?key"
)
"""What is in the name of a secret."""

# The opening quote of a value: in JSON, or, behind backslashes, in JSON that is a text of JSON.
_NAMED = re.compile(
    rf"(?P<name>(?:{NAMES})[\w.-]{{0,40}}"
    r"(?:\\*[\"'])?\s{0,20}(?:[:=]|%3[ad])\s{0,20})"
    r"(?:(?P<quote>\\*[\"'])(?P<quoted>.*?)(?=(?<!\\)(?P=quote)|\Z)|(?P<bare>[^\s&\"'<>,;\\{}\[\]]+))",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(r"\b(?P<name>(?:bearer|basic|geniekey)(?:\s|%20|\+){1,5})[\w.~+/=%-]{8,}", re.IGNORECASE)
_NOTHING = frozenset({"null", "true", "false"})


def readable(body: bytes, *, secrets: Collection[str] = (), most: int = MOST, size: int | None = None) -> str:
    """The first `most` characters of a body, of which `most + SLACK` bytes are enough where its whole `size`
    is said. What is no UTF-8 is marked, a NUL is gone; the `secrets`, and what stands under the name of one,
    are masked. The end says that something was left out.
    """
    text = masked(body[: most + SLACK].decode("utf-8", "replace"), secrets=secrets)
    size = len(body) if size is None else size
    if size <= most or (size <= most + SLACK and len(text) <= most):
        return text
    return f"{_without_a_half(text[:most], secrets)}\n… cut here: it has {size:,} bytes."


def masked(text: str, *, secrets: Collection[str] = ()) -> str:
    """Freed of NUL, with the `secrets` and whatever stands under the name of a secret masked."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _NAMED.sub(_without_value, _SCHEME.sub(rf"\g<name>{MASK}", text))


def _without_value(found: re.Match[str]) -> str:
    if found["quote"] is not None:
        return f"{found['name']}{found['quote']}{MASK if found['quoted'] else ''}"
    return found[0] if found["bare"].lower() in _NOTHING else f"{found['name']}{MASK}"


def _without_a_half(text: str, secrets: Collection[str]) -> str:
    """A text that was cut may end in the beginning of a secret."""
    for secret in secrets:
        for length in range(min(len(secret), len(text)), SHORTEST, -1):
            if text.endswith(secret[:length]):
                return text[:-length] + MASK
    return text
