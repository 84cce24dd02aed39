"""Reports as JSON: what `manage.py load` prints and the API answers. Names of fields are for good."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from watchbill.reports.core.report import (
    KeyRow,
    LoadReport,
    PageRow,
    Part,
    PersonRow,
    Response,
    ShiftRow,
    Totals,
    Trend,
)


class ShiftJson(ShiftRow):
    team: str


class KeyJson(KeyRow):
    team: str


class PersonJson(PersonRow):
    team: str


class PageJson(PageRow):
    """`shift`: the place of its shift in `shifts`."""

    team: str


class TeamJson(Part):
    """What is said of a team as a whole, over [since, until)."""

    team: str
    zone: str
    since: datetime
    until: datetime
    made_at: datetime
    whole: bool
    budget: int
    terms: int
    totals: Totals
    trend: Trend
    response: Response
    faults: list[str]


class LoadJson(Part):
    """Times are UTC, lengths seconds, shares fractions of one, amounts of money text."""

    shifts: list[ShiftJson]
    keys: list[KeyJson]
    people: list[PersonJson]
    pages: list[PageJson]
    teams: list[TeamJson]


def as_json(reports: Iterable[LoadReport]) -> dict[str, Any]:
    """Of several teams in one."""
    found = LoadJson(shifts=[], keys=[], people=[], pages=[], teams=[])
    for report in reports:
        team, before = report.team, len(found.shifts)
        found.shifts.extend(ShiftJson(**vars(row), team=team) for row in report.shifts)
        found.keys.extend(KeyJson(**vars(row), team=team) for row in report.keys)
        found.people.extend(PersonJson(**vars(row), team=team) for row in report.people)
        for page in report.pages:
            shift = None if page.shift is None else page.shift + before
            found.pages.append(PageJson(**vars(page) | {"shift": shift, "team": team}))
        found.teams.append(TeamJson(**{name: getattr(report, name) for name in TeamJson.model_fields}))
    return found.model_dump(mode="json")
