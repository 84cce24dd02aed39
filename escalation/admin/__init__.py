"""The admin of this floor: what pages whom, incidents and calls; and the rules that keep alerts quiet."""

from escalation.admin.rules import AlertRuleAdmin
from escalation.admin.setup import HotCallAdmin, IncidentAdmin, PolicyAdmin, ServiceAdmin

__all__ = ["AlertRuleAdmin", "HotCallAdmin", "IncidentAdmin", "PolicyAdmin", "ServiceAdmin"]
