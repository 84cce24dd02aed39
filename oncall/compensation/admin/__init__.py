"""The admin of pay."""

from oncall.compensation.admin.around import BudgetAdmin, CompanyDayAdmin
from oncall.compensation.admin.plans import PlanAdmin

__all__ = ["BudgetAdmin", "CompanyDayAdmin", "PlanAdmin"]
