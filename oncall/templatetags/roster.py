"""The final schedule, drawn: one line for each role, one bar for each shift."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import template

from oncall.core.definition import in_order
from oncall.core.final import Shift
from oncall.core.walltime import first_instant, wall_time
from people.models import User

register = template.Library()

NEVER_PAGED = "shadow"  # a gap there worries nobody
GOLDEN_ANGLE = 137.5  # neighbours in the list of people get hues far apart


@register.inclusion_tag("oncall/strip.html")
def roster_strip(roster: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the `shifts` from `since` to `until`, by `people` (by id); days begin at midnight in `zone`.

    Several shifts of one role at once stand one below the other.
    """
    people: Mapping[int, User] = roster["people"]
    scale = _Scale(roster["since"], roster["until"], roster["zone"])
    hues = {pk: round(n * GOLDEN_ANGLE) % 360 for n, pk in enumerate(sorted(people))}
    lines: defaultdict[str, list[list[Shift]]] = defaultdict(list)
    for shift in roster["shifts"]:
        _put(lines[shift.role], shift)
    return {
        "roles": [
            {
                "name": role,
                "lines": [[_bar(shift, people, hues, scale) for shift in line] for line in lines[role]],
            }
            for role in in_order(set(lines))
        ],
        "days": _days(scale),
        "zone": scale.zone,
    }


class _Scale:
    """Instants as percentages of the strip's width, and the zone whose days it shows."""

    def __init__(self, since: datetime, until: datetime, zone: tzinfo) -> None:
        self.since, self.until, self.zone = since, until, zone

    def at(self, moment: datetime) -> float:
        inside = min(max(moment, self.since), self.until)
        return 100 * (inside - self.since) / (self.until - self.since)

    def place(self, start: datetime, end: datetime) -> str:
        return f"left:{self.at(start):.3f}%;width:{self.at(end) - self.at(start):.3f}%"


def _put(lines: list[list[Shift]], shift: Shift) -> None:
    for line in lines:
        if line[-1].end <= shift.start:
            line.append(shift)
            return
    lines.append([shift])


def _bar(shift: Shift, people: Mapping[int, User], hues: Mapping[int, int], scale: _Scale) -> dict[str, Any]:
    who = people.get(shift.user) if shift.user is not None else None
    start, end = (f"{at.astimezone(scale.zone):%a %d %b %H:%M}" for at in (shift.start, shift.end))
    by = f", {shift.override}" if shift.override else ""
    place = scale.place(shift.start, shift.end)
    return {
        "name": who or "nobody",
        "title": f"{who or 'nobody'}, {start} to {end}{by}",
        "gap": who is None,
        "idle": shift.role == NEVER_PAGED,
        "override": shift.override,
        "style": place if who is None else f"{place};background-color:hsl({hues[who.pk]} 52% 38%)",
    }


def _days(scale: _Scale) -> list[dict[str, Any]]:
    day = wall_time(scale.since, scale.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    days = []
    while (start := first_instant(day, scale.zone)) < scale.until:
        following = day + timedelta(days=1)
        place = scale.place(start, first_instant(following, scale.zone))
        days.append({"label": f"{day:%a} {day.day}", "style": place, "weekend": day.weekday() > 4})
        day = following
    return days
