"""In one tap: “I take it from here”, and “Take me off now”."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from oncall.actions import Refused, release, take_over
from oncall.core.coverage import NEVER_PAGED
from oncall.models import Schedule, Swap
from oncall.standins import carriable
from people.ledger.record import Actor
from people.models import User
from watchbill.web.pages import for_people, person

GOING = (Swap.State.OPEN, Swap.State.TAKEN)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a reader may do now about one role; `asked` is the swap by which they want to come off it."""

    schedule: str
    role: str
    take: bool
    release: bool
    asked: int | None = None


def choices(
    reader: User,
    schedules: Collection[Schedule],
    on: Mapping[tuple[int, str], Collection[int]],
    *,
    now: datetime,
) -> dict[tuple[int, str], Choice]:
    """By (schedule id, role), for those roles of `on` about which `reader` can do something; four queries."""
    able = carriable(reader, schedules, at=now)
    names = {schedule.pk: schedule.name for schedule in schedules}
    asked = _asked(reader, names, now=now)
    found = {}
    for (schedule, role), users in on.items():
        alone, holds = set(users) == {reader.pk}, reader.pk in users
        if schedule in names and role not in NEVER_PAGED:
            found[schedule, role] = Choice(
                schedule=names[schedule],
                role=role,
                take=schedule in able and not alone,
                release=holds and (schedule, role) not in asked,
                asked=asked.get((schedule, role)) if holds else None,
            )
    return found


@require_POST
@for_people
def take(request: HttpRequest) -> HttpResponse:
    """POST `/take-over`: the one who taps it holds the role from now on."""
    reader, schedule = person(request), _schedule(request)
    try:
        made = take_over(
            schedule=schedule,
            role=_role(request),
            user=reader,
            by=Actor.person(reader, via="web"),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"You are {made.role} of {schedule} now.")
    return _back(request, schedule)


@require_POST
@for_people
def come_off(request: HttpRequest) -> HttpResponse:
    """POST `/take-me-off`: the team is asked at once for the rest of the turn."""
    reader, schedule = person(request), _schedule(request)
    try:
        swap = release(
            schedule=schedule,
            role=_role(request),
            user=reader,
            by=Actor.person(reader, via="web"),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return _back(request, schedule)
    messages.success(request, "Your team is asked now. You stay on until somebody takes it.")
    return redirect("swap", swap.pk)


def _asked(reader: User, schedules: Iterable[int], *, now: datetime) -> dict[tuple[int, str], int]:
    rows = Swap.objects.filter(
        giver=reader, schedule__in=list(schedules), state__in=GOING, start__lte=now, end__gt=now
    )
    return {(schedule, role): pk for pk, schedule, role in rows.values_list("pk", "schedule_id", "role")}


def _schedule(request: HttpRequest) -> Schedule:
    name = request.POST.get("schedule", "").replace("\x00", "")
    found = Schedule.objects.filter(name=name, retired_at=None).select_related("team").first()
    if found is None:
        raise Http404(f"There is no schedule “{name[:100]}”.")
    return found


def _role(request: HttpRequest) -> str:
    return request.POST.get("role", "").replace("\x00", "")[:40]


def _back(request: HttpRequest, schedule: Schedule) -> HttpResponse:
    return redirect("schedule", schedule.name) if request.POST.get("back") == "schedule" else redirect("home")
