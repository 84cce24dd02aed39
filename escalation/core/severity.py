"""How bad an alert is: from its source's own word and its labels, by the service's tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

USUAL = {
    "critical": "SEV-1", "p1": "SEV-1", "sev1": "SEV-1", "sev-1": "SEV-1", "page": "SEV-1",
    "emergency": "SEV-1", "error": "SEV-2", "p2": "SEV-2", "sev2": "SEV-2", "sev-2": "SEV-2", "high": "SEV-2",
    "major": "SEV-2", "warning": "SEV-3", "p3": "SEV-3", "sev3": "SEV-3", "sev-3": "SEV-3", "warn": "SEV-3",
    "minor": "SEV-3", "info": "SEV-4", "p4": "SEV-4", "p5": "SEV-4", "sev4": "SEV-4", "sev-4": "SEV-4",
    "low": "SEV-4", "informational": "SEV-4", "none": "SEV-4",
}  # fmt: skip
SEVERITIES = ("SEV-1", "SEV-2", "SEV-3", "SEV-4")
UNKNOWN = "SEV-2"
"""Missing or unknown: better to wake somebody than to guess that it can wait."""


def folded(word: str) -> str:
    """A word as the tables have it: nobody means another thing by “Critical ”."""
    return word.strip().lower()


def usual_severity(word: object) -> str:
    """SEV-1 to SEV-4 from a source's own word, where a service says nothing of its own about it."""
    return USUAL.get(folded(word), UNKNOWN) if isinstance(word, str) else UNKNOWN


def usually() -> str:
    """What the usual words mean, for people: “critical, p1, ... SEV-1; error, ... SEV-2”."""
    words = {one: [word for word, severity in USUAL.items() if severity == one] for one in SEVERITIES}
    return "; ".join(f"{', '.join(found)}: {severity}" for severity, found in words.items())


@dataclass(frozen=True)
class Graded:
    """A severity, and why it is another one than usual; empty where it is the usual one."""

    severity: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Grading:
    """What one service says. `words` maps the source's word to a severity, whatever its case; `rules` are
    (labels, severity): the first of which every label is the alert's own wins, also over `words`.
    """

    words: Mapping[str, str]
    rules: Sequence[tuple[Mapping[str, str], str]]

    @classmethod
    def from_json(cls, words: Mapping[str, Any], rules: Sequence[Mapping[str, Any]]) -> "Grading":
        return cls(
            words={folded(word): str(severity) for word, severity in words.items()},
            rules=[(rule["match"], str(rule["severity"])) for rule in rules if rule.get("match")],
        )

    def of(self, *, word: str, labels: Mapping[str, str], usual: str) -> Graded:
        """`usual` where the service says nothing about it."""
        for match, severity in self.rules:
            if all(labels.get(name) == value for name, value in match.items()):
                return _graded(severity, usual, _spelled(match))
        return _graded(self.words.get(folded(word), usual), usual, f"“{word.strip()[:40]}”")


def _graded(severity: str, usual: str, what: str) -> Graded:
    return Graded(
        severity, "" if severity == usual else f"{what} is {severity} here, by the service's own rule"
    )


def _spelled(match: Mapping[str, str]) -> str:
    """“alertname=DiskFull, cluster=eu1”."""
    return ", ".join(f"{name}={value}" for name, value in match.items())
