"""What a rule keeps quiet that maintenance has kept quiet so far: of two, an incident remembers the one that
ends later, and a window may end before its time.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from escalation.core.incident import Quiet
from escalation.models import Alert, Incident
from escalation.quiet.rules import in_force, meaning


def ruled_still(incidents: Sequence[Incident], *, at: datetime) -> Mapping[int, Quiet]:
    """By incident, those of which rules of its service mean every open alert, until the first of these ends.
    A query for all of them and one for each service that has rules.
    """
    rows = [row for row in incidents if row.service.has_rules]
    if not rows:
        return {}
    asked = {row.service_id: row.service for row in rows}
    rules = {pk: in_force(service, at=at) for pk, service in asked.items()}
    quiets: defaultdict[int, list[Quiet | None]] = defaultdict(list)
    services = {row.pk: row.service_id for row in rows}
    alerts = Alert.objects.filter(incident__in=list(services), status=Alert.Status.OPEN)
    for pk, labels, severity in alerts.values_list("incident_id", "labels", "severity"):
        found = meaning(rules[services[pk or 0]], labels, severity)
        quiets[pk or 0].append(found.quiet if found else None)
    kept = {pk: [quiet for quiet in found if quiet is not None] for pk, found in quiets.items()}
    return {
        pk: min(found, key=lambda quiet: quiet.until)
        for pk, found in kept.items()
        if len(found) == len(quiets[pk])
    }
