"""The first page: who is on call now, what is open, and when it is my turn."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from escalation.handover.reading import to_confirm, to_note
from escalation.quiet.showing import in_maintenance_now
from escalation.selectors import open_incidents
from oncall.actions import Refused
from oncall.actions.conflict_news import cover_path
from oncall.actions.feeds import issue_feed, live_feed, rotate_feed
from oncall.core import final
from oncall.core.coverage import NEVER_PAGED
from oncall.core.definition import in_order
from oncall.core.final import Shift
from oncall.loading import rosters
from oncall.models import Schedule
from paging.selectors import unreachable_users
from people.ledger.record import Actor
from people.models import Membership, User
from watchbill.reports.selectors import follow_ups_for
from watchbill.web.calendars import entry
from watchbill.web.load_follow_ups import opened
from watchbill.web.pages import for_people, person
from watchbill.web.taking import Choice, choices

AHEAD = timedelta(days=28)
SHOWN_INCIDENTS = 25
SHOWN_SHIFTS = 12
SHOWN_HANDOFFS = 5


@dataclass(frozen=True, kw_only=True)
class MyShift:
    """`until` is None where it goes on past the days looked at."""

    schedule: Schedule
    role: str
    start: datetime
    until: datetime | None
    override: str
    ask: str = ""
    """The page that asks for cover of it."""


@dataclass(kw_only=True)
class RoleNow:
    """Who is on call in a role, until when that stays so, and what the reader can do about it."""

    role: str
    choice: Choice | None = None
    names: list[str] = field(default_factory=list)
    until: datetime | None = None


@require_safe
@for_people
def home(request: HttpRequest) -> HttpResponse:
    """The address that events of a calendar carry (`?schedule=name`) leads on to the schedule's page."""
    name = request.GET.get("schedule", "")
    if name and Schedule.objects.filter(name=name.replace("\x00", "")).exists():
        return redirect("schedule", name)
    return _page(request)


@require_POST
@for_people
def show_calendar(request: HttpRequest) -> HttpResponse:
    """The page, the secret calendar address now on it; `rotate` makes a new one and ends the old."""
    reader = person(request)
    verb = rotate_feed if "rotate" in request.POST else issue_feed
    try:
        verb(owner=reader, by=Actor.person(reader, via="web"), now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    return _page(request)


def _page(request: HttpRequest) -> HttpResponse:
    now, reader = timezone.now(), person(request)
    schedules = list(Schedule.objects.filter(retired_at=None).order_by("name"))
    shifts = _shifts(schedules, now=now)
    mine = sorted(_mine(schedules, shifts, reader, now=now), key=lambda shift: shift.start)
    unanswered_first = open_incidents().order_by("-status", "-triggered_at", "-pk")
    incidents = list(unanswered_first[: SHOWN_INCIDENTS + 1])
    context = {
        "here": "home",
        "reader": reader,
        "in_maintenance": in_maintenance_now(now=now),
        "incidents": incidents[:SHOWN_INCIDENTS],
        "more": len(incidents) > SHOWN_INCIDENTS,
        "duties": [shift for shift in mine if shift.start <= now],
        "shifts": [shift for shift in mine if shift.start > now][:SHOWN_SHIFTS],
        "schedules": _on_call(schedules, shifts, reader, now=now),
        "days": AHEAD.days,
        "calendar": entry(reader, live_feed(reader), now=now),
        "unreachable": _is_unreachable(reader),
        "to_confirm": list(to_confirm(reader)[:SHOWN_HANDOFFS]),
        "follow_ups": opened(follow_ups_for(reader), reader, now=now),
        "to_note": list(to_note(reader, now=now)[:SHOWN_HANDOFFS]),
    }
    return render(request, "web/home.html", context)


def _is_unreachable(reader: User) -> bool:
    """Said to those only whom a page may be for: an observer is asked nothing."""
    carries = reader.memberships.exclude(role=Membership.Role.OBSERVER)
    return unreachable_users().filter(pk=reader.pk).exists() and carries.exists()


def _shifts(schedules: Iterable[Schedule], *, now: datetime) -> Mapping[int, list[Shift]]:
    """The final shifts from now on, by schedule, in a fixed number of queries."""
    until = now + AHEAD
    found = rosters([schedule.pk for schedule in schedules], since=now, until=until)
    return {schedule: final.shifts(roster, now, until) for schedule, roster in found.items()}


def _mine(
    schedules: Iterable[Schedule], shifts: Mapping[int, list[Shift]], reader: User, *, now: datetime
) -> Iterator[MyShift]:
    for schedule in schedules:
        for shift in shifts.get(schedule.pk, ()):
            if shift.user == reader.pk:
                yield MyShift(
                    schedule=schedule,
                    role=shift.role,
                    start=shift.start,
                    until=_end(shift, now=now),
                    override=shift.override,
                    ask=_cover(schedule, shift, reader),
                )


def _cover(schedule: Schedule, shift: Shift, reader: User) -> str:
    if shift.role in NEVER_PAGED:
        return ""
    return cover_path(
        schedule=schedule.name, role=shift.role, giver=reader.pk, start=shift.start, end=shift.end
    )


def _on_call(
    schedules: Collection[Schedule], shifts: Mapping[int, list[Shift]], reader: User, *, now: datetime
) -> list[dict[str, object]]:
    current = {
        (pk, role): [shift for shift in found if shift.role == role and shift.start <= now]
        for pk, found in shifts.items()
        for role in in_order({shift.role for shift in found if shift.start <= now})
    }
    on = {key: _users(found) for key, found in current.items()}
    people = User.objects.in_bulk({user for users in on.values() for user in users})
    possible = choices(reader, schedules, on, now=now)
    rows: defaultdict[int, list[RoleNow]] = defaultdict(list)
    for (pk, role), found in current.items():
        rows[pk].append(
            RoleNow(
                role=role,
                choice=possible.get((pk, role)),
                names=[str(people[user]) for user in on[pk, role] if user in people],
                until=min((end for end in (_end(shift, now=now) for shift in found) if end), default=None),
            )
        )
    return [{"name": schedule.name, "rows": rows[schedule.pk]} for schedule in schedules]


def _users(shifts: Iterable[Shift]) -> list[int]:
    return [shift.user for shift in shifts if shift.user is not None]


def _end(shift: Shift, *, now: datetime) -> datetime | None:
    return shift.end if shift.end < now + AHEAD else None
