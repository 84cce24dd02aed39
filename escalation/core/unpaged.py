"""What a policy leaves to the managers, because no step of its sequence pages then."""

from collections.abc import Iterator, Mapping, Sequence

from escalation.core.condition import Condition, Hours
from escalation.core.urgency import DEFAULTS

WORDS = {Hours.ANY: "", Hours.SUPPORT: " in support hours", Hours.OUTSIDE: " outside support hours"}


def unpaged(conditions: Sequence[Condition], *, rules: Mapping[str, str], has_hours: bool) -> Iterator[str]:
    """“SEV-3 in support hours”: each severity, and part of the week, that is urgent by a service's `rules`
    and that no step of the sequence pages at; `conditions` are those steps'.
    """
    for severity in DEFAULTS:
        urgent = _urgent(rules.get(severity, DEFAULTS[severity]), has_hours=has_hours)
        silent = [hours for hours in urgent if not any(_holds(one, severity, hours) for one in conditions)]
        if silent == [Hours.SUPPORT, Hours.OUTSIDE]:
            silent = [Hours.ANY]
        yield from (f"{severity}{WORDS[hours]}" for hours in silent)


def _urgent(rule: str, *, has_hours: bool) -> list[Hours]:
    if rule == "low":
        return []
    if not has_hours:
        return [Hours.ANY]
    return [Hours.SUPPORT] if rule == "support_hours" else [Hours.SUPPORT, Hours.OUTSIDE]


def _holds(condition: Condition, severity: str, hours: Hours) -> bool:
    asked = condition.severities
    return (not asked or severity in asked) and (
        Hours.ANY in {condition.hours, hours} or condition.hours == hours
    )
