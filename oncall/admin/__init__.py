"""The admin of this floor: schedules with their preview, and time off."""

from oncall.admin.schedules import ScheduleAdmin
from oncall.admin.time_off import TimeOffAdmin

__all__ = ["ScheduleAdmin", "TimeOffAdmin"]
