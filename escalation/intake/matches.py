"""Which alerts a rule kept quiet is written down, so that its owner sees what it does."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from escalation.core.incident import Parked
from escalation.models import Incident, RuleMatch
from escalation.quiet.rules import Ruled


def write_matches(ruled: Mapping[int, Ruled], *, now: datetime, new: bool = True) -> None:
    """By alert (its id). Of suppress rules, and of alerts that are not new, nothing is to be reckoned."""
    rows = [
        RuleMatch(
            rule_id=rule.id,
            alert_id=alert,
            at=now,
            last_at=now,
            reckoned_at=None if new and rule.reason is Parked.TRIAL else now,
        )
        for alert, one in ruled.items()
        for rule in one.rules
    ]
    if rows:
        RuleMatch.objects.bulk_create(rows, ignore_conflicts=True)


def touch_matches(alerts: Iterable[int], *, now: datetime) -> None:
    """They have come again, and are still what the rule means."""
    RuleMatch.objects.filter(alert__in=list(alerts), rule__ended_at=None).update(last_at=now)


def kept_by_rules(incident_ids: Iterable[int]) -> set[int]:
    """Those of the incidents that page nobody because of a rule."""
    by_rule = [Parked.SUPPRESSED, Parked.TRIAL]
    rows = Incident.objects.filter(
        Q(parked_reason__in=by_rule) | Q(quiet_reason__in=by_rule), pk__in=list(incident_ids)
    ).exclude(status=Incident.Status.RESOLVED)
    return set(rows.values_list("pk", flat=True))
