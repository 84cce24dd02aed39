"""The schedules, for engineers: who is on now, and a month of one as a calendar and as a list."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from oncall.api.rows import duties
from oncall.core import final
from oncall.core.definition import in_order
from oncall.core.final import Shift
from oncall.loading import rosters
from oncall.models import Override, Schedule
from oncall.selectors import on_call
from people.models import User
from people.permissions import may_edit_team
from watchbill.web.month import LABELS, WEEK, Month, Seen, touching
from watchbill.web.pages import for_people, person
from watchbill.web.taking import choices

MARGIN = timedelta(weeks=10)  # beside the drawn weeks, so that shifts are told whole
MOST_SHIFTS = 1500  # of all roles in one drawing; a month of hourly turns has 744
MONTH = re.compile(r"([12]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    schedules = list(Schedule.objects.filter(retired_at=None).select_related("team").order_by("name"))
    on = duties(schedules, at={schedule.pk: now for schedule in schedules})
    rows = [
        {"schedule": schedule, "roles": [duty for duty in on if duty.schedule == schedule.name]}
        for schedule in schedules
    ]
    return render(
        request, "web/schedules.html", {"here": "schedules", "rows": rows, "reader": person(request)}
    )


@require_safe
@for_people
def detail(request: HttpRequest, name: str) -> HttpResponse:
    """A month in a fixed number of queries, however many shifts it has."""
    schedule = Schedule.objects.select_related("team").filter(name=name.replace("\x00", "")).first()
    if schedule is None:
        raise Http404(f"There is no schedule “{name[:100]}”.")
    reader, now = person(request), timezone.now()
    begun, zones = _zones(schedule, reader, now=now)
    chosen = "schedule" if request.GET.get("zone") == "schedule" else "mine"
    month = Month(_first(request.GET.get("month", ""), now.astimezone(zones[chosen])), zones[chosen])
    since, until = month.since - MARGIN, month.until + MARGIN
    shifts = touching(_shifts(schedule, since, until, begun), month.since, month.until)
    people = User.objects.in_bulk({shift.user for shift in shifts if shift.user is not None})
    seen = Seen(people=people, reader=reader, now=now, since=since, until=until)
    roles = in_order({shift.role for shift in shifts})
    role = request.GET.get("role", "")
    crowded = role not in roles and len(shifts) > MOST_SHIFTS
    role = roles[0] if crowded else role
    wanted = [shift for shift in shifts if role not in roles or shift.role == role]
    context = {
        "here": "schedules",
        "schedule": schedule,
        "reader": reader,
        "now": now,
        "month": month,
        "zone": zones[chosen],
        "zones": zones,
        "chosen": chosen,
        "roles": roles,
        "role": role if role in roles else "",
        "crowded": len(shifts) if crowded else 0,
        "on": _on_now(schedule, reader, now=now),
        "weeks": month.weeks(wanted, seen),
        "width": LABELS + WEEK,
        **_listed(wanted, month, seen),
        "overrides": list(_overrides(schedule, month, role if role in roles else "")),
        "legend": sorted(people.values(), key=str),
        "may_edit": reader.is_staff and may_edit_team(reader, schedule.team),
    }
    return render(request, "web/schedule.html", context)


def _zones(
    schedule: Schedule, reader: User, *, now: datetime
) -> tuple[datetime | None, Mapping[str, ZoneInfo]]:
    """When the first version begins; the reader's zone, and the one the schedule is in now."""
    versions = list(schedule.versions.order_by("effective_from").values_list("effective_from", "time_zone"))
    own = "UTC"
    for begins, zone in versions:
        if begins <= now or begins == versions[0][0]:
            own = zone
    zones = {"mine": ZoneInfo(reader.time_zone), "schedule": ZoneInfo(own)}
    return (versions[0][0] if versions else None), zones


def _first(written: str, now: datetime) -> date:
    """The first day of the month that is asked for; of this one where nothing sensible is."""
    found = MONTH.fullmatch(written)
    return date(int(found[1]), int(found[2]), 1) if found else now.date().replace(day=1)


def _shifts(schedule: Schedule, since: datetime, until: datetime, begun: datetime | None) -> Sequence[Shift]:
    """Nothing before the schedule was there, and nothing after it was retired: that is no gap."""
    since = max(since, begun) if begun else until
    until = min(until, schedule.retired_at or until)
    if since >= until:
        return []
    return final.shifts(rosters([schedule.pk], since=since, until=until)[schedule.pk], since, until)


def _listed(shifts: Sequence[Shift], month: Month, seen: Seen) -> dict[str, list[dict[str, Any]]]:
    """What touches the month itself, as text: what is now or ahead, and what is past."""
    found: dict[str, list[dict[str, Any]]] = {"ahead": [], "past": []}
    for shift in touching(shifts, month.begins, month.ends):
        row = {
            "shift": shift,
            "begins": seen.begins(shift),
            "ends": seen.ends(shift),
            "person": seen.people.get(shift.user or 0),
            "mine": shift.user == seen.reader.pk,
            "now": shift.start <= seen.now < shift.end,
        }
        found["past" if shift.end <= seen.now else "ahead"].append(row)
    return found


def _on_now(schedule: Schedule, reader: User, *, now: datetime) -> list[dict[str, Any]]:
    """Who has each role at this moment, and what the reader can do about it."""
    if schedule.retired_at is not None:
        return []
    on = on_call([schedule.pk], at=now)
    people = User.objects.in_bulk({user for users in on.values() for user in users})
    possible = choices(reader, [schedule], on, now=now)
    return [
        {
            "role": role,
            "people": [people[user] for user in on[schedule.pk, role] if user in people],
            "choice": possible.get((schedule.pk, role)),
        }
        for role in in_order({role for _, role in on})
    ]


def _overrides(schedule: Schedule, month: Month, role: str) -> Any:
    found = Override.objects.filter(
        schedule=schedule, cancelled_at=None, start__lt=month.ends, end__gt=month.begins
    )
    found = found.filter(role=role) if role else found
    return found.select_related("user", "instead_of", "created_by").order_by("start", "pk")
