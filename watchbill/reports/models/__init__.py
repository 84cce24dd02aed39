"""The rows of reports. Written by `watchbill.reports.actions` only."""

from watchbill.reports.models.follow_ups import FollowUp
from watchbill.reports.models.stored import Delivery, StoredReport
from watchbill.reports.models.terms import Mailing, Terms

__all__ = ["Delivery", "FollowUp", "Mailing", "StoredReport", "Terms"]
