"""The admin of this floor: what pages whom, incidents and calls; and the rules that keep alerts quiet."""

from escalation.admin.calls import HotCallAdmin
from escalation.admin.deliveries import HookDeliveryAdmin
from escalation.admin.heartbeats import HeartbeatAdmin
from escalation.admin.incidents import IncidentAdmin
from escalation.admin.maintenance import MaintenanceAdmin
from escalation.admin.policies import PolicyAdmin
from escalation.admin.routing import RoutingRuleAdmin
from escalation.admin.routing_keys import RoutingKeyAdmin
from escalation.admin.rules import AlertRuleAdmin
from escalation.admin.services import ServiceAdmin
from escalation.admin.webhooks import WebhookAdmin

__all__ = [
    "AlertRuleAdmin",
    "HeartbeatAdmin",
    "HookDeliveryAdmin",
    "HotCallAdmin",
    "IncidentAdmin",
    "MaintenanceAdmin",
    "PolicyAdmin",
    "RoutingKeyAdmin",
    "RoutingRuleAdmin",
    "ServiceAdmin",
    "WebhookAdmin",
]
