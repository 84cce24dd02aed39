"""The final schedule, drawn: one line for each role, one bar for each shift."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django import template

from oncall.core.definition import in_order
from oncall.core.difference import Difference
from oncall.core.final import Shift
from oncall.core.walltime import first_instant, wall_time
from people.models import User

register = template.Library()

NEVER_PAGED = "shadow"  # a gap there worries nobody
GOLDEN_ANGLE = 137.508  # neighbours in the list of people get hues far apart


@register.filter
def colour(person: User) -> str:
    """A person's colour, the same on every page and before and after every edit; white text reads on it."""
    return f"oklch(50% .13 {round(person.pk * GOLDEN_ANGLE) % 360})"


@register.inclusion_tag("oncall/strip.html")
def roster_strip(roster: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the `shifts` from `since` to `until`, by `people` (by id); days begin at midnight in `zone`.

    Several shifts of one role at once stand one below the other. Below a role who stands there before an
    edit, for the spans that are `changed` (a list of differences), and a line at `now`; both may be left out.
    """
    people: Mapping[int, User] = roster["people"]
    scale = _Scale(roster["since"], roster["until"], roster["zone"])
    lines: defaultdict[str, list[list[Shift]]] = defaultdict(list)
    for shift in roster["shifts"]:
        _put(lines[shift.role], shift)
    changed: Iterable[Difference] = roster.get("changed", ())
    return {
        "roles": [
            {
                "name": role,
                "lines": [[_bar(shift, people, scale) for shift in line] for line in lines[role]],
                "changed": [_was(one, people, scale) for one in changed if one.role == role],
            }
            for role in in_order({*lines, *(one.role for one in changed)})
        ],
        "days": _days(scale),
        "zone": scale.zone,
        "now": _now(roster.get("now"), scale),
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


def _now(now: datetime | None, scale: _Scale) -> str:
    return f"left:{scale.at(now):.3f}%" if now and scale.since <= now < scale.until else ""


def _put(lines: list[list[Shift]], shift: Shift) -> None:
    for line in lines:
        if line[-1].end <= shift.start:
            line.append(shift)
            return
    lines.append([shift])


def _bar(shift: Shift, people: Mapping[int, User], scale: _Scale) -> dict[str, Any]:
    who = people.get(shift.user) if shift.user is not None else None
    by = f", {shift.override}" if shift.override else ""
    place = scale.place(shift.start, shift.end)
    return {
        "name": who or "nobody",
        "title": f"{who or 'nobody'}, {_span(shift.start, shift.end, scale.zone)}{by}",
        "gap": who is None,
        "idle": shift.role == NEVER_PAGED,
        "override": shift.override,
        "style": place if who is None else f"{place};background-color:{colour(who)}",
    }


def _was(one: Difference, people: Mapping[int, User], scale: _Scale) -> dict[str, Any]:
    """Who stands there now, where that would be another."""
    names = " + ".join(str(people[user]) for user in one.before) or "nobody"
    place = scale.place(one.start, one.end)
    return {
        "name": names,
        "title": f"saved: {names}, {_span(one.start, one.end, scale.zone)}",
        "style": f"{place};border-color:{colour(people[one.before[0]])}" if one.before else place,
    }


def _span(start: datetime, end: datetime, zone: tzinfo) -> str:
    first, last = (f"{at.astimezone(zone):%a %d %b %H:%M}" for at in (start, end))
    return f"{first} to {last}"


def _days(scale: _Scale) -> list[dict[str, Any]]:
    day = wall_time(scale.since, scale.zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    days = []
    while (start := first_instant(day, scale.zone)) < scale.until:
        following = day + timedelta(days=1)
        place = scale.place(start, first_instant(following, scale.zone))
        days.append({"label": f"{day:%a} {day.day}", "style": place, "weekend": day.weekday() > 4})
        day = following
    return days
