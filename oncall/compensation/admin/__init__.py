"""The admin of pay."""

from oncall.compensation.admin.adjustments import AdjustmentAdmin
from oncall.compensation.admin.corrections import CorrectionAdmin
from oncall.compensation.admin.disputes import DisputeAdmin
from oncall.compensation.admin.lieu import LieuUseAdmin
from oncall.compensation.admin.statements import StatementAdmin

__all__ = ["AdjustmentAdmin", "CorrectionAdmin", "DisputeAdmin", "LieuUseAdmin", "StatementAdmin"]
