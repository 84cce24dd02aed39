"""Which of a service's alert rules mean which alerts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import connection, transaction

from escalation.core.incident import Parked, Quiet
from escalation.core.matching import Rule, quiet_of
from escalation.models import AlertRule, Service

REASONS = {AlertRule.Kind.SUPPRESS: Parked.SUPPRESSED, AlertRule.Kind.TRIAL: Parked.TRIAL}
IN_FORCE = """
SELECT rule.*, COALESCE(NULLIF(owner.name, ''), owner.username) AS owner_name
FROM escalation_alertrule rule JOIN people_user owner ON owner.id = rule.owner_id
WHERE rule.service_id = %s AND rule.ended_at IS NULL AND rule.ends_at > %s AND owner.is_active
ORDER BY rule.id
"""
SHARED = " FOR SHARE OF rule"


class Signal(Protocol):
    """An alert, or an event about one."""

    @property
    def labels(self) -> Mapping[str, str]: ...
    @property
    def severity(self) -> str: ...


@dataclass(frozen=True)
class Ruled:
    """An alert that at least one rule means: what that comes to, and which rules they are."""

    quiet: Quiet
    rules: tuple[Rule, ...]


def in_force(service: Service, *, at: datetime, shared: bool = True) -> list[Rule]:
    """The rules of a service at `at`. One of somebody who has left is none: nobody answers for it. Without
    any there is no query.

    In a transaction none of them can be ended before that is over (escalation.actions.rules): what is decided
    by a rule is found by whoever ends it. Those who decide by them never wait for each other. Not `shared`:
    they are only read, by one who holds what is decided.
    """
    if not service.has_rules:
        return []
    locked = (
        shared and connection.features.has_select_for_update and transaction.get_connection().in_atomic_block
    )
    moment = connection.ops.adapt_datetimefield_value(at)
    rows = AlertRule.objects.raw(IN_FORCE + (SHARED if locked else ""), [service.pk, moment])
    return [as_rule(row, owner=vars(row)["owner_name"]) for row in rows]


def as_rule(row: AlertRule, *, owner: str) -> Rule:
    return Rule(
        id=row.pk,
        reason=REASONS[AlertRule.Kind(row.kind)],
        match=row.match,
        severities=tuple(row.severities),
        until=row.ends_at,
        why=f"{row} of {owner}" + (f": {row.reason}" if row.reason else ""),
    )


def meaning(rules: Iterable[Rule], labels: Mapping[str, str], severity: str) -> Ruled | None:
    """What these rules make of an alert; None where none of them means it."""
    found = tuple(rule for rule in rules if rule.means(labels, severity))
    quiet = quiet_of(found)
    return None if quiet is None else Ruled(quiet, found)


def ruled(service: Service, events: Mapping[str, Signal], *, at: datetime) -> dict[str, Ruled]:
    """By dedup key, those of the events that rules of the service mean at `at`. At most one query."""
    rules = in_force(service, at=at) if events else []
    found = {key: meaning(rules, event.labels, event.severity) for key, event in events.items()}
    return {key: one for key, one in found.items() if one is not None}
