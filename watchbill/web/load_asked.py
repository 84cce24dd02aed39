"""Which time, and which part of a report, an address asks for. What makes no sense is said in words, and what
can be shown is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict

from escalation.core.label import NOT_ACTIONABLE
from oncall.api.instants import legible, read_instant
from oncall.core.faults import unknown
from oncall.selectors import Duty, duties, schedules_of_team
from people.models import Team, User
from watchbill.reports.core.narrow import narrow
from watchbill.reports.core.report import LoadReport, PageRow
from watchbill.reports.gathering import Scope
from watchbill.reports.gathering.scope import BEGUN, LONGEST

DAYS = {"7": "last 7 days", "28": "28 days", "90": "90 days"}
THIS_SHIFT = "shift"
USUAL = "7"
SHOWN_INSTEAD = "Shown are the last 7 days instead."
A_MOMENT = timedelta(seconds=1)
BY = ("schedule", "role", "person", "service", "alert", "verdict")
OF_PAGES = ("severity", "kind", "what")
WHAT = {
    "missed": "not answered in time",
    "itself": "resolved by themselves",
    "labelled": "labelled",
    "noise": "not actionable",
}


@dataclass(frozen=True, kw_only=True)
class Range:
    """`query`: as addresses have it. `preset`: one of DAYS, THIS_SHIFT, or empty."""

    scope: Scope
    query: Mapping[str, str]
    preset: str
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What of a report is chosen: by filter, what it says. `faults`: filters that choose nothing there is,
    and are left out.
    """

    chosen: Mapping[str, str]
    faults: list[str]

    @property
    def query(self) -> str:
        return urlencode(self.chosen)

    def of(self, report: LoadReport) -> LoadReport:
        """Its shifts, alerts, people and pages; every number stays what it is."""
        by = {name: self.chosen.get(name, "") for name in BY}
        return narrow(
            report,
            schedule=by["schedule"],
            role=by["role"],
            user=by["person"],
            service=by["service"],
            key=by["alert"],
            verdict=by["verdict"],
        )

    def pages(self, report: LoadReport) -> list[PageRow]:
        """Of the report's time, by time."""
        found = [page for page in report.pages if page.counted and self._is_wanted(page)]
        return sorted(found, key=lambda page: (page.at, page.id))

    def _is_wanted(self, page: PageRow) -> bool:
        what = self.chosen.get("what", "")
        asked = ((self.chosen.get("severity"), page.severity), (self.chosen.get("kind"), page.kind))
        return all(want in {None, there} for want, there in asked) and (not what or what in said_of(page))


def said_of(page: PageRow) -> set[str]:
    """Which of WHAT it is."""
    found = {
        "missed": page.missed,
        "itself": page.resolved_itself,
        "labelled": bool(page.label),
        "noise": page.label in NOT_ACTIONABLE,
    }
    return {name for name, is_so in found.items() if is_so}


def range_of(asked: QueryDict, team: Team, reader: User, *, now: datetime) -> Range:
    """Dates and times without an offset are the team's wall clock."""
    if asked.get("since") or asked.get("until"):
        return _between(asked, team, now=now)
    days = asked.get("days", USUAL)
    if days == THIS_SHIFT:
        return _this_shift(team, reader, now=now)
    if days in DAYS:
        return _last(days, now=now)
    fault = f"“{legible(days)}” is none of the lengths that there are: {', '.join(DAYS)} days."
    return _last(USUAL, now=now, fault=fault)


def _last(days: str, *, now: datetime, fault: str = "") -> Range:
    scope = Scope(since=now - timedelta(days=int(days)), until=now, now=now, whole=True)
    faults = [f"{fault} {SHOWN_INSTEAD}"] if fault else []
    return Range(scope=scope, query={"days": days}, preset=days, faults=faults)


def _between(asked: QueryDict, team: Team, *, now: datetime) -> Range:
    """Cut at its edges, as the API and `manage.py load` have it."""
    zone, since, until = ZoneInfo(team.time_zone), asked.get("since", ""), asked.get("until", "")
    try:
        end = read_instant(until, zone) if until else now
        start = read_instant(since, zone) if since else end - timedelta(days=7)
        faults = []
        if end - start > LONGEST:
            start, end = min(end, now) - LONGEST, min(end, now)
            faults = ["A report is about a year at most: shown is the year up to the end."]
        scope = Scope(since=start, until=end, now=now, whole=False)
    except (ValueError, OverflowError) as fault:
        return _last(USUAL, now=now, fault=str(fault))
    query = {name: value for name, value in (("since", since), ("until", until)) if value}
    return Range(scope=scope, query=query, preset="", faults=faults)


def _this_shift(team: Team, reader: User, *, now: datetime) -> Range:
    """The reader's, else that of the primary, up to now."""
    schedules = schedules_of_team(team.pk, since=now)
    carried = duties(schedules, since=now - BEGUN, until=now + A_MOMENT)
    on = [one for one in carried if one.span.end > now]
    if not on:
        return _last(USUAL, now=now, fault=f"Nobody is on call for {team} now.")

    def nearness(duty: Duty) -> tuple[bool, bool, datetime]:
        return duty.user != reader.pk, duty.role != "primary", duty.span.start

    start = min(min(on, key=nearness).span.start, now - A_MOMENT)
    scope = Scope(since=start, until=now, now=now, whole=True)
    return Range(scope=scope, query={"days": THIS_SHIFT}, preset=THIS_SHIFT)


def choices(report: LoadReport) -> dict[str, dict[str, str]]:
    """What each filter can be, with its words; of what the reader sees."""
    people = {row.user: row.name for row in report.people}
    people |= {row.user: row.name for row in report.shifts}
    services = {row.service for row in report.keys} | {row.group for row in report.response.by_service}
    return {
        "schedule": _same(row.schedule for row in report.shifts),
        "role": _same(row.role for row in report.shifts),
        "person": dict(sorted(people.items())),
        "service": _same(services),
        "alert": {row.key: row.key for row in report.keys},
        "verdict": {one: one for one in ("red", "amber", "green")},
    }


def part_of(asked: QueryDict, report: LoadReport) -> Part:
    known: dict[str, Iterable[str]] = {name: list(of) for name, of in choices(report).items()}
    known["severity"] = ("SEV-1", "SEV-2", "SEV-3", "SEV-4")
    known["kind"] = ("sleep", "free", "off", "business")
    known["what"] = WHAT
    chosen, faults = {}, []
    for name in (*BY, *OF_PAGES):
        value = asked.get(name, "")
        if value in known[name]:
            chosen[name] = value
        elif value:
            said = unknown(name, legible(value), known[name])
            faults.append(f"{said} It may have another name now, or be gone; the report is not cut to it.")
    return Part(chosen=chosen, faults=faults)


def _same(words: Iterable[str]) -> dict[str, str]:
    return {word: word for word in sorted(set(words))}
