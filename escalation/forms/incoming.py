"""How a person writes what a service says of its alerts: words and rules a line each, labels with commas."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from escalation.core.severity import SEVERITIES


def words(text: str) -> dict[str, str]:
    """“critical = SEV-2”, a line for each word. Raises ValidationError."""
    found: dict[str, str] = {}
    for line in _lines(text):
        word, sign, severity = (part.strip() for part in line.rpartition("="))
        if not (sign and word):
            raise ValidationError(f"“{line}” is not a word and what it means; write critical = SEV-2.")
        if word in found:
            raise ValidationError(f"“{word}” stands there twice; keep one of them.")
        found[word] = _severity(severity, line)
    return found


def rules(text: str) -> list[dict[str, Any]]:
    """“SEV-3 alertname=DiskFull, cluster=eu1”, a line for each rule. Raises ValidationError."""
    found = []
    for line in _lines(text):
        severity, _, match = line.partition(" ")
        if not match.strip():
            raise ValidationError(f"“{line}” names no label; write SEV-3 alertname=DiskFull.")
        found.append({"match": labels(match), "severity": _severity(severity, line)})
    return found


def labels(text: str) -> dict[str, str]:
    """“alertname=DiskFull, cluster=eu1”. Raises ValidationError."""
    match = {}
    for pair in (part.strip() for part in text.split(",")):
        name, sign, value = pair.partition("=")
        if pair and not (sign and name.strip()):
            raise ValidationError(
                f"“{pair}” is not a label; write alertname=HighErrorRate. A comma ends a label here: one "
                "that has a comma in its value can be written in the document only."
            )
        if pair:
            match[name.strip()] = value.strip()
    return match


def names(text: str) -> list[str]:
    """“alertname, cluster”."""
    return [name.strip() for name in text.split(",") if name.strip()]


def spelled_words(found: Mapping[str, str]) -> str:
    return "\n".join(f"{word} = {severity}" for word, severity in found.items())


def spelled_rules(found: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{rule['severity']} {spelled_labels(rule['match'])}" for rule in found)


def spelled_labels(match: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(match.items()))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _severity(word: str, line: str) -> str:
    if word.upper() not in SEVERITIES:
        raise ValidationError(f"“{line}” has no severity; write one of {', '.join(SEVERITIES)}.")
    return word.upper()
