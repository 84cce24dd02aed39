"""Follow-ups about noisy alerts: opened for somebody by a day, and done with what came of it."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from oncall.actions.refusal import Refused as NoDay
from oncall.core.walltime import wall_time
from people import clock
from people.ledger.record import Actor
from people.models import Team, User
from people.permissions import may_edit_team
from watchbill.reports.actions.follow_ups import finish_follow_up, open_follow_up
from watchbill.reports.actions.refusal import Refused
from watchbill.reports.models import FollowUp
from watchbill.reports.seen import teams_read
from watchbill.web.instants import day
from watchbill.web.load_seen import seen_team
from watchbill.web.pages import for_people, person

USUAL = timedelta(days=14)


class Open(NamedTuple):
    row: FollowUp
    overdue: bool
    may_finish: bool


def opened(rows: list[FollowUp], reader: User, *, now: datetime) -> list[Open]:
    """As pages show them; a day is over by the team's clock."""
    return [
        Open(
            row=row,
            overdue=row.due < wall_time(now, ZoneInfo(row.team.time_zone)).date(),
            may_finish=may_finish(reader, row),
        )
        for row in rows
    ]


def may_finish(reader: User, row: FollowUp) -> bool:
    return row.owner_id == reader.pk or may_edit_team(reader, row.team)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def new(request: HttpRequest, name: str) -> HttpResponse:
    """`?service=&alert=` say what it is about; POST opens it, or says why not and keeps what was written."""
    reader, now = person(request), clock.now()
    team = editable_team(reader, name)
    members = list(team.members.filter(is_active=True).order_by("username"))
    if request.method == "POST":
        try:
            row = _opened(request, team, members, now=now)
        except (Refused, NoDay) as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{row.owner} is to do it until {row.due}, and finds it on “On call”.")
            return redirect(f"{reverse('load-team', args=[name])}#follow-ups")
    said = request.POST if request.method == "POST" else request.GET
    today = wall_time(now, ZoneInfo(team.time_zone)).date()
    context = {
        "here": "load",
        "reader": reader,
        "team": team,
        "members": members,
        "service": said.get("service", "")[:100],
        "alert": said.get("alert", "")[:120],
        "what": said.get("what", "Make it page less, or not at all")[:300],
        "owner": said.get("owner", str(reader.pk)),
        "due": said.get("due", (today + USUAL).isoformat())[:10],
        "today": today,
    }
    return render(request, "web/load_follow_up.html", context)


@require_POST
@for_people
def done(request: HttpRequest, pk: str) -> HttpResponse:
    reader = person(request)
    row = get_object_or_404(FollowUp.objects.select_related("team", "owner"), pk=int(pk))
    if not may_finish(reader, row):
        raise Http404  # the same as for one that there is not
    try:
        outcome = request.POST.get("outcome", "")
        finish_follow_up(follow_up=row, outcome=outcome, by=Actor.person(reader, via="web"), now=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Done: {row.what}.")
    if request.POST.get("back") == "home" or row.team not in teams_read(reader):
        return redirect("home")
    return redirect(f"{reverse('load-team', args=[row.team.name])}#follow-ups")


def editable_team(reader: User, name: str) -> Team:
    """Raises Http404, and PermissionDenied for who may look only."""
    team = seen_team(reader, name)
    if not may_edit_team(reader, team):
        raise PermissionDenied
    return team


def _opened(request: HttpRequest, team: Team, members: list[User], *, now: datetime) -> FollowUp:
    asked = request.POST
    owner = next((one for one in members if str(one.pk) == asked.get("owner")), None)
    if owner is None:
        raise Refused(f"Choose who is to do it, of the people in {team}.")
    return open_follow_up(
        team=team,
        service=asked.get("service", ""),
        key=asked.get("alert", ""),
        what=asked.get("what", ""),
        owner=owner,
        due=day(asked.get("due", ""), what="day"),
        by=Actor.person(person(request), via="web"),
        now=now,
    )
