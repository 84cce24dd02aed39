"""How evenly a schedule is carried over the next 52 weeks; each number opens the shifts behind it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from oncall.advice import advise
from oncall.advice.quality import Quality, quality
from oncall.core.balance import MEASURES, Balance, Day, Tally
from oncall.core.final import Shift
from oncall.models import Schedule
from watchbill.web.pages import for_people, person

HOUR = timedelta(hours=1)
TITLES = {"hours": "Hours", "nights": "Nights", "weekends": "Weekends", "holidays": "Holidays"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One number: its bar fills at twice the mean. `away` says how far from fair it is."""

    text: str
    query: str
    value: float = 0
    top: float = 1
    tone: str = ""
    away: str = ""
    shown: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row behind a number. `day` is the night or day that counts, where one does."""

    shift: Shift
    who: str
    day: Day | None = None


@require_safe
@for_people
def show(request: HttpRequest, name: str) -> HttpResponse:
    schedule = Schedule.objects.filter(name=name.replace("\x00", "")).select_related("team").first()
    if schedule is None:
        raise Http404(f"There is no schedule “{name[:100]}”.")
    now = timezone.now()
    found = quality(schedule, now=now)
    asked = {key: request.GET.get(key, "") for key in ("role", "person", "what")}
    first, last = found.weeks()
    context = {
        "here": "schedules",
        "reader": person(request),
        "schedule": schedule,
        "zone": found.zone,
        "weeks": f"{first} to {last}",
        "findings": advise([schedule.pk], now=now).get(schedule.pk, []),
        "roles": [_role(found, one, asked) for one in found.balances],
        "unknown": [f"{found.people[pk]} {why}" for pk, why in sorted(found.unknown.items())],
        "behind": _behind(found, asked),
    }
    return render(request, "web/quality.html", context)


def _role(found: Quality, one: Balance, asked: dict[str, str]) -> dict[str, Any]:
    longest = one.longest
    return {
        "name": one.role,
        "titles": TITLES.values(),
        "people": [_person(found, one, tally, asked) for tally in one.tallies],
        "mean": [f"{one.means[name]:.1f}" if name in one.means else "unknown" for name in TITLES],
        "gaps": len(one.gaps),
        "gap_hours": one.gap_hours,
        "gap_query": _query(one, what="gaps"),
        "longest": longest
        and {"who": found.people[longest.user], "span": longest.span, "days": longest.hours / 24},
        "longest_query": _query(one, what="longest"),
    }


def _person(found: Quality, one: Balance, tally: Tally, asked: dict[str, str]) -> dict[str, Any]:
    user = found.people[tally.user]
    return {
        "name": str(user),
        "standing": tally.user in one.standing,
        "share": f"{one.share(tally):.1%}",
        "cells": [_cell(one, tally, name, username=user.username, asked=asked) for name in TITLES],
    }


def _cell(one: Balance, tally: Tally, name: str, *, username: str, asked: dict[str, str]) -> Cell:
    value, mean = MEASURES[name](tally), one.means.get(name, 0)
    if value is None:
        return Cell(text="unknown", query="")
    words = {"role": one.role, "person": username, "what": name}
    tone = one.tone(tally, name) or ""
    return Cell(
        text=f"{value:.0f}" if name == "hours" else f"{value:g}",
        query=urlencode(words),
        value=value,
        top=max(2 * mean, value, 1),
        tone=tone,
        away=f"{(value - mean) / mean:+.0%}" if mean and tone in {"amber", "red"} else "",
        shown=asked == words,
    )


def _query(one: Balance, *, what: str) -> str:
    return urlencode({"role": one.role, "what": what})


def _behind(found: Quality, asked: dict[str, str]) -> dict[str, Any] | None:
    """The rows behind the number that was asked for; None where the address asks for none there is."""
    one = next((each for each in found.balances if each.role == asked["role"]), None)
    if one is None:
        return None
    if asked["what"] in {"gaps", "longest"}:
        shifts = one.gaps if asked["what"] == "gaps" else _of_longest(one)
        return {"title": f"{asked['what'].capitalize()} of {one.role}", "lines": list(_lines(found, shifts))}
    tally = next((each for each in one.tallies if found.people[each.user].username == asked["person"]), None)
    if tally is None or asked["what"] not in TITLES:
        return None
    title = f"{TITLES[asked['what']]} of {found.people[tally.user]}, {one.role}"
    return {"title": title, "lines": list(_lines_of(found, tally, asked["what"]))}


def _of_longest(one: Balance) -> Sequence[Shift]:
    longest = one.longest
    if longest is None:
        return ()
    mine = next(tally.shifts for tally in one.tallies if tally.user == longest.user)
    return [shift for shift in mine if shift.start < longest.span.end and shift.end > longest.span.start]


def _lines_of(found: Quality, tally: Tally, what: str) -> Iterator[Line]:
    if what == "hours":
        yield from _lines(found, tally.shifts)
        return
    days = {"nights": tally.nights, "weekends": tally.weekend_days, "holidays": tally.holidays or ()}[what]
    for day in days:
        for shift in day.shifts:
            yield Line(shift=shift, who=str(found.people[tally.user]), day=day)


def _lines(found: Quality, shifts: Iterable[Shift]) -> Iterator[Line]:
    for shift in shifts:
        yield Line(shift=shift, who="nobody" if shift.user is None else str(found.people[shift.user]))
