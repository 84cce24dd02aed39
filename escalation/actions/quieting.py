"""What becomes of incidents that are open when a rule begins, changes or ends. In the caller's transaction.

Locks are taken in one order: alerts by key, rules, incidents by id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from escalation import engine
from escalation.core.incident import Parked, Quiet
from escalation.core.matching import Rule
from escalation.core.stimulus import Quieted, QuietOver
from escalation.engine import Change
from escalation.models import Alert, AlertRule, Incident, RuleMatch, Service
from escalation.quiet.rules import REASONS, in_force, meaning
from paging.queue import nudge_on_commit
from people.ledger.record import Actor

AT_ONCE = 50
BY_RULES = (Parked.SUPPRESSED, Parked.TRIAL, Parked.NOT)


def quiet_what_is_open(rule: Rule, service: Service, *, by: Actor, now: datetime) -> int:
    """Incidents of the service that are open now page nobody before the rule's end. How many.

    One with an open alert that the rule does not mean pages on.
    """
    rows = Alert.objects.filter(service=service, status=Alert.Status.OPEN, incident__isnull=False)
    alerts = list(
        rows.exclude(incident__status=Incident.Status.RESOLVED)
        .select_for_update(of=("self",))
        .order_by("dedup_key")
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
    for locked in _locked(incidents):
        engine.apply_all([Change(row, Quieted(quiet), by=by) for row in locked], now=now)
    return len(incidents)


def reconsider(rule: AlertRule, *, until: datetime, by: Actor, why: str, now: datetime) -> None:
    """What `rule` keeps quiet (before `until`, as it was) is as the rules have it now: quiet for longer, for
    less long, or no more. What is quiet for longer than this by something else is left alone.
    """
    mine = Incident.objects.filter(alerts__rule_matches__rule=rule, quiet_until__lte=until)
    pks = set(mine.exclude(status=Incident.Status.RESOLVED).values_list("pk", flat=True))
    rules = in_force(rule.service, at=now) if pks else []
    for rows in _locked(pks):
        kept = [row for row in rows if _is_kept(row, until)]
        labels = _open_alerts(row.pk for row in kept)
        wanted = {row.pk: _wanted(labels[row.pk], rules) for row in kept}
        changes = [
            Change(row, stimulus, by=by, why=why)
            for row in kept
            if (stimulus := _stimulus(row, wanted[row.pk], rule)) is not None
        ]
        engine.apply_all(changes, now=now)
    if pks:
        nudge_on_commit()


def _is_kept(row: Incident, until: datetime) -> bool:
    """Asked once it is locked: by a rule, and by nothing that lasts longer."""
    return (
        row.parked_reason in BY_RULES
        and row.quiet_until is not None
        and row.quiet_until <= until
        and row.status != Incident.Status.RESOLVED
    )


def _stimulus(row: Incident, wanted: Quiet | None, rule: AlertRule) -> Quieted | QuietOver | None:
    over = Parked(row.parked_reason) or REASONS[AlertRule.Kind(rule.kind)]
    if wanted is None:
        return QuietOver(over)
    if row.quiet_until is None or wanted.until == row.quiet_until:
        return None
    return Quieted(wanted) if wanted.until > row.quiet_until else QuietOver(over, then=wanted)


def _wanted(alerts: Sequence[Mapping[str, Any]], rules: Collection[Rule]) -> Quiet | None:
    """What keeps all open alerts of an incident quiet: as long as the first of them is. None: not all."""
    found = [meaning(rules, alert["labels"], alert["severity"]) for alert in alerts]
    quiets = [one.quiet for one in found if one is not None]
    if not quiets or len(quiets) < len(found):
        return None
    return min(quiets, key=lambda quiet: quiet.until)


def _open_alerts(incidents: Iterable[int]) -> Mapping[int, list[Mapping[str, Any]]]:
    found: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    rows = Alert.objects.filter(incident__in=list(incidents), status=Alert.Status.OPEN)
    for row in rows.values("incident_id", "labels", "severity"):
        found[row["incident_id"]].append(row)
    return found


def _locked(pks: Iterable[int]) -> Iterator[list[Incident]]:
    ordered = sorted(pks)
    rows = Incident.objects.select_for_update(of=("self",)).select_related("service", "service__team")
    for first in range(0, len(ordered), AT_ONCE):
        yield list(rows.filter(pk__in=ordered[first : first + AT_ONCE]).order_by("pk"))
