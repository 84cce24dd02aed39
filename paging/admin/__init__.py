"""The admin of this floor: how people are reached, on their page; every message, and what became of it."""

from paging.admin.attempts import AttemptAdmin
from paging.admin.messages import NotificationAdmin
from paging.admin.people import ReachablePersonAdmin

__all__ = ["AttemptAdmin", "NotificationAdmin", "ReachablePersonAdmin"]
