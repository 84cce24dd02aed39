"""Rows of the paging floor: how a person is reached, and what became of each message."""

from paging.models.contacts import ContactMethod, NotificationRule, Verification
from paging.models.messages import Attempt, Notification, Page
from paging.models.replies import Inbound, ReplyCode
from paging.models.spending import MonthOfSpending

__all__ = [
    "Attempt",
    "ContactMethod",
    "Inbound",
    "MonthOfSpending",
    "Notification",
    "NotificationRule",
    "Page",
    "ReplyCode",
    "Verification",
]
