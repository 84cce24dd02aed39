"""The admin of this floor: schedules with their preview, swaps, time off and where it is read from."""

from oncall.admin.away_calendars import AwayCalendarAdmin
from oncall.admin.schedules import ScheduleAdmin
from oncall.admin.swaps import SwapAdmin
from oncall.admin.time_off import TimeOffAdmin

__all__ = ["AwayCalendarAdmin", "ScheduleAdmin", "SwapAdmin", "TimeOffAdmin"]
