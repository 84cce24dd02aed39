"""The rows of pay. Written by `oncall.compensation.actions` only."""

from oncall.compensation.models.plans import Assignment, CompanyDay, PayBudget, PayPlan, PlanVersion
from oncall.compensation.models.statements import (
    Adjustment,
    Dispute,
    DisputeMessage,
    Statement,
    StatementLine,
)
from oncall.compensation.models.working import Correction, LieuUse, Told

__all__ = [
    "Adjustment",
    "Assignment",
    "CompanyDay",
    "Correction",
    "Dispute",
    "DisputeMessage",
    "LieuUse",
    "PayBudget",
    "PayPlan",
    "PlanVersion",
    "Statement",
    "StatementLine",
    "Told",
]
