"""Rows of the oncall floor. Shifts are never stored: they are computed from versions and overrides."""

from oncall.models.advice import WeeklyAdvice
from oncall.models.announcements import Announcement
from oncall.models.feeds import Feed, ShiftChange, Slot
from oncall.models.handoffs import Handoff, HandoffItem, HandoffPerson
from oncall.models.overrides import Override, TemporarySchedule, TemporaryShift
from oncall.models.schedules import HolidayDate, Participation, Schedule, ScheduleVersion
from oncall.models.swaps import Swap
from oncall.models.time_off import AwayCalendar, ConflictTold, TimeOff

__all__ = [
    "Announcement",
    "AwayCalendar",
    "ConflictTold",
    "Feed",
    "Handoff",
    "HandoffItem",
    "HandoffPerson",
    "HolidayDate",
    "Override",
    "Participation",
    "Schedule",
    "ScheduleVersion",
    "ShiftChange",
    "Slot",
    "Swap",
    "TemporarySchedule",
    "TemporaryShift",
    "TimeOff",
    "WeeklyAdvice",
]
