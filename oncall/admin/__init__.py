"""The admin of this floor: schedules with their preview, time off, and calendar addresses."""

from oncall.admin.feeds import FeedAdmin
from oncall.admin.schedules import ScheduleAdmin
from oncall.admin.time_off import TimeOffAdmin

__all__ = ["FeedAdmin", "ScheduleAdmin", "TimeOffAdmin"]
