"""What an alert is called where its noise is counted: the same for each time that it comes."""

import re
from collections.abc import Mapping

from escalation.core.matching import ANYTHING

NAME = "alertname"
WHERE = ("cluster", "namespace", "job", "environment")
"""Of the labels, those that tell one from another of the same name; instances come and go."""
TOLD_BY = (NAME, *WHERE)
LONGEST = 120
A_DIGEST = re.compile(r"[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def key_of(*, labels: Mapping[str, str], dedup_key: str, title: str) -> str:
    """“DiskFull{cluster=eu1}”. Without a name, the source's own key where a person can read it, else the
    title that its incident had.
    """
    name = labels.get(NAME, "")
    if name:
        where = ",".join(f"{label}={labels[label]}" for label in WHERE if labels.get(label))
        return _cut(f"{name}{{{where}}}" if where else name)
    readable = dedup_key and not A_DIGEST.fullmatch(dedup_key)
    return _cut(dedup_key if readable else title)


def match_of(*, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels by which a rule would mean the same alert again; none where it has no name, or where a rule
    that is written of them would mean others: a value of two lines, say, is read as two labels.
    """
    named = {label: labels[label] for label in TOLD_BY if labels.get(label)}
    return named if NAME in named and all(map(_is_plain, named.values())) else {}


def _is_plain(value: str) -> bool:
    return value.splitlines() == [value.strip()] and ANYTHING not in value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
