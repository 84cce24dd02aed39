"""What becomes of incidents that are open when a rule begins, changes or ends. In the caller's transaction.

Locks are taken in one order: alerts by key, rules, incidents by id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from escalation import engine
from escalation.core.incident import Parked, Quiet
from escalation.core.matching import Rule, matches
from escalation.core.stimulus import Quieted, QuietOver
from escalation.engine import Change
from escalation.models import Alert, AlertRule, Incident, RuleMatch, Service
from escalation.quiet.rules import in_force, meaning
from paging.queue import nudge_on_commit
from people.ledger.record import Actor

AT_ONCE = 50
BY_RULES = (Parked.SUPPRESSED, Parked.TRIAL)


class _Alert(NamedTuple):
    service: int
    labels: Mapping[str, str]
    severity: str


def quiet_what_is_open(rule: Rule, service: Service, *, by: Actor, now: datetime) -> int:
    """Incidents of the service that are open now page nobody before the rule's end. How many.

    One with an open alert that the rule does not mean pages on, whichever service that alert is of. So does
    one of another service: what was merged into it is for those who answer for that one.
    """
    rows = Alert.objects.filter(incident__service=service, status=Alert.Status.OPEN)
    alerts = list(
        rows.exclude(incident__status=Incident.Status.RESOLVED)
        .select_for_update(of=("self",))
        .order_by("dedup_key", "pk")
    )
    means = {alert.pk: rule.means(alert.labels, alert.severity) for alert in alerts}
    other = {alert.incident_id for alert in alerts if not means[alert.pk]}
    kept = [alert for alert in alerts if means[alert.pk] and alert.incident_id not in other]
    RuleMatch.objects.bulk_create(
        [RuleMatch(rule_id=rule.id, alert=alert, at=now, last_at=now, reckoned_at=now) for alert in kept],
        ignore_conflicts=True,
    )
    quiet = Quiet(reason=rule.reason, until=rule.until, why=rule.why)
    incidents = {alert.incident_id or 0 for alert in kept}
    undecided: set[int] = set()
    for locked in _locked(incidents):
        undecided |= engine.apply_each([Change(row, Quieted(quiet), by=by) for row in locked], now=now)
    return len(incidents - undecided)


def reconsider(rule: AlertRule, *, until: datetime, by: Actor, why: str, now: datetime) -> None:
    """What `rule` keeps quiet (before `until`, as it was) is as the rules have it now: quiet no more, or for
    less long, or for longer where this rule is. What something else keeps quiet for longer is left alone.
    """
    pks = _kept_quiet(rule, until=until, now=now)
    rules = in_force(rule.service, at=now) if pks else []
    own = next((one for one in rules if one.id == rule.pk), None)
    for locked in _locked(pks):
        alerts = _open_alerts(row.pk for row in locked)
        asked = {row.service_id for row in locked} | {
            one.service for found in alerts.values() for one in found
        }
        of = {rule.service_id: rules, **_rules_of(asked - {rule.service_id}, now=now)}
        changes = []
        for row in locked:
            stimulus = None
            if _is_kept(row, until) and _is_about(rule, alerts[row.pk]):
                goes_on = row.quiet_until == until and row.service_id == rule.service_id
                stimulus = _stimulus(row, alerts[row.pk], of, own=own if goes_on else None)
            if stimulus is not None:
                changes.append(Change(row, stimulus, by=by, why=why))
        engine.apply_each(changes, now=now)
    if pks:
        nudge_on_commit()


def _kept_quiet(rule: AlertRule, *, until: datetime, now: datetime) -> set[int]:
    """Incidents of its service, and those into which alerts that it meant were merged."""
    rows = Incident.objects.filter(quiet_until__lte=until, quiet_until__gt=now, quiet_reason__in=BY_RULES)
    rows = rows.exclude(status=Incident.Status.RESOLVED)
    meant = Alert.objects.filter(rule_matches__rule=rule).values("incident")
    return {
        *rows.filter(service=rule.service).values_list("pk", flat=True),
        *rows.filter(pk__in=meant).values_list("pk", flat=True),
    }


def _rules_of(services: Collection[int], *, now: datetime) -> dict[int, list[Rule]]:
    """What other services' rules say. They are not locked, since whoever ends one of them may wait for ours;
    the caller holds the incidents, and of two who end rules the second finds what the first has left.
    """
    rows = Service.objects.filter(pk__in=services, has_rules=True) if services else ()
    return {row.pk: in_force(row, at=now, shared=False) for row in rows}


def _is_kept(row: Incident, until: datetime) -> bool:
    """Asked once it is locked: by a rule, and by nothing that lasts longer."""
    return (
        row.quiet_reason in BY_RULES
        and row.quiet_until is not None
        and row.quiet_until <= until
        and row.status != Incident.Status.RESOLVED
    )


def _is_about(rule: AlertRule, alerts: Sequence[_Alert]) -> bool:
    """Whatever severities it is about now; one whose alerts are all over is looked at, too."""
    return not alerts or any(matches(rule.match, alert.labels) for alert in alerts)


def _stimulus(
    row: Incident, alerts: Sequence[_Alert], rules: Mapping[int, list[Rule]], *, own: Rule | None
) -> Quieted | QuietOver | None:
    """`rules`, by service: an alert is meant by those of its own and those of the incident's. `own`: the rule
    that keeps it quiet, if that goes on.
    """
    found = [
        meaning(
            [rule for service in {alert.service, row.service_id} for rule in rules.get(service, ())],
            alert.labels,
            alert.severity,
        )
        for alert in alerts
    ]
    quiets = [one.quiet for one in found if one is not None]
    over = Parked(row.quiet_reason)
    if not quiets or len(quiets) < len(found) or row.quiet_until is None:
        return QuietOver(over)
    last = min(quiets, key=lambda quiet: quiet.until)
    if last.until < row.quiet_until:
        return QuietOver(over, then=last)
    if own is not None and own.until > row.quiet_until:
        longer = all(own.means(alert.labels, alert.severity) for alert in alerts)
        return Quieted(Quiet(reason=own.reason, until=own.until, why=own.why)) if longer else None
    return None


def _open_alerts(incidents: Iterable[int]) -> Mapping[int, list[_Alert]]:
    found: dict[int, list[_Alert]] = defaultdict(list)
    rows = Alert.objects.filter(incident__in=list(incidents), status=Alert.Status.OPEN)
    for pk, *said in rows.values_list("incident_id", "service_id", "labels", "severity"):
        found[pk or 0].append(_Alert(*said))
    return found


def _locked(pks: Iterable[int]) -> Iterator[list[Incident]]:
    ordered = sorted(pks)
    rows = Incident.objects.select_for_update(of=("self",)).select_related("service", "service__team")
    for first in range(0, len(ordered), AT_ONCE):
        yield list(rows.filter(pk__in=ordered[first : first + AT_ONCE]).order_by("pk"))
