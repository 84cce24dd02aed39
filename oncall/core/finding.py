from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    ERROR = "error"
    """A page would reach nobody, or not in time."""
    WARNING = "warning"
    """It works tonight, and will hurt one day."""


@dataclass(frozen=True)
class Finding:
    """`what` is wrong, and `mend` says what to do about it."""

    level: Level
    what: str
    mend: str = ""


Check = Callable[[datetime], Iterable[Finding]]


def error(what: str, mend: str = "") -> Finding:
    return Finding(Level.ERROR, what, mend)


def warning(what: str, mend: str = "") -> Finding:
    return Finding(Level.WARNING, what, mend)
