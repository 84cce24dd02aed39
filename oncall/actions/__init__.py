"""Everything that changes a schedule. Each verb writes the ledger in the same transaction."""

from oncall.actions.announcements import add_announcement, announce_now, remove_announcement
from oncall.actions.away_calendars import add_away_calendar, remove_away_calendar
from oncall.actions.feeds import issue_feed, rotate_feed
from oncall.actions.handoffs import set_handoffs
from oncall.actions.holidays import ensure_holidays, extend_holidays
from oncall.actions.overrides import add_override, cancel_override, end_override
from oncall.actions.refusal import Overtaken, Refused
from oncall.actions.schedules import bring_back, create_schedule, new_version, retire_schedule, set_team
from oncall.actions.swaps import approve_swap, ask_swap, decline_swap, take_swap, withdraw_swap
from oncall.actions.taking_over import release, take_over
from oncall.actions.temporaries import add_temporary, cancel_temporary, end_temporary
from oncall.actions.time_off import add_time_off, cancel_time_off
from oncall.actions.weekly import tell_weekly_advice

__all__ = [
    "Overtaken",
    "Refused",
    "add_announcement",
    "add_away_calendar",
    "add_override",
    "add_temporary",
    "add_time_off",
    "announce_now",
    "approve_swap",
    "ask_swap",
    "bring_back",
    "cancel_override",
    "cancel_temporary",
    "cancel_time_off",
    "create_schedule",
    "decline_swap",
    "end_override",
    "end_temporary",
    "ensure_holidays",
    "extend_holidays",
    "issue_feed",
    "new_version",
    "release",
    "remove_announcement",
    "remove_away_calendar",
    "retire_schedule",
    "rotate_feed",
    "set_handoffs",
    "set_team",
    "take_over",
    "take_swap",
    "tell_weekly_advice",
    "withdraw_swap",
]
