"""Durations as people write them: 90s, 10m, 2h, 3d, 1w, 12 hours, 1 week, 2 months, P1DT12H."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

HINT = "write it as 90s, 10m, 2h, 3d or 1w, in words (12 hours), or in ISO 8601 (PT10M)"
LONGEST = timedelta(days=3660)
SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
WORDS = {
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w week weeks",
    "month": "month months",
    "year": "year years",
}
UNIT_OF = {word: unit for unit, words in WORDS.items() for word in words.split()}
PART = re.compile(r"(\d{1,12}) ?([a-z]+)", re.ASCII)
WHOLE = re.compile(rf"{PART.pattern}(?:(?: |, | and )?{PART.pattern})*", re.ASCII)
ISO = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)
ISO_UNITS = ("year", "month", "w", "d", "h", "m", "s")


class DurationError(ValueError):
    """The text is no duration. The message is a sentence for the one who wrote it."""


@dataclass(frozen=True)
class Length:
    """A length of time: calendar months, or else a fixed time. Never both. `in_days` spells 7d, not 1w."""

    months: int = 0
    fixed: timedelta = timedelta(0)
    in_days: bool = False

    def __str__(self) -> str:
        if self.months:
            return spell_months(self.months)
        return f"{self.fixed.days}d" if self.in_days and not self.fixed.seconds else spell(self.fixed)


def parse(text: str) -> timedelta:
    """The fixed time that `text` says; zero is one. Raises DurationError, for months too."""
    length = parse_length(text)
    if length.months:
        raise DurationError(f"“{text}” has months, which differ in length; write days or weeks.")
    return length.fixed


def parse_length(text: str) -> Length:
    """The time or the calendar months that `text` says. Raises DurationError."""
    parts = _iso_parts(text) if text.startswith("P") else _word_parts(text)
    months = parts.pop("month", 0) + 12 * parts.pop("year", 0)
    seconds = sum(SECONDS[unit] * count for unit, count in parts.items())
    if months and seconds:
        raise DurationError(f"“{text}” mixes months with days or hours; write one or the other.")
    if seconds > LONGEST.total_seconds() or months > 120:
        raise DurationError(f"“{text}” is longer than ten years; write a shorter time.")
    return Length(months=months, fixed=timedelta(seconds=seconds))


def spell(duration: timedelta) -> str:
    """The shortest form in one unit: 1w, 3d, 36h, 10m, 90s; zero is 0m. `parse` reads it back."""
    seconds = int(duration.total_seconds())
    if not seconds:
        return "0m"
    unit, size = next((unit, size) for unit, size in SECONDS.items() if seconds % size == 0)
    return f"{seconds // size}{unit}"


def spell_months(months: int) -> str:
    return "1 month" if months == 1 else f"{months} months"


def _word_parts(text: str) -> dict[str, int]:
    plain = " ".join(text.lower().split())
    if not WHOLE.fullmatch(plain):
        if plain.startswith("-"):
            raise DurationError(f"“{text}” is negative; {HINT}.")
        raise DurationError(f"“{text}” is not a duration; {HINT}.")
    return _added((word, int(count), text) for count, word in PART.findall(plain))


def _iso_parts(text: str) -> dict[str, int]:
    match = ISO.fullmatch(text)
    if not match:
        raise DurationError(f"“{text}” is not a duration in ISO 8601, such as PT10M, P1W or P2M.")
    return {unit: int(count) for unit, count in zip(ISO_UNITS, match.groups(), strict=True) if count}


def _added(parts: Iterable[tuple[str, int, str]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for word, count, text in parts:
        unit = UNIT_OF.get(word)
        if unit is None:
            raise DurationError(f"“{text}” has the unknown unit “{word}”; {HINT}.")
        total[unit] = total.get(unit, 0) + count
    return total
