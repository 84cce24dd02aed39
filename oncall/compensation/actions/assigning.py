"""Whom a version of a plan pays, and since when: the past stays as it was paid."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

import holidays as library

from oncall.actions.holidays import check_calendar
from oncall.actions.refusal import Refused
from oncall.compensation.models import Assignment, PlanVersion
from people.models import Team, User

LONGEST_PLACE = 16
Whom = tuple[str, int | str]
"""("user", 4), ("team", 2) or ("place", "US-NY")."""


class Assigned(NamedTuple):
    """Names of those who came and of those who went; both empty where nothing changed."""

    added: list[str]
    taken_off: list[str]


def named(people: Iterable[User], teams: Iterable[Team], places: Iterable[str]) -> Mapping[Whom, str]:
    """Each with its name. Raises Refused for one that stands there twice, and for no place or one that no
    holiday calendar knows.
    """
    found: dict[Whom, str] = {}
    asked: list[tuple[Whom, str]] = [
        *((("user", user.pk), str(user)) for user in people),
        *((("team", team.pk), f"team {team}") for team in teams),
        *((("place", _checked(place)), place) for place in places),
    ]
    for whom, name in asked:
        if whom in found:
            raise Refused(f"{name} stands there twice; a version pays everybody once.")
        found[whom] = name
    return found


def _checked(place: str) -> str:
    if not place:
        raise Refused("A place is missing; write a country, or a part of one, such as GB or US-NY.")
    check_place(place)
    return place


def check_place(place: str) -> None:
    """Raises Refused for what is no holiday calendar, and for another name of one, which nobody has."""
    if len(place) > LONGEST_PLACE:
        raise Refused(f"“{place[:20]}…” is no place; write a country and its part, such as GB or US-NY.")
    check_calendar(place)
    country, dash, part = place.partition("-")
    if country and country not in library.list_supported_countries(include_aliases=False):
        usual = f"{library.country_holidays(country).country}{dash}{part}"
        raise Refused(f"“{place}” is another name of {usual}; write {usual}.")


def paid_by(version: PlanVersion) -> dict[Whom, Assignment]:
    """Those whom it pays until it ends; whoever was taken off is not among them."""
    rows = version.assignments.filter(until=None).select_related("user", "team").order_by("pk")
    return {whom_of(row): row for row in rows}


def whom_of(row: Assignment) -> Whom:
    if row.user_id is not None:
        return "user", row.user_id
    return ("team", row.team_id) if row.team_id is not None else ("place", row.place)


def name_of(row: Assignment) -> str:
    return f"team {row.team}" if row.team_id is not None else str(row.user or row.place)


def assign(version: PlanVersion, wanted: Mapping[Whom, str], *, since: date | None, today: date) -> Assigned:
    """Let `version` pay `wanted` and nobody else. Whoever comes is paid from `since` on (None: as long as the
    version is); whoever goes, until `today`, and where that leaves no day, not at all.
    """
    there = paid_by(version)
    came, gone = (
        [whom for whom in wanted if whom not in there],
        [whom for whom in there if whom not in wanted],
    )
    for whom in gone:
        _take_off(there[whom], today=today)
    for whom in came:
        _add(version, whom, since=since)
    return Assigned([wanted[whom] for whom in came], [name_of(there[whom]) for whom in gone])


def _add(version: PlanVersion, whom: Whom, *, since: date | None) -> None:
    """One who was taken off on the same day goes on as if nothing had happened."""
    kind, who = whom
    column = {kind: who} if kind == "place" else {f"{kind}_id": who}
    goes_on = version.assignments.filter(**column, until=since).first() if since else None
    if goes_on is not None:
        goes_on.until = None
        goes_on.save(update_fields=["until"])
    else:
        Assignment.objects.create(version=version, since=since, **column)


def _take_off(row: Assignment, *, today: date) -> None:
    begun = max(row.version.effective_from or date.min, row.since or date.min)
    if begun >= today:
        row.delete()
    else:
        row.until = today
        row.save(update_fields=["until"])
