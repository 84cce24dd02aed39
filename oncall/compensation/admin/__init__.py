"""The admin of pay."""

from oncall.compensation.admin.plans import PlanAdmin

__all__ = ["PlanAdmin"]
