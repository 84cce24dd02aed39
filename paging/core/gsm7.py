"""The alphabet of SMS (3GPP TS 23.038): what fits into one segment, and how to write the rest with it.

One character outside this alphabet turns the whole message into UCS-2, with 70 characters a segment
instead of 160.
"""

import re
import unicodedata
from itertools import accumulate

SEGMENT = 160
JOINED_SEGMENT = 153

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")
ALPHABET = BASIC | EXTENDED

SPELLED = {
    **dict.fromkeys("‐‑‒–—―−·•", "-"),  # noqa: RUF001 - look-alikes are the point of this table
    **dict.fromkeys("‘’‚‛´`′", "'"),  # noqa: RUF001
    **dict.fromkeys("“”„‟«»″", '"'),
    "…": "...",
    "×": "x",  # noqa: RUF001
    "→": "->",
    "←": "<-",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "⁄": "/",  # noqa: RUF001 - what ½ decomposes with
    "°": " deg",
    "µ": "u",
    "μ": "u",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",  # noqa: RUF001
    "œ": "oe",
    "Œ": "OE",
}
SILENT = frozenset({"Mn", "Me", "Cf"})
UNKNOWN = "\x00"


def septets(text: str) -> int:
    """The length of `text` as a phone counts it. Characters of the extension table count twice."""
    return sum(2 if char in EXTENDED else 1 for char in text)


def transliterate(text: str) -> str:
    """`text` in this alphabet: accents go, typography becomes ASCII, a run of anything else is one “?”."""
    spelled = "".join(_spell(char) for char in unicodedata.normalize("NFC", text).replace(UNKNOWN, ""))
    return re.sub(f"{UNKNOWN}+", "?", spelled)


def _spell(char: str) -> str:
    if char in ALPHABET:
        return char
    if char in SPELLED:
        return SPELLED[char]
    parts = unicodedata.normalize("NFKD", char)
    kept = "".join(part if part in ALPHABET else SPELLED.get(part, "") for part in parts)
    return kept or ("" if unicodedata.category(char) in SILENT else UNKNOWN)


def cut(text: str, *, to: int) -> str:
    """`text` in at most `to` septets (3 or more), with “...” where something was left out."""
    if septets(text) <= to:
        return text
    lengths = accumulate(septets(char) for char in text)
    kept = sum(1 for length in lengths if length <= to - 3)
    return text[:kept].rstrip() + "..."
