"""The admin of pager load."""

from watchbill.reports.admin.reports import DeliveryAdmin, FollowUpAdmin, StoredReportAdmin
from watchbill.reports.admin.terms import MailingAdmin, TermsAdmin

__all__ = ["DeliveryAdmin", "FollowUpAdmin", "MailingAdmin", "StoredReportAdmin", "TermsAdmin"]
