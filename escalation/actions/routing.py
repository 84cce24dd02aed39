"""Routing rules: made, changed, moved, taken out. Each writes the ledger of the service that they belong to.

They are for alerts that are still to come: what is open stays where it is, and whoever sent it ends it there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from escalation.actions.steps import ConfigError
from escalation.core.matching import faults_of, spelled
from escalation.core.routing import URGENCIES, outcome
from escalation.core.severity import SEVERITIES
from escalation.models import Alert, RoutingRule, Service
from escalation.selectors.routing import makes_of_it, spelled_match
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb

MOST = 100
"""Rules of one service."""


@dataclass(frozen=True, kw_only=True)
class RoutingSpec:
    """A rule to be: what it means, and at least one of where it goes, how bad and how urgent it is."""

    match: Mapping[str, str]
    to_service: Service | None = None
    severity: str = ""
    urgency: str = ""

    def columns(self) -> dict[str, Any]:
        return {
            "match": {name: self.match[name] for name in sorted(self.match)},
            "to_service": self.to_service,
            "severity": self.severity,
            "urgency": self.urgency,
        }

    @property
    def said(self) -> str:
        """“alertname=Disk* goes to shop-db, as SEV-3”."""
        to = "" if self.to_service is None else self.to_service.name
        return f"{spelled(self.match)} {outcome(to, severity=self.severity, urgency=self.urgency)}"


@transaction.atomic
def create_routing_rule(*, service: Service, spec: RoutingSpec, by: Actor, now: datetime) -> RoutingRule:
    """The last of the service's rules. Raises ConfigError."""
    _held(service, spec)
    rows = _rows(service)
    _check_number(len(rows) + 1)
    row = RoutingRule.objects.create(service=service, position=len(rows) + 1, **spec.columns())
    _renumber([*rows, row])
    _keep_in_mind(service)
    what = f"made routing rule {row.position} of service {service.name}: {spec.said}"
    record([Line(Verb.ROUTING_RULE_CREATED, ("service", service.pk), by, what, data=_plain(row))], now=now)
    return row


@transaction.atomic
def change_routing_rule(*, rule: RoutingRule, spec: RoutingSpec, by: Actor, now: datetime) -> RoutingRule:
    """It says this from now on, at its place. Writes nothing where it does already. Raises ConfigError, also
    where somebody else has taken it out.
    """
    service = rule.service
    _held(service, spec)
    row = _locked(rule)
    before, wanted = _plain(row), spec.columns()
    for name, value in wanted.items():
        setattr(row, name, value)
    if _plain(row) == before:
        return row
    row.save(update_fields=[*wanted])
    what = f"changed routing rule {row.position} of service {service.name}: {spec.said}"
    changed = {name: [before[name], value] for name, value in _plain(row).items() if before[name] != value}
    record([Line(Verb.ROUTING_RULE_CHANGED, ("service", service.pk), by, what, data=changed)], now=now)
    return row


@transaction.atomic
def move_routing_rule(*, rule: RoutingRule, to: int, by: Actor, now: datetime) -> bool:
    """To this place among the rules of its service, from 1; past the last it is the last. Whether that is
    another one. Raises ConfigError where somebody else has taken it out.
    """
    service = rule.service
    _held(service)
    row = _locked(rule)
    rows = _rows(service)
    others = [one for one in rows if one.pk != row.pk]
    place = min(max(to, 1), len(rows)) - 1
    moved = [*others[:place], row, *others[place:]]
    if [one.pk for one in moved] == [one.pk for one in rows]:
        return False
    before = row.position
    _renumber(moved)
    what = f"moved routing rule {before} of service {service.name} to place {place + 1}: {spelled_match(row)}"
    record(
        [
            Line(
                Verb.ROUTING_RULE_MOVED,
                ("service", service.pk),
                by,
                what,
                data={"from": before, "to": place + 1},
            )
        ],
        now=now,
    )
    return True


@transaction.atomic
def remove_routing_rule(*, rule: RoutingRule, by: Actor, now: datetime, why: str = "") -> bool:
    """New alerts no longer go by it. Whether that is news. Waits for intakes that decide by it just now."""
    service = rule.service
    _held(service)
    row = RoutingRule.objects.select_for_update(of=("self",)).select_related("to_service")
    found = row.filter(pk=rule.pk).first()
    if found is None:
        return False
    what = f"took out routing rule {found.position} of service {service.name}: {_said(found)}"
    data = _plain(found)
    found.delete()
    _renumber(_rows(service))
    _keep_in_mind(service)
    record([Line(Verb.ROUTING_RULE_REMOVED, ("service", service.pk), by, what, why, data=data)], now=now)
    return True


@transaction.atomic
def set_routing(*, service: Service, specs: Sequence[RoutingSpec], by: Actor, now: datetime) -> bool:
    """Exactly these are the service's rules, in this order. Whether that is news. Raises ConfigError."""
    _held(service, *specs)
    _check_number(len(specs))
    there = _rows(service)
    if [_plain(row) for row in there] == [_plain(RoutingRule(**spec.columns())) for spec in specs]:
        return False
    before = [_said(row) for row in there]
    RoutingRule.objects.filter(pk__in=[row.pk for row in there]).delete()
    RoutingRule.objects.bulk_create(
        RoutingRule(service=service, position=number, **spec.columns())
        for number, spec in enumerate(specs, start=1)
    )
    _keep_in_mind(service)
    said = "; ".join(spec.said for spec in specs) or "none: what comes by its keys stays"
    what = f"set the routing rules of service {service.name}: {said}"
    data = {"before": before, "after": [_said(row) for row in _rows(service)]}
    record([Line(Verb.ROUTING_RULES_SET, ("service", service.pk), by, what[:2000], data=data)], now=now)
    return True


def check_no_rule_leads_to(service: Service) -> None:
    """Before it is retired, with its row locked. Raises ConfigError where a rule of another one leads there:
    what is sent on would have nowhere to go.
    """
    rows = RoutingRule.objects.filter(to_service=service, service__retired_at=None).select_related("service")
    rule = rows.order_by("service__name", "position").first()
    if rule is not None:
        raise ConfigError(
            f"Routing rule {rule.position} of “{rule.service.name}” ({spelled_match(rule)}) leads to "
            f"“{service.name}”; let it lead elsewhere, or take it out, first."
        )


def _held(service: Service, *specs: RoutingSpec) -> None:
    """The rows of the services, locked in one order: one change of rules at a time, and none to what is being
    retired. Raises ConfigError.
    """
    wanted = {service.pk, *(spec.to_service.pk for spec in specs if spec.to_service is not None)}
    rows = Service.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    services = {row.pk: row for row in rows}
    if specs and services[service.pk].retired_at is not None:
        raise ConfigError(f"{service.name} is retired; nothing comes by its keys.")
    for spec in specs:
        _check(spec, service, services)


def _check(spec: RoutingSpec, service: Service, services: Mapping[int, Service]) -> None:
    faults = faults_of(spec.match)
    if faults:
        raise ConfigError(" ".join(faults))
    if spec.severity and spec.severity not in SEVERITIES:
        raise ConfigError(f"“{spec.severity[:20]}” is no severity; write one of {', '.join(SEVERITIES)}.")
    if spec.urgency and spec.urgency not in URGENCIES:
        raise ConfigError(f"“{spec.urgency[:20]}” is no urgency; write {' or '.join(URGENCIES)}.")
    to = spec.to_service
    if to is None and not (spec.severity or spec.urgency):
        raise ConfigError("It says nothing of these alerts; name a service, a severity or an urgency.")
    if to is not None and to.pk == service.pk:
        raise ConfigError(f"It leads to {service.name} itself; leave the service out, and it stays there.")
    if to is not None and services[to.pk].retired_at is not None:
        raise ConfigError(f"{to.name} is retired; choose a service that is in use.")


def _check_number(number: int) -> None:
    if number > MOST:
        raise ConfigError(f"A service has at most {MOST} routing rules; let one with a * stand for several.")


def _rows(service: Service) -> list[RoutingRule]:
    rows = RoutingRule.objects.filter(service=service).select_related("service", "to_service")
    return list(rows.order_by("position", "pk"))


def _locked(rule: RoutingRule) -> RoutingRule:
    rows = RoutingRule.objects.select_for_update(of=("self",)).select_related("service", "to_service")
    found = rows.filter(pk=rule.pk).first()
    if found is None:
        raise ConfigError("Somebody has just taken this rule out; make a new one.")
    return found


def _renumber(rows: Sequence[RoutingRule]) -> None:
    """From 1, without a gap."""
    moved = [row for number, row in enumerate(rows, start=1) if row.position != number]
    for number, row in enumerate(rows, start=1):
        row.position = number
    RoutingRule.objects.bulk_update(moved, ["position"])


def _keep_in_mind(service: Service) -> None:
    """On the service's row, which intake reads anyway, stands whether to ask for rules at all. As long as
    something that was sent on is open, yes: what ends it comes by a key of this service.
    """
    there = RoutingRule.objects.filter(service=service).exists()
    there = there or Alert.objects.filter(origin=service, status=Alert.Status.OPEN).exists()
    Service.objects.filter(pk=service.pk).exclude(has_routing=there).update(has_routing=there)


def _plain(row: RoutingRule) -> dict[str, Any]:
    return {
        "match": row.match,
        "service": row.to_service.name if row.to_service else "",
        "severity": row.severity,
        "urgency": row.urgency,
    }


def _said(row: RoutingRule) -> str:
    return f"{spelled_match(row)} {makes_of_it(row)}"
