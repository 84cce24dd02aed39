"""What is read of incidents, and of what stands beside them."""

from escalation.selectors.facts import (
    Act,
    IncidentFacts,
    IncidentName,
    Quieted,
    incident_facts,
    incident_names,
    opened_between,
    quieted_between,
    step_targets,
)
from escalation.selectors.incidents import (
    answered,
    heartbeats,
    hot_numbers,
    incident_about,
    incidents,
    incidents_about,
    newest_alerts,
    open_incidents,
    resolves_at,
    snoozed,
    timeline,
)

__all__ = [
    "Act",
    "IncidentFacts",
    "IncidentName",
    "Quieted",
    "answered",
    "heartbeats",
    "hot_numbers",
    "incident_about",
    "incident_facts",
    "incident_names",
    "incidents",
    "incidents_about",
    "newest_alerts",
    "open_incidents",
    "opened_between",
    "quieted_between",
    "resolves_at",
    "snoozed",
    "step_targets",
    "timeline",
]
