"""Alerts of a match count for less from now on, by a severity rule of their service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from escalation.actions.config import ConfigError, change_service
from escalation.core.matching import ANYTHING, faults_of
from escalation.models import Service
from people.ledger.record import Actor

LOWER = ("SEV-3", "SEV-4")

Rules = Sequence[Mapping[str, Any]]


@transaction.atomic
def lower_severity(
    *, service: Service, match: Mapping[str, str], severity: str, by: Actor, now: datetime
) -> Service:
    """Alerts that come from now on; what is open stays as bad as it is.

    Raises ConfigError for a match that cannot be one, and where it is so already.
    """
    if severity not in LOWER:
        raise ConfigError(f"Choose how bad it is: {' or '.join(LOWER)}.")
    check_match(match)
    service = Service.objects.select_for_update().get(pk=service.pk)
    if service.retired_at is not None:
        raise ConfigError(f"Service “{service.name}” is retired; it pages nobody.")
    rules = with_rule(service.severity_rules, match, severity)
    if rules == service.severity_rules:
        raise ConfigError(f"That is so already: service “{service.name}” has this rule.")
    return change_service(service=service, severity_rules=rules, by=by, now=now)


def check_match(match: Mapping[str, str]) -> None:
    """Raises ConfigError. A severity rule knows no wildcard."""
    if faults := faults_of(match):
        raise ConfigError(" ".join(faults))
    starred = next((name for name, value in match.items() if ANYTHING in value), None)
    if starred is not None:
        raise ConfigError(
            f"{starred}={match[starred]}: a severity is told by whole values, and * means only itself there; "
            "write the value, or leave the label out."
        )


def with_rule(rules: Rules, match: Mapping[str, str], severity: str) -> list[dict[str, Any]]:
    """The service's rules and this one: before the first that means all that it means and would win over it,
    after every other, so that what somebody made worse stays so.
    """
    wanted = {"match": dict(match), "severity": severity}
    rest = [dict(rule) for rule in rules if rule["match"] != wanted["match"]]
    place = next((at for at, rule in enumerate(rest) if rule["match"].items() <= match.items()), len(rest))
    return [*rest[:place], wanted, *rest[place:]]


def winning(rules: Rules, match: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """The rules that win over one of `match` for some of its alerts, the first first."""
    found = []
    for rule in rules:
        if rule["match"].items() <= match.items():
            break
        if all(match.get(name, value) == value for name, value in rule["match"].items()):
            found.append(rule)
    return found
