"""Find what somebody named, or say what they may have meant."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from oncall.api.instants import legible
from oncall.core.definition import in_order
from oncall.models import Schedule, ScheduleVersion
from people.models import Team, User


class UnknownName(LookupError):
    """Nothing has that name; the text is a sentence with a suggestion."""


def find_schedule(name: str) -> Schedule:
    """The schedule of that name, retired or not. Raises UnknownName."""
    rows = Schedule.objects.select_related("team")
    found = rows.filter(name=name).first() if legible(name) == name else None
    if found is None:
        names = Schedule.objects.filter(retired_at=None).order_by("name").values_list("name", flat=True)
        raise UnknownName(no_such("schedule", name, names))
    return found


def find_user(username: str) -> User:
    """The person of that username, deactivated or not. Raises UnknownName."""
    found = User.objects.filter(username=username).first() if legible(username) == username else None
    if found is None:
        active = User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)
        raise UnknownName(no_such("person", username, active))
    return found


def find_team(name: str) -> Team:
    """The team of that name. Raises UnknownName."""
    found = Team.objects.filter(name=name).first() if legible(name) == name else None
    if found is None:
        raise UnknownName(no_such("team", name, Team.objects.order_by("name").values_list("name", flat=True)))
    return found


def no_such(kind: str, name: str, known: Iterable[str]) -> str:
    """There is no schedule “Chekout”; did you mean “Checkout”?"""
    by_folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    hint = f"; did you mean “{by_folded[near[0]]}”?" if near else _listed(by_folded.values())
    return f"There is no {kind} “{legible(name)}”{hint}"


def _listed(names: Iterable[str]) -> str:
    shown = list(names)[:8]
    return f"; there is {', '.join(f'“{name}”' for name in shown)}." if shown else "."


def versions_at(schedules: Iterable[Schedule], *, at: datetime) -> dict[int, ScheduleVersion]:
    """By schedule id, the version in force at `at`; before the first begins, the first."""
    found: dict[int, ScheduleVersion] = {}
    rows = ScheduleVersion.objects.filter(schedule__in=[one.pk for one in schedules])
    for version in rows.order_by("effective_from"):
        if version.schedule_id not in found or version.effective_from <= at:
            found[version.schedule_id] = version
    return found


def zones_at(schedules: Iterable[Schedule], *, at: datetime) -> dict[int, ZoneInfo]:
    """By schedule id, the zone its wall-clock times are in at `at`."""
    return {pk: ZoneInfo(version.time_zone) for pk, version in versions_at(schedules, at=at).items()}


def roles_from(schedule: Schedule, *, at: datetime) -> list[str]:
    """The roles of the version in force at `at` and of those that begin later."""
    current = versions_at([schedule], at=at)[schedule.pk]
    rows = ScheduleVersion.objects.filter(schedule=schedule, effective_from__gte=current.effective_from)
    return in_order({role for version in rows for role in version.definition["roles"]})
