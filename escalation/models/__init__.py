"""Rows of the escalation floor: what comes in, what people respond to, and when to look again."""

from escalation.models.alerts import Alert, ChangeEvent
from escalation.models.followers import Follower, HookDelivery, HookTry, LedgerReading
from escalation.models.heartbeats import Heartbeat
from escalation.models.hot_lines import HotCall, HotLine, Ring
from escalation.models.incidents import Incident
from escalation.models.maintenance import MaintenanceWindow
from escalation.models.policies import (
    MOST_ACKNOWLEDGEMENTS,
    MOST_REPEATS,
    EscalationPolicy,
    Step,
    Target,
    TeamTurn,
    Webhook,
)
from escalation.models.routing import RoutingRule
from escalation.models.rules import AlertRule, RuleMatch, TrialPage
from escalation.models.senders import KeyMinute, LastPost
from escalation.models.services import RoutingKey, SeenPost, Service, new_routing_key

__all__ = [
    "MOST_ACKNOWLEDGEMENTS",
    "MOST_REPEATS",
    "Alert",
    "AlertRule",
    "ChangeEvent",
    "EscalationPolicy",
    "Follower",
    "Heartbeat",
    "HookDelivery",
    "HookTry",
    "HotCall",
    "HotLine",
    "Incident",
    "KeyMinute",
    "LastPost",
    "LedgerReading",
    "MaintenanceWindow",
    "Ring",
    "RoutingKey",
    "RoutingRule",
    "RuleMatch",
    "SeenPost",
    "Service",
    "Step",
    "Target",
    "TeamTurn",
    "TrialPage",
    "Webhook",
    "new_routing_key",
]
