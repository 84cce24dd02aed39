"""The page of the admin that proposes a fair plan, shows it beside the rotation, and accepts it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.widgets import UnfoldAdminSingleDateWidget

from oncall.actions import Refused
from oncall.core.final import Shift
from oncall.core.walltime import first_instant
from oncall.forms.schedule import latest_version
from oncall.models import Schedule
from oncall.planning import Busy, Proposal, accept, propose
from oncall.planning.proposing import alone
from oncall.planning.told import figure_rows, notes, spreads, turn_rows
from oncall.solver.base import SolverFailed, SolverMissing
from people.models import Team
from people.permissions import may_edit_team
from people.recorded import actor_of, user_of

SALT = "plan"
A_DAY = 24 * 3600  # seconds for which a proposal can be accepted
MONTH = timedelta(days=31)
DAY = timedelta(days=1)

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Base = ModelAdmin[Schedule]
else:
    Base = object


class PlanForm(forms.Form):
    """From midnight to midnight, on the schedule's wall clock."""

    since = forms.DateField(label="From", widget=UnfoldAdminSingleDateWidget)
    until = forms.DateField(label="Until (not included)", widget=UnfoldAdminSingleDateWidget)
    seconds = forms.IntegerField(min_value=1, max_value=30, initial=20, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and not 1900 < since.year < until.year + 1 < 9000:
            raise forms.ValidationError("Write two dates of these years, the later one last.")
        return given


class PlanPage(Base):
    """Mixed into the schedules' admin: `<id>/plan/`, for the managers of the schedule's team."""

    clock: Callable[[], datetime]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.plan_view)
        return [path("<int:object_id>/plan/", view, name="oncall_schedule_plan"), *super().get_urls()]

    def plan_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        schedule = self.get_queryset(request).filter(pk=object_id).first()
        version = latest_version(schedule) if schedule else None
        if schedule is None or version is None:
            raise Http404
        if not self.has_change_permission(request, schedule) or not _manages(request, schedule.team):
            raise PermissionDenied
        with timezone.override(version.time_zone):
            if request.method == "POST" and "accept" in request.POST:
                return self._accepted(request, schedule)
            answer = self._proposed(request, schedule, ZoneInfo(version.time_zone))
            return answer.render()

    def _proposed(self, request: HttpRequest, schedule: Schedule, zone: ZoneInfo) -> TemplateResponse:
        form = PlanForm(
            request.POST if request.method == "POST" else None, initial=_quarter(zone, self.clock())
        )
        shown: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            try:
                shown = _shown(_asked(schedule, form.cleaned_data, zone, now=self.clock()))
            except (Refused, Busy, SolverMissing, SolverFailed) as reason:
                form.add_error(None, str(reason))
        context = {
            **self.admin_site.each_context(request),
            "title": f"A fair plan for {schedule.name}",
            "opts": self.opts,
            "schedule": schedule,
            "form": form,
            "zone": zone,
            **shown,
        }
        return TemplateResponse(request, "oncall/plan.html", context)

    def _accepted(self, request: HttpRequest, schedule: Schedule) -> HttpResponse:
        try:
            said = signing.loads(request.POST["accept"], salt=SALT, max_age=A_DAY)
            if said["schedule"] != schedule.pk:
                raise Refused("This plan is for another schedule; ask for one here.")  # noqa: TRY301
            wanted = {key: datetime.fromisoformat(said[key]) for key in ("since", "until")}
            accept(
                schedule=schedule,
                revision=said["revision"],
                shifts=[
                    Shift(role, user, datetime.fromisoformat(start), datetime.fromisoformat(end))
                    for role, user, start, end in said["shifts"]
                ],
                by=actor_of(request),
                now=self.clock(),
                **wanted,
            )
        except signing.BadSignature:
            messages.error(request, "This plan is older than a day, or not one of ours; ask for a new one.")
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Accepted: the plan stands as a temporary schedule.")
            return redirect(f"{self.admin_site.name}:oncall_schedule_change", schedule.pk)
        return redirect(f"{self.admin_site.name}:oncall_schedule_plan", schedule.pk)


def _manages(request: HttpRequest, team: Team | None) -> bool:
    return may_edit_team(user_of(request), team)


def _quarter(zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """The next whole quarter of the year."""
    today = now.astimezone(zone).date()
    first = today.replace(day=1)
    while first <= today or first.month % 3 != 1:
        first = (first + MONTH).replace(day=1)
    return {"since": first, "until": (first + 3 * MONTH).replace(day=1), "seconds": 20}


def _asked(schedule: Schedule, given: dict[str, Any], zone: ZoneInfo, *, now: datetime) -> Proposal:
    since, until = (
        first_instant(datetime.combine(given[key], datetime.min.time()), zone) for key in ("since", "until")
    )
    with alone():
        return propose(schedule=schedule, since=since, until=until, seconds=given["seconds"], now=now)


def _shown(proposal: Proposal) -> dict[str, Any]:
    shared = {"people": proposal.people, "zone": proposal.zone}
    rows = figure_rows(proposal)
    return {
        "proposal": proposal,
        "notes": notes(proposal),
        "turns": turn_rows(proposal),
        "months": [
            {
                "since": since,
                "plan": {
                    **shared,
                    "since": since,
                    "until": until,
                    "shifts": _within(proposal.shifts, since, until),
                },
                "rotation": {
                    **shared,
                    "since": since,
                    "until": until,
                    "shifts": _within(proposal.rotation, since, until),
                },
            }
            for since, until in _months(proposal)
        ],
        "tables": [
            {"role": role, "rows": [row for row in rows if row["role"] == role], "spread": of}
            for role, of in spreads(proposal).items()
        ],
        "accept": signing.dumps(
            {
                "schedule": proposal.schedule.pk,
                "revision": proposal.revision,
                "since": proposal.since.isoformat(),
                "until": proposal.until.isoformat(),
                "shifts": [
                    (one.role, one.user, one.start.isoformat(), one.end.isoformat())
                    for one in proposal.shifts
                ],
            },
            salt=SALT,
            compress=True,
        ),
    }


def _months(proposal: Proposal) -> list[tuple[datetime, datetime]]:
    """The time in strips of four weeks, which a page has room for."""
    step, found, start = 28 * DAY, [], proposal.since
    while start < proposal.until:
        found.append((start, min(start + step, proposal.until)))
        start += step
    return found


def _within(shifts: tuple[Shift, ...], since: datetime, until: datetime) -> list[Shift]:
    return [one for one in shifts if one.start < until and one.end > since]
