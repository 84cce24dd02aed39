"""What is wrong with a document: every fault at once, each with its place and a sentence."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, where (`path` from the document's root), and what to write instead."""

    path: Path
    what: str
    line: int | None = None

    def __str__(self) -> str:
        place = spell_path(self.path)
        at = f" (line {self.line})" if self.line else ""
        return f"{place}{at}: {self.what}" if place else f"{self.what}{at}" if self.line else self.what


class DocumentFaults(Exception):
    """The document cannot be applied. Nothing was written."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


def spell_path(path: Path) -> str:
    """schedules[0].roles.primary.layers[1].shift_length"""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def suggestion(word: str, known: Iterable[str]) -> str:
    """“, did you mean …?” for the nearest known word, or the few there are, or nothing."""
    words = sorted(set(known))
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6) or difflib.get_close_matches(
        word.lower(), words, n=1, cutoff=0.6
    )
    if near:
        return f" Did you mean “{near[0]}”?"
    return f" Known: {', '.join(words)}." if 0 < len(words) <= 12 else ""
