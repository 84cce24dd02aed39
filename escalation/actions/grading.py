"""How bad one alert of a service is from now on, whatever its source says."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from escalation.actions.config import change_service
from escalation.actions.steps import ConfigError
from escalation.core.matching import canonical, faults_of
from escalation.models import Service
from people.ledger.record import Actor

ANYTHING = "*"


@transaction.atomic
def grade_alert(
    *, service: Service, match: Mapping[str, str], severity: str, by: Actor, now: datetime
) -> Service:
    """Alerts with just these labels are `severity`: a rule before all others of the service, in the place of
    one with the same labels. What is open stays as it is. Raises ConfigError.
    """
    faults = faults_of(match)
    if not faults and any(ANYTHING in value for value in match.values()):
        faults = ["A severity rule means labels as they are; write each in full, without *."]
    if faults:
        raise ConfigError(" ".join(faults))
    row = Service.objects.select_for_update().get(pk=service.pk)
    if row.retired_at is not None:
        raise ConfigError(f"The service “{row.name}” is not in use any more.")
    rule = {"match": dict(match), "severity": severity}
    if row.severity_rules[:1] == [rule]:
        raise ConfigError(f"{canonical(match)} of {row.name} is {severity} already.")
    others = [one for one in row.severity_rules if one.get("match") != rule["match"]]
    return change_service(service=row, severity_rules=[rule, *others], by=by, now=now)
