"""Mounted at /api/v1/. Each address answers with and without a trailing slash, and neither redirects."""

from django.urls import URLPattern, path
from rest_framework.views import APIView

from oncall.api.announcements import AnnouncementsView, AnnouncementView, SendAnnouncementView
from oncall.api.feeds import FeedsView, FeedView
from oncall.api.findings import FindingsView
from oncall.api.overrides import NewOverrideView, OverridesView, OverrideView
from oncall.api.plans import AcceptedPlanView, PlanView
from oncall.api.quality import QualityView
from oncall.api.schedules import RetireView, SchedulesView, ScheduleView, VersionsView
from oncall.api.standing_in import ReleaseView, StandInsView, TakeView
from oncall.api.swaps import (
    ApproveSwapView,
    DeclineSwapView,
    SwapsView,
    SwapView,
    TakeSwapView,
    WithdrawSwapView,
)
from oncall.api.temporaries import TemporariesView, TemporaryView
from oncall.api.time_off import AwayCalendarsView, AwayCalendarView, TimeOffsView, TimeOffView
from oncall.api.trying import PreviewView
from oncall.api.views import OnCallView, ShiftsView


def both(route: str, view: type[APIView]) -> list[URLPattern]:
    """The address, and the same with a slash, which the schema leaves out."""
    return [path(f"{route}/", view.as_view(schema=None)), path(route, view.as_view())]


urlpatterns = [
    *both("oncall", OnCallView),
    *both("schedules", SchedulesView),
    *both("schedules/<path:name>/shifts", ShiftsView),
    *both("schedules/<path:name>/overrides", NewOverrideView),
    *both("schedules/<path:name>/findings", FindingsView),
    *both("schedules/<path:name>/quality", QualityView),
    *both("schedules/<path:name>/plan", PlanView),
    *both("schedules/<path:name>/plan/accept", AcceptedPlanView),
    *both("schedules/<path:name>/versions", VersionsView),
    *both("schedules/<path:name>/retire", RetireView),
    *both("schedules/<path:name>/preview", PreviewView),
    *both("schedules/<path:name>/temporaries", TemporariesView),
    *both("schedules/<path:name>/announcements", AnnouncementsView),
    *both("schedules/<path:name>/take", TakeView),
    *both("schedules/<path:name>/release", ReleaseView),
    *both("schedules/<path:name>/standins", StandInsView),
    *both("schedules/<path:name>", ScheduleView),
    *both("announcements/<int:pk>", AnnouncementView),
    *both("announcements/<int:pk>/send", SendAnnouncementView),
    *both("overrides", OverridesView),
    *both("overrides/<int:pk>", OverrideView),
    *both("feeds", FeedsView),
    *both("feeds/<int:pk>", FeedView),
    *both("temporaries/<int:pk>", TemporaryView),
    *both("swaps", SwapsView),
    *both("swaps/<int:pk>", SwapView),
    *both("swaps/<int:pk>/take", TakeSwapView),
    *both("swaps/<int:pk>/approve", ApproveSwapView),
    *both("swaps/<int:pk>/decline", DeclineSwapView),
    *both("swaps/<int:pk>/withdraw", WithdrawSwapView),
    *both("time-off", TimeOffsView),
    *both("time-off/<int:pk>", TimeOffView),
    *both("away-calendars", AwayCalendarsView),
    *both("away-calendars/<int:pk>", AwayCalendarView),
]
