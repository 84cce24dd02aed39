"""The shape of a note: sections of items, each bounded, and never empty without saying so."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from people.models import User

MOST = 30
"""Items a section lists; of the others it only says how many they are."""

LONGEST = 500
NOTHING = "Nothing."
Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line. `incident` is the number of one that is open; `id` and the confirmation are those of its
    row, once there is one.
    """

    text: str
    path: str = ""
    incident: int | None = None
    id: int | None = None
    confirmed_at: datetime | None = None
    confirmed_by: User | None = None


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    items: Sequence[Item]


def listed(rows: Iterable[Row], say: Callable[[Row], Item], *, total: int, path: str = "") -> list[Item]:
    """The first of `rows` in words, and how many more there are; `path` leads to all of them."""
    items = [say(row) for row in islice(rows, MOST)]
    more = total - len(items)
    return [*items, Item(text=f"and {more} more", path=path)] if more > 0 else items


def clipped(text: str, longest: int = LONGEST) -> str:
    """On one line, without NUL, and no longer than that."""
    plain = " ".join(text.replace("\x00", "").split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def times(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count} times"
