"""Mounted at /api/v1/load. A team's address is its name."""

from oncall.api.urls import both
from watchbill.reports.api.views import LoadView, StoredLoadView, TeamLoadView

urlpatterns = [
    *both("load", LoadView),
    *both("load/reports/<uuid:uid>", StoredLoadView),
    *both("load/<path:name>", TeamLoadView),
]
