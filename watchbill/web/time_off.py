"""My time off: the days, the calendars it comes from, and the shifts that fall on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from oncall.actions import (
    Refused,
    add_away_calendar,
    add_time_off,
    cancel_time_off,
    remove_away_calendar,
)
from oncall.actions.conflict_news import cover_path
from oncall.actions.time_off_conflicts import conflicts_of
from oncall.away.fetching import host_of
from oncall.core.conflicts import Conflict
from oncall.models import AwayCalendar, Schedule, TimeOff
from oncall.standins import StandIn, standins
from people.ledger.record import Actor
from people.models import User
from watchbill.web.instants import day
from watchbill.web.pages import for_people, person

ONE_DAY = timedelta(days=1)
SHOWN_DAYS = 100
SHOWN_CONFLICTS = 20
WITH_WHO_COULD = 5  # the next ones; of the others the page that asks says who could
WHO_COULD = 3


@dataclass(frozen=True, kw_only=True)
class Met:
    """A shift that falls on my time off, the address that asks for cover, and who could, where looked at."""

    conflict: Conflict
    schedule: Schedule
    ask: str
    could: Sequence[StandIn] | None


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    today = now.astimezone(ZoneInfo(reader.time_zone)).date()
    ahead = TimeOff.objects.filter(user=reader, cancelled_at=None, end__gt=today).select_related("calendar")
    rows = list(ahead.order_by("start", "pk")[:SHOWN_DAYS])
    calendars = AwayCalendar.objects.filter(user=reader, removed_at=None).order_by("pk")
    met = conflicts_of(reader, now=now)
    context = {
        "here": "time-off",
        "reader": reader,
        "today": today,
        "days": [
            (row, row.end - ONE_DAY, host_of(row.calendar.address) if row.calendar else "") for row in rows
        ],
        "calendars": [(one, host_of(one.address)) for one in calendars],
        "met": _met(met[:SHOWN_CONFLICTS], reader, now=now),
        "more": len(met) - SHOWN_CONFLICTS,
    }
    return render(request, "web/time_off.html", context)


@require_POST
@for_people
def add(request: HttpRequest) -> HttpResponse:
    """POST `/time-off/add`: the first and the last day away; one day where the last is left empty."""
    reader = person(request)
    try:
        first, last = _days(request)
        add_time_off(
            user=reader,
            start=first,
            end=last + ONE_DAY,
            reason=request.POST.get("reason", ""),
            by=_by(request),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Noted. Shifts that fall on it stand below.")
    return redirect("time-off")


@require_POST
@for_people
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """POST `/time-off/<id>/cancel`: one's own only; what a calendar says is changed in the calendar."""
    row = get_object_or_404(TimeOff, pk=number, user=person(request), calendar=None)
    try:
        cancel_time_off(time_off=row, by=_by(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "You are not away then.")
    return redirect("time-off")


@require_POST
@for_people
def add_calendar(request: HttpRequest) -> HttpResponse:
    """POST `/time-off/calendars/add`. The address is never shown again."""
    try:
        add_away_calendar(
            user=person(request),
            address=request.POST.get("address", ""),
            words=request.POST.get("words", ""),
            by=_by(request),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Your calendar is read within a minute, and then every hour.")
    return redirect("time-off")


@require_POST
@for_people
def remove_calendar(request: HttpRequest, number: int) -> HttpResponse:
    """POST `/time-off/calendars/<id>/remove`: one's own only."""
    row = get_object_or_404(AwayCalendar, pk=number, user=person(request))
    try:
        remove_away_calendar(calendar=row, by=_by(request), now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Your calendar is read no more, and what it said of days to come is gone.")
    return redirect("time-off")


def _days(request: HttpRequest) -> tuple[date, date]:
    """The first and the last day away. Raises Refused."""
    first = day(request.POST.get("first", ""), what="first day")
    last = day(request.POST.get("last", "") or first.isoformat(), what="last day")
    if last < first:
        raise Refused("The last day is before the first; exchange them.")
    return first, last


def _met(found: Sequence[Conflict], reader: User, *, now: datetime) -> list[Met]:
    schedules = Schedule.objects.select_related("team").in_bulk({one.schedule for one in found})
    met = []
    for place, each in enumerate(found):
        schedule, start, end = schedules[each.schedule], max(each.span.start, now), each.span.end
        path = cover_path(schedule=schedule.name, role=each.shift.role, giver=reader.pk, start=start, end=end)
        could = None
        if place < WITH_WHO_COULD:
            people = standins(schedule, start=start, end=end, now=now, without=[reader.pk])
            could = [one for one in people if one.candidate.can][:WHO_COULD]
        met.append(Met(conflict=each, schedule=schedule, ask=path, could=could))
    return met


def _by(request: HttpRequest) -> Actor:
    return Actor.person(person(request), via="web")
