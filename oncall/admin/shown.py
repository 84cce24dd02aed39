"""What the page of a schedule shows beside its form: who is on, what is coming, and every version."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from oncall.advice import advise
from oncall.core import final
from oncall.core.definition import Definition
from oncall.core.final import Shift
from oncall.forms import notation
from oncall.loading import rosters
from oncall.models import Schedule, ScheduleVersion, TemporarySchedule, TemporaryShift
from people.models import User

SHOWN = timedelta(days=14)
SHOWN_VERSIONS = 20


def shown(schedule: Schedule, *, now: datetime) -> dict[str, Any]:
    """What the page shows beside the form: who is on, the next two weeks, and every version."""
    versions = list(
        schedule.versions.select_related("created_by").order_by("-effective_from")[:SHOWN_VERSIONS]
    )
    until = now + SHOWN
    found = rosters([schedule.pk], since=now, until=until).get(schedule.pk)
    shifts = final.shifts(found, now, until) if found else []
    people = User.objects.in_bulk({shift.user for shift in shifts if shift.user is not None})
    zone = ZoneInfo(versions[0].time_zone) if versions else ZoneInfo("UTC")
    return {
        "roster": {"shifts": shifts, "people": people, "since": now, "until": until, "zone": zone},
        "now_on": _now_on(shifts, people, now=now),
        "findings": advise([schedule.pk], now=now).get(schedule.pk, []),
        "coming": versions[0] if versions and versions[0].effective_from > now else None,
        "versions": list(_told(versions)),
        "temporaries": _temporaries(schedule, now=now),
    }


def _temporaries(schedule: Schedule, *, now: datetime) -> list[TemporarySchedule]:
    """Those that are not over, with their shifts as `carried`, in order."""
    carried = Prefetch(
        "shifts",
        TemporaryShift.objects.select_related("user").order_by("start", "role", "pk"),
        to_attr="carried",
    )
    live = schedule.temporaries.filter(cancelled_at=None, end__gt=now).order_by("start")
    return list(live.prefetch_related(carried))


def _now_on(shifts: Iterable[Shift], people: Mapping[int, User], *, now: datetime) -> list[tuple[str, str]]:
    names: dict[str, list[str]] = {}
    for shift in shifts:
        if shift.start <= now:
            who = people.get(shift.user or 0)
            names.setdefault(shift.role, []).extend([str(who)] if who else [])
    return [(role, ", ".join(found)) for role, found in names.items()]


def _told(versions: Sequence[ScheduleVersion]) -> Iterator[ScheduleVersion]:
    """The versions with their layers in words, as `lines`."""
    named = {user for version in versions for user in Definition.from_json(version.definition).users()}
    names = dict(User.objects.filter(pk__in=named).values_list("pk", "username"))
    for version in versions:
        version.lines = list(_lines(version.definition, names))  # type: ignore[attr-defined]
        yield version


def _lines(definition: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[str]:
    for role, said in definition["roles"].items():
        if "follows" in said:
            yield f"{role} follows {said['follows']}, layer {said['layer']}, offset {said['offset']}"
        for layer in said.get("layers", ()):
            only = notation.spelled_restrictions(layer.get("restrictions", ()))
            who = notation.spelled_slots(layer["participants"], names)
            turn = f"{layer['shift_length']} from {layer['start'].replace('T', ' ')}"
            yield f"{role}, {layer['name']}: {who} ({turn}{f'; {only}' if only else ''})"
