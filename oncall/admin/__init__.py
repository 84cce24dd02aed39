"""The admin of this floor: schedules with their preview, swaps, time off, and addresses of calendars."""

from oncall.admin.away_calendars import AwayCalendarAdmin
from oncall.admin.feeds import FeedAdmin
from oncall.admin.schedules import ScheduleAdmin
from oncall.admin.swaps import SwapAdmin
from oncall.admin.time_off import TimeOffAdmin

__all__ = ["AwayCalendarAdmin", "FeedAdmin", "ScheduleAdmin", "SwapAdmin", "TimeOffAdmin"]
