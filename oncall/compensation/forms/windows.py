"""When a band is, and working hours, in a line of text: `mon-fri`, `daily 23:00-07:00`."""

import re
from collections.abc import Mapping
from typing import Any

from oncall.forms import notation

ALL_DAY = "00:00-00:00"
HAS_CLOCK = re.compile(r"\d:\d")


def window(text: str) -> dict[str, Any] | None:
    """In the words of a document; None for an empty text. Raises ValueError, for two windows too."""
    plain = text.strip()
    if not plain:
        return None
    read = notation.restrictions(plain if HAS_CLOCK.search(plain) else f"{plain} {ALL_DAY}")
    if len(read) != 1:
        raise ValueError("That is more than one window of the week; give each a band of its own.")
    return read[0]


def spelled(written: Mapping[str, Any] | None) -> str:
    """What `window` reads; times are left out where it is whole days."""
    if not written:
        return ""
    return notation.spelled_restrictions([written]).removesuffix(f" {ALL_DAY}")


def own_window(band: Mapping[str, Any]) -> dict[str, Any] | None:
    """That of a band as it is stored."""
    return {key: band[key] for key in ("days", "start", "end") if key in band} or None
