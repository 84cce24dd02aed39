"""Mounted at /api/v1/pay/. Each address answers with and without a trailing slash, and neither redirects."""

from oncall.api.urls import both
from oncall.compensation.api.adjustments import AdjustmentsView, AdjustmentView
from oncall.compensation.api.call_outs import (
    ApproveCorrectionView,
    CallOutsView,
    CorrectionsView,
    DeclineCorrectionView,
    WithdrawCorrectionView,
)
from oncall.compensation.api.comparing import CompareView
from oncall.compensation.api.disputes import CloseView, DisputesView, DisputeView, MessagesView
from oncall.compensation.api.lieu import LieuView, UsesView, UseView
from oncall.compensation.api.statements import (
    ApproveView,
    BackToDraftView,
    LockView,
    StatementsView,
    StatementView,
)

urlpatterns = [
    *both("statements", StatementsView),
    *both("statements/<int:pk>", StatementView),
    *both("statements/<int:pk>/approve", ApproveView),
    *both("statements/<int:pk>/back-to-draft", BackToDraftView),
    *both("statements/<int:pk>/lock", LockView),
    *both("adjustments", AdjustmentsView),
    *both("adjustments/<int:pk>", AdjustmentView),
    *both("disputes", DisputesView),
    *both("disputes/<int:pk>", DisputeView),
    *both("disputes/<int:pk>/messages", MessagesView),
    *both("disputes/<int:pk>/close", CloseView),
    *both("call-outs", CallOutsView),
    *both("call-outs/corrections", CorrectionsView),
    *both("call-outs/corrections/<int:pk>/approve", ApproveCorrectionView),
    *both("call-outs/corrections/<int:pk>/decline", DeclineCorrectionView),
    *both("call-outs/corrections/<int:pk>/withdraw", WithdrawCorrectionView),
    *both("compare", CompareView),
    *both("lieu", LieuView),
    *both("lieu/uses", UsesView),
    *both("lieu/uses/<int:pk>", UseView),
]
