"""What a service may say of the alerts that come in: how bad they are, and which belong together."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from escalation.actions.steps import ConfigError
from escalation.core.grouping import MOST_LABELS
from escalation.core.severity import SEVERITIES, folded

MOST = 100
"""Words, or rules, of one service."""
LONGEST = 100  # characters of a word or of a label's name
LONGEST_VALUE = 1000
LONGEST_WINDOW = timedelta(days=1)


def check_incoming(
    *,
    severities: Mapping[str, Any] | None = None,
    severity_rules: Sequence[Mapping[str, Any]] | None = None,
    group_by: Sequence[str] | None = None,
    group_window: timedelta | None = None,
) -> None:
    """Raises ConfigError. None is not looked at."""
    _check_words(severities or {})
    _check_rules(severity_rules or [])
    _check_labels(group_by or [])
    if group_window is not None and not timedelta(0) < group_window <= LONGEST_WINDOW:
        raise ConfigError("Alerts are grouped for more than no time and at most a day; write 10m.")


def _check_words(words: Mapping[str, Any]) -> None:
    if len(words) > MOST:
        raise ConfigError(f"A service has at most {MOST} words for severities, and this one {len(words)}.")
    seen: dict[str, str] = {}
    for word, severity in words.items():
        if not word.strip() or len(word) > LONGEST:
            raise ConfigError(f"“{word[:20]}” is no word of a source; write 1 to {LONGEST} characters.")
        if folded(word) in seen:
            raise ConfigError(f"“{word}” and “{seen[folded(word)]}” are one word; keep one of them.")
        seen[folded(word)] = word
        _check_severity(severity, f"what “{word}” means")


def _check_rules(rules: Sequence[Mapping[str, Any]]) -> None:
    if len(rules) > MOST:
        raise ConfigError(f"A service has at most {MOST} severity rules, and this one {len(rules)}.")
    for number, rule in enumerate(rules, start=1):
        if not rule["match"]:
            raise ConfigError(f"Severity rule {number} names no label; write such as alertname=DiskFull.")
        for name, value in rule["match"].items():
            if not name.strip() or len(name) > LONGEST or len(value) > LONGEST_VALUE:
                raise ConfigError(
                    f"“{name[:20]}” of severity rule {number} is no label; a name has 1 to {LONGEST} "
                    f"characters, a value at most {LONGEST_VALUE}."
                )
        _check_severity(rule["severity"], f"the severity of rule {number}")


def _check_severity(severity: Any, what: str) -> None:
    if severity not in SEVERITIES:
        raise ConfigError(f"“{str(severity)[:20]}” cannot be {what}; write {', '.join(SEVERITIES)}.")


def _check_labels(names: Sequence[str]) -> None:
    if len(names) > MOST_LABELS:
        raise ConfigError(f"Alerts are grouped by at most {MOST_LABELS} labels, and here by {len(names)}.")
    for name in names:
        if not name.strip() or len(name) > LONGEST:
            raise ConfigError(f"“{name[:20]}” is no label's name; write 1 to {LONGEST} characters.")
        if list(names).count(name) > 1:
            raise ConfigError(f"The label “{name}” stands in the grouping twice; keep one.")
