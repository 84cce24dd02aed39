"""Ask for cover of a shift: all of it or a part, the team or one of those who could."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from oncall.actions import Refused, ask_swap
from oncall.models import Schedule
from oncall.permissions import may_ask
from oncall.standins import eligible, standins
from people.ledger.record import Actor
from people.models import User
from watchbill.web.instants import exact, instant, written
from watchbill.web.pages import for_people, person

LONGEST = timedelta(days=366)  # who could is looked up for all of it
LONGEST_ADDRESS = 18  # digits of a number that every database has room for


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A shift of `giver`'s, as an address names it."""

    schedule: Schedule
    role: str
    giver: User
    start: datetime
    end: datetime


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def ask(request: HttpRequest) -> HttpResponse:
    """GET shows who could; POST asks, and shows the swap, or says why not and keeps what was written."""
    reader = person(request)
    wish = _wish(request.POST if request.method == "POST" else request.GET, reader)
    if wish is None:
        raise Http404("This shift is not one that you can ask cover for; begin at “My next shifts”.")
    if request.method == "POST":
        try:
            swap = _ask(request, wish)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"Asked. Until somebody takes it {_who(wish, reader)} on.")
            return redirect("swap", swap)
    return render(request, "web/ask.html", _shown(request, wish, reader))


def _ask(request: HttpRequest, wish: Wish) -> int:
    reader, now = person(request), timezone.now()
    zone = ZoneInfo(reader.time_zone)
    start = instant(request.POST.get("from", ""), zone, what="start", known=wish.start)
    end = instant(request.POST.get("to", ""), zone, what="end", known=wish.end)
    swap = ask_swap(
        schedule=wish.schedule,
        role=wish.role,
        giver=wish.giver,
        start=start,
        end=end,
        offered_to=_asked(request.POST.get("whom", ""), wish, now=now),
        reason=request.POST.get("reason", ""),
        by=Actor.person(reader, via="web"),
        now=now,
    )
    return swap.pk


def _asked(text: str, wish: Wish, *, now: datetime) -> User | None:
    """None: the team. Raises Refused for who is none of those that may carry it."""
    if not text:
        return None
    found = eligible(wish.schedule, at=now).filter(pk=_number(text)).first()
    if found is None:
        raise Refused("Ask the team, or one of the people shown.")
    return found


def _shown(request: HttpRequest, wish: Wish, reader: User) -> dict[str, Any]:
    now, zone = timezone.now(), ZoneInfo(reader.time_zone)
    start = max(wish.start, now)
    found = (
        standins(wish.schedule, start=start, end=wish.end, now=now, without=[wish.giver.pk])
        if start < wish.end
        else []
    )
    return {
        "here": "swaps",
        "reader": reader,
        "wish": wish,
        "exact": {"start": wish.start.isoformat(), "end": wish.end.isoformat()},
        "from": request.POST.get("from", written(start, zone))[:40],
        "to": request.POST.get("to", written(wish.end, zone))[:40],
        "whom": request.POST.get("whom", ""),
        "reason": request.POST.get("reason", "")[:400],
        "could": [one for one in found if one.candidate.can],
        "could_not": [one for one in found if not one.candidate.can],
        "over": start >= wish.end,
    }


def _wish(said: QueryDict, reader: User) -> Wish | None:
    """What the address says, where `reader` may ask for it."""
    name = said.get("schedule", "").replace("\x00", "")
    schedule = Schedule.objects.filter(name=name, retired_at=None).select_related("team").first()
    number = said.get("giver", "")
    giver = User.objects.filter(pk=_number(number)).first() if number else reader
    start, end = exact(said.get("start", "")), exact(said.get("end", ""))
    if schedule is None or giver is None or start is None or end is None:
        return None
    if not start < end <= start + LONGEST:
        return None
    role = said.get("role", "").replace("\x00", "")[:40]
    if not may_ask(reader, schedule, giver):
        return None
    return Wish(schedule=schedule, role=role, giver=giver, start=start, end=end)


def _number(text: str) -> int:
    """0, which nobody has, for what is no number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ADDRESS else 0


def _who(wish: Wish, reader: User) -> str:
    return "you stay" if wish.giver == reader else f"{wish.giver} stays"
