"""The admin of this floor: how people are reached, on their page; every message, and what became of it;
and what people sent us.
"""

from paging.admin.attempts import AttemptAdmin
from paging.admin.messages import NotificationAdmin
from paging.admin.people import ReachablePersonAdmin
from paging.admin.replies import InboundAdmin

__all__ = ["AttemptAdmin", "InboundAdmin", "NotificationAdmin", "ReachablePersonAdmin"]
