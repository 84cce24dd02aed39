"""The pages for people. Each answers with and without its trailing slash; nothing redirects."""

from django.urls import path, re_path

from oncall.compensation.exports.files import FORMS
from watchbill.reports.charts import Chart
from watchbill.web import (
    alert_rules,
    alerts,
    asking,
    bundle,
    calendars,
    contact_card,
    handoffs,
    heartbeats,
    home,
    incidents,
    link,
    load,
    load_files,
    load_follow_ups,
    load_lower,
    maintenance,
    many,
    pay,
    pay_call_outs,
    pay_disputes,
    pay_lieu,
    pay_statement,
    pay_team,
    pay_what_if,
    quality,
    raising,
    reach,
    ruling,
    schedules,
    session,
    swaps,
    taking,
    time_off,
    verify,
)
from watchbill.web.pay_months import MONTH

FORM = "|".join(FORMS)
LOAD_FORM = "|".join(load_files.FORMS)
CHART = "|".join(Chart)
UID = r"(?P<uid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"

urlpatterns = [
    path("", home.home, name="home"),
    path("calendar", home.show_calendar, name="calendar"),
    path("contact-card.vcf", contact_card.card, name="contact-card"),
    path("login/", session.Login.as_view(), name="login"),
    path("logout/", session.Logout.as_view(), name="logout"),
    re_path(r"^p/(?P<token>b[^/]*)$", bundle.bundle, name="bundle-link"),
    path("p/<str:token>", link.link, name="page-link"),
    path("verify/<str:token>", verify.verify, name="verify-link"),
    re_path(r"^pay/what-if/?$", pay_what_if.what_if, name="pay-what-if"),
    re_path(r"^incidents/?$", incidents.index, name="incidents"),
    re_path(r"^incidents/new/?$", raising.new, name="incident-new"),
    re_path(r"^incidents/many/?$", many.answer, name="incidents-many"),
    re_path(r"^incidents/merge/?$", many.merge, name="incidents-merge"),
    path("incidents/<int:incident_id>", incidents.detail, name="incident"),
    path("incidents/<int:incident_id>/", incidents.detail),
    re_path(r"^alerts/(?P<number>[0-9]{1,18})/?$", alerts.detail, name="alert"),
    re_path(
        rf"^incidents/(?P<number>[0-9]{{1,18}})/(?P<action>{'|'.join(incidents.ACTIONS)})/?$",
        incidents.act,
        name="incident-act",
    ),
    re_path(r"^maintenance/?$", maintenance.index, name="maintenance"),
    re_path(r"^maintenance/start/?$", maintenance.start, name="maintenance-start"),
    re_path(
        r"^maintenance/(?P<number>[0-9]{1,18})/(?P<action>end|cancel)/?$",
        maintenance.act,
        name="maintenance-act",
    ),
    re_path(r"^rules/?$", alert_rules.index, name="alert-rules"),
    re_path(r"^rules/new/?$", ruling.new, name="alert-rule-new"),
    re_path(r"^rules/(?P<rule_id>[0-9]{1,18})/?$", alert_rules.detail, name="alert-rule"),
    re_path(
        rf"^rules/(?P<rule_id>[0-9]{{1,18}})/(?P<action>{'|'.join(alert_rules.ACTIONS)})/?$",
        alert_rules.act,
        name="alert-rule-act",
    ),
    re_path(r"^handoffs/?$", handoffs.index, name="handoffs"),
    re_path(r"^handoffs/(?P<pk>[0-9]{1,18})/?$", handoffs.detail, name="handoff"),
    re_path(r"^handoffs/(?P<pk>[0-9]{1,18})/note/?$", handoffs.note, name="handoff-note"),
    re_path(r"^handoffs/(?P<pk>[0-9]{1,18})/confirm/?$", handoffs.confirm, name="handoff-confirm"),
    re_path(r"^heartbeats/?$", heartbeats.index, name="heartbeats"),
    re_path(
        rf"^heartbeats/(?P<heartbeat_id>[0-9]{{1,18}})/(?P<action>{'|'.join(heartbeats.ACTIONS)})/?$",
        heartbeats.act,
        name="heartbeat-act",
    ),
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
    re_path(r"^reach/?$", reach.index, name="reach"),
    re_path(r"^reach/preview/?$", reach.preview, name="reach-preview"),
    re_path(r"^reach/add/?$", reach.add, name="reach-add"),
    re_path(r"^reach/test/?$", reach.test_page, name="reach-test"),
    re_path(r"^reach/test/end/?$", reach.end_test, name="reach-test-end"),
    re_path(
        rf"^reach/(?P<number>[0-9]{{1,18}})/(?P<action>{'|'.join(reach.ACTIONS)})/?$",
        reach.act,
        name="reach-act",
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
    re_path(r"^pay/call-outs/?$", pay_call_outs.index, name="pay-call-outs"),
    re_path(r"^pay/call-outs/correct/?$", pay_call_outs.correct, name="pay-call-outs-correct"),
    re_path(
        rf"^pay/call-outs/corrections/(?P<number>[0-9]{{1,18}})/(?P<action>{'|'.join(pay_call_outs.ACTIONS)})/?$",
        pay_call_outs.act,
        name="pay-call-outs-act",
    ),
    re_path(r"^pay/?$", pay.index, name="pay"),
    re_path(r"^pay/time-in-lieu/?$", pay_lieu.take, name="lieu-take"),
    re_path(r"^pay/time-in-lieu/(?P<number>[0-9]{1,18})/cancel/?$", pay_lieu.cancel, name="lieu-cancel"),
    re_path(rf"^pay/{MONTH}/?$", pay_statement.mine, name="pay-month"),
    re_path(rf"^pay/{MONTH}\.(?P<form>{FORM})$", pay_statement.my_file, name="pay-file"),
    re_path(rf"^pay/{MONTH}/dispute/?$", pay_disputes.dispute, name="pay-line-dispute"),
    re_path(r"^pay/disputes/(?P<pk>[0-9]{1,18})/?$", pay_disputes.detail, name="pay-dispute"),
    re_path(
        rf"^pay/disputes/(?P<pk>[0-9]{{1,18}})/(?P<action>{'|'.join(pay_disputes.ACTIONS)})/?$",
        pay_disputes.act,
        name="pay-dispute-act",
    ),
    re_path(rf"^pay/of/(?P<username>[^/]+)/{MONTH}/?$", pay_statement.of, name="pay-of"),
    re_path(
        rf"^pay/of/(?P<username>[^/]+)/{MONTH}\.(?P<form>{FORM})$",
        pay_statement.file_of_person,
        name="pay-of-file",
    ),
    re_path(
        rf"^pay/of/(?P<username>[^/]+)/{MONTH}/(?P<action>{'|'.join(pay_statement.ACTIONS)})/?$",
        pay_statement.act,
        name="pay-of-act",
    ),
    re_path(rf"^pay/team/(?P<name>[\s\S]+)/{MONTH}/?$", pay_team.overview, name="pay-team"),
    re_path(
        rf"^pay/team/(?P<name>[\s\S]+)/{MONTH}\.(?P<form>{FORM})$",
        pay_team.file_of_team,
        name="pay-team-file",
    ),
    re_path(
        rf"^pay/team/(?P<name>[\s\S]+)/{MONTH}/approve/?$", pay_team.approve_all, name="pay-team-approve"
    ),
    re_path(rf"^pay/team/(?P<name>[\s\S]+)/{MONTH}/reckon/?$", pay_team.reckon, name="pay-team-reckon"),
    re_path(r"^load/?$", load.index, name="load"),
    re_path(rf"^load/reports/{UID}/?$", load.stored_page, name="load-report"),
    re_path(
        rf"^load/reports/{UID}/(?P<chart>{CHART})\.(?P<form>svg|png|pdf)$",
        load_files.chart_of_stored,
        name="load-chart",
    ),
    re_path(rf"^load/reports/{UID}\.(?P<form>{LOAD_FORM})$", load_files.file_of_stored, name="load-file"),
    re_path(
        r"^load/follow-ups/(?P<pk>[0-9]{1,18})/done/?$", load_follow_ups.done, name="load-follow-up-done"
    ),
    # What stands below a team, whose name may have slashes, comes before its own page.
    re_path(r"^load/team/(?P<name>[\s\S]+)/follow-up/?$", load_follow_ups.new, name="load-follow-up"),
    re_path(r"^load/team/(?P<name>[\s\S]+)/lower/?$", load_lower.lower, name="load-lower"),
    re_path(
        rf"^load/team/(?P<name>[\s\S]+)/(?P<chart>{CHART})\.(?P<form>svg|png|pdf)$",
        load_files.chart_of_team,
        name="load-team-chart",
    ),
    re_path(
        rf"^load/team/(?P<name>[\s\S]+)/report\.(?P<form>{LOAD_FORM})$",
        load_files.file_of_team,
        name="load-team-file",
    ),
    re_path(r"^load/team/(?P<name>[\s\S]+?)/?$", load.team_page, name="load-team"),
    re_path(r"^schedules/?$", schedules.index, name="schedules"),
    # A schedule's name may have slashes; what stands below a schedule is not one. Any character will do: a
    # name for which there is no address would take the first page away from everybody.
    re_path(r"^schedules/(?P<name>[\s\S]+)/quality/?$", quality.show, name="schedule-quality"),
    re_path(r"^schedules/(?P<name>[\s\S]+?)/?$", schedules.detail, name="schedule"),
    re_path(r"^calendars/?$", calendars.calendars, name="calendars"),
]
