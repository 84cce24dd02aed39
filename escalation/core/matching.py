"""Which alerts a rule means: those that carry every label of its match. Plain text, and `*` for anything."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalation.core.incident import Parked, Quiet

ANYTHING = "*"
MOST_LABELS = 20
LONGEST_NAME = 200
LONGEST_VALUE = 500
NO_LABEL = (
    "It names no label, and would mean every alert; name one at least, such as alertname=DiskFull. For a "
    "while without any page there is maintenance."
)

Match = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule in force: alerts of `match` and of one of `severities` page nobody before `until`. `why` is for
    people.
    """

    id: int
    reason: Parked
    match: Match
    severities: Sequence[str]
    until: datetime
    why: str

    def means(self, labels: Mapping[str, object], severity: str) -> bool:
        return severity in self.severities and matches(self.match, labels)


def quiet_of(rules: Iterable[Rule]) -> Quiet | None:
    """What rules that mean the same alert come to: of several, the one that ends last."""
    last = max(rules, key=lambda rule: (rule.until, rule.id), default=None)
    return None if last is None else Quiet(reason=last.reason, until=last.until, why=last.why)


def matches(match: Match, labels: Mapping[str, object]) -> bool:
    """Whether every label of `match` is there, and says what is asked. A label that is not there matches
    nothing, not even `*`; an empty match means no alert at all.
    """
    return bool(match) and all(
        name in labels and _fits(pattern, labels[name]) for name, pattern in match.items()
    )


def _fits(pattern: str, value: object) -> bool:
    """In time that grows with the value's length, whatever the pattern: no search is ever taken back."""
    text = value if isinstance(value, str) else str(value)
    first, *rest = pattern.split(ANYTHING)
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def faults_of(match: Match) -> list[str]:
    """What is wrong with a match, in sentences; none: it can be one."""
    if not match:
        return [NO_LABEL]
    if len(match) > MOST_LABELS:
        return [f"It names {len(match)} labels; name the {MOST_LABELS} at most that tell these alerts apart."]
    found = [fault for name, pattern in match.items() for fault in _faults_of_label(name, pattern)]
    if not found and not any(pattern.strip(ANYTHING) for pattern in match.values()):
        found = ["It has nothing but *, and would mean every alert with such a label; write what it says."]
    return found


def _faults_of_label(name: str, pattern: str) -> list[str]:
    shown = clipped(name)
    if not name or name != name.strip():
        return [f"“{shown}” is no name of a label; write it without spaces around it, such as alertname."]
    if len(name) > LONGEST_NAME:
        return [
            f"The label “{shown}” has a name longer than {LONGEST_NAME} characters; no alert has such one."
        ]
    if len(pattern) > LONGEST_VALUE:
        return [
            f"The value of {shown} is longer than {LONGEST_VALUE} characters; write its beginning, then a *."
        ]
    if any(ord(char) < 32 or "\ud800" <= char <= "\udfff" for char in name + pattern):
        return ["A label has a line break, or another character in it that no text has; leave it out."]
    if not pattern:
        return [f"The label {shown} has no value; write {shown}=something, or {shown}=some*."]
    return []


def canonical(match: Match) -> str:
    """One spelling for one match, whatever the order in which it was written, and another one for any other:
    what has a comma in it stands in quotes.
    """
    return ", ".join(f"{_quoted(name, '=')}={_quoted(match[name])}" for name in sorted(match))


def _quoted(text: str, also: str = ",") -> str:
    return json.dumps(text, ensure_ascii=False) if {",", '"', also} & {*text} else text


def spelled(match: Match) -> str:
    """“alertname=DiskFull, cluster=eu*”, shortened for a line of text."""
    return clipped(canonical(match), limit=200)


def clipped(text: str, *, limit: int = 40) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def read_match(text: str) -> dict[str, str]:
    """A match as people write it: one `label=value` a line. Raises ValueError, a sentence for them."""
    found: dict[str, str] = {}
    for line in (line.strip() for line in text.splitlines()):
        name, sign, value = (part.strip() for part in line.partition("="))
        if line and not (sign and name):
            raise ValueError(f"“{clipped(line)}” is not a label; write alertname=DiskFull, one a line.")
        if name in found:
            raise ValueError(f"The label {clipped(name)} stands there twice; an alert has one value of it.")
        if line:
            found[name] = value
    return found


def suggested(labels: Mapping[str, object]) -> dict[str, str]:
    """The match that means alerts with these labels and no others, as far as one can be written."""
    plain = {name: str(value) for name, value in labels.items() if "=" not in name and not name.isspace()}
    fit = {name: value for name, value in plain.items() if not _faults_of_label(name, value)}
    first = sorted(fit, key=lambda name: (name != "alertname", name))
    return {name: fit[name] for name in first[:MOST_LABELS]}


def in_lines(match: Match) -> str:
    """As `read_match` reads it."""
    return "\n".join(f"{name}={value}" for name, value in match.items())
