"""How urgent a severity is for a service at an instant."""

from collections.abc import Mapping
from datetime import datetime

from escalation.core.incident import Urgency
from escalation.core.support_hours import SupportHours

DEFAULTS = {"SEV-1": "high", "SEV-2": "high", "SEV-3": "support_hours", "SEV-4": "low"}


def urgency_of(
    severity: str, *, rules: Mapping[str, str], hours: SupportHours | None, at: datetime
) -> tuple[Urgency, datetime | None]:
    """The urgency, and for one held outside support hours the instant at which they begin.

    Without support hours set, `support_hours` is high: nobody said that it may wait.
    """
    rule = rules.get(severity, DEFAULTS.get(severity, "high"))
    if rule == "low":
        return Urgency.LOW, None
    if rule != "support_hours" or hours is None:
        return Urgency.HIGH, None
    if hours.open_at(at):
        return Urgency.HIGH, None
    upcoming = [start for start, _ in hours.windows_near(at) if start > at]
    return (Urgency.LOW, min(upcoming)) if upcoming else (Urgency.HIGH, None)
