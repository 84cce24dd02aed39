"""The pages for people. Each answers with and without its trailing slash; nothing redirects."""

from django.urls import path, re_path

from watchbill.web import (
    asking,
    calendars,
    handoffs,
    home,
    incidents,
    link,
    quality,
    schedules,
    session,
    swaps,
    taking,
    time_off,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("calendar", home.show_calendar, name="calendar"),
    path("login/", session.Login.as_view(), name="login"),
    path("logout/", session.Logout.as_view(), name="logout"),
    path("p/<str:token>", link.link, name="page-link"),
    re_path(r"^incidents/?$", incidents.index, name="incidents"),
    path("incidents/<int:incident_id>", incidents.detail, name="incident"),
    path("incidents/<int:incident_id>/", incidents.detail),
    re_path(
        rf"^incidents/(?P<incident_id>[0-9]{{1,18}})/(?P<action>{'|'.join(incidents.ACTIONS)})/?$",
        incidents.act,
        name="incident-act",
    ),
    re_path(r"^handoffs/?$", handoffs.index, name="handoffs"),
    re_path(r"^handoffs/(?P<pk>[0-9]{1,18})/?$", handoffs.detail, name="handoff"),
    re_path(r"^handoffs/(?P<pk>[0-9]{1,18})/note/?$", handoffs.note, name="handoff-note"),
    re_path(r"^handoffs/(?P<pk>[0-9]{1,18})/confirm/?$", handoffs.confirm, name="handoff-confirm"),
    re_path(r"^take-over/?$", taking.take, name="take-over"),
    re_path(r"^take-me-off/?$", taking.come_off, name="take-me-off"),
    re_path(r"^swaps/?$", swaps.index, name="swaps"),
    re_path(r"^swaps/ask/?$", asking.ask, name="swap-ask"),
    re_path(r"^swaps/(?P<swap_id>[0-9]{1,18})/?$", swaps.detail, name="swap"),
    re_path(
        rf"^swaps/(?P<swap_id>[0-9]{{1,18}})/(?P<action>{'|'.join(swaps.ACTIONS)})/?$",
        swaps.act,
        name="swap-act",
    ),
    re_path(r"^time-off/?$", time_off.index, name="time-off"),
    re_path(r"^time-off/add/?$", time_off.add, name="time-off-add"),
    re_path(r"^time-off/(?P<number>[0-9]{1,18})/cancel/?$", time_off.cancel, name="time-off-cancel"),
    re_path(r"^time-off/calendars/add/?$", time_off.add_calendar, name="away-calendar-add"),
    re_path(
        r"^time-off/calendars/(?P<number>[0-9]{1,18})/remove/?$",
        time_off.remove_calendar,
        name="away-calendar-remove",
    ),
    re_path(r"^schedules/?$", schedules.index, name="schedules"),
    # A schedule's name may have slashes; what stands below a schedule is not one. Any character will do: a
    # name for which there is no address would take the first page away from everybody.
    re_path(r"^schedules/(?P<name>[\s\S]+)/quality/?$", quality.show, name="schedule-quality"),
    re_path(r"^schedules/(?P<name>[\s\S]+?)/?$", schedules.detail, name="schedule"),
    re_path(r"^calendars/?$", calendars.calendars, name="calendars"),
]
