"""Pager load: the teams with their last weeks, one team as it is now, and reports as they were."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from people import clock
from people.models import Team, User
from people.permissions import may_edit_team
from watchbill.reports.charts import Chart, alt, shows
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.wording import percent
from watchbill.reports.models import StoredReport
from watchbill.reports.seen import manages, shown, teams_read
from watchbill.reports.selectors import open_follow_ups, stored_reports
from watchbill.web import load_rows
from watchbill.web.load_asked import DAYS, THIS_SHIFT, WHAT, Part, choices, part_of, range_of
from watchbill.web.load_files import FORMS
from watchbill.web.load_follow_ups import opened
from watchbill.web.load_seen import seen_now, seen_stored, seen_team
from watchbill.web.pages import for_people, person

WEEKS = 12
SHOWN_SHIFTS, SHOWN_PAGES, SHOWN_STORED = 60, 100, 20
A_WEEK = timedelta(days=7)
PRESETS = {**DAYS, THIS_SHIFT: "this shift"}


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A team's last weekly reports, the oldest first; the colour of each is that of its worst shift."""

    team: Team
    weeks: list[StoredReport] = field(default_factory=list)

    @property
    def last(self) -> StoredReport | None:
        return self.weeks[-1] if self.weeks else None


@require_safe
@for_people
def index(request: HttpRequest) -> HttpResponse:
    reader = person(request)
    teams = teams_read(reader)
    context = {"here": "load", "reader": reader, "strips": _strips(teams, since=clock.now() - WEEKS * A_WEEK)}
    return render(request, "web/load.html", context)


@require_safe
@for_people
def team_page(request: HttpRequest, name: str) -> HttpResponse:
    """Counted now. Who may not see the team hears what is said of one that there is not."""
    reader, now = person(request), clock.now()
    team = seen_team(reader, name)
    asked = range_of(request.GET, team, reader, now=now)
    whole = seen_now(team, reader, asked)
    context = {
        **_shown(request, whole, asked.query, reverse("load-team", args=[name])),
        "team": team,
        "asked": asked,
        "presets": PRESETS,
        "charts": _charts(whole, part_of(request.GET, whole), "load-team-chart", name=name),
        "files": {form: reverse("load-team-file", args=[name, form]) for form in FORMS},
        "stored": _stored(team, reader)[:SHOWN_STORED],
        "follow_ups": opened(open_follow_ups(team), reader, now=now),
        "may_act": may_edit_team(reader, team),
    }
    context["faults"] = [*asked.faults, *context["faults"]]
    return render(request, "web/load_team.html", context)


@require_safe
@for_people
def stored_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """As it was when it was made."""
    reader = person(request)
    row = seen_stored(reader, uid)
    whole = shown(row, reader)
    context = {
        **_shown(request, whole, {}, reverse("load-team", args=[row.team.name])),
        "charts": _charts(whole, part_of(request.GET, whole), "load-chart", uid=uid),
        "files": {form: reverse("load-file", args=[uid, form]) for form in FORMS},
        "team": row.team,
        "kept": row,
        "may_act": may_edit_team(reader, row.team),
    }
    return render(request, "web/load_team.html", context)


def _shown(request: HttpRequest, whole: LoadReport, query: Mapping[str, str], live: str) -> dict[str, Any]:
    """`query` is that of the time alone; filters come on top of it."""
    reader, part = person(request), part_of(request.GET, whole)
    report, everything = part.of(whole), "all" in request.GET
    shifts, pages = load_rows.shifts(report), part.pages(report)
    some = (None, None) if everything else (SHOWN_SHIFTS, SHOWN_PAGES)
    return {
        "here": "load",
        "reader": reader,
        "manages": reader.is_superuser or _manages(reader, whole),
        "report": report,
        "time_query": urlencode(query),
        "here_query": urlencode({**query, **part.chosen}),
        "over": percent(whole.trend.share_over),
        "part": part,
        "chosen": _chosen(part, query),
        "faults": part.faults,
        "choices": choices(whole),
        "shifts": shifts[: some[0]],
        "more_shifts": len(shifts) - len(shifts[: some[0]]),
        "keys": load_rows.keys(report, query),
        "people": load_rows.people(report, live),
        "response": load_rows.response(report, query),
        "pages": load_rows.pages(pages[: some[1]]),
        "all_pages": len(pages),
        "more_pages": len(pages) - len(pages[: some[1]]),
        "numbers": load_rows.totals(report, query),
        "live": live,
    }


def _charts(whole: LoadReport, part: Part, to: str, **about: Any) -> list[dict[str, str]]:
    """Those with something in them; each comes by a request of its own."""
    report = part.of(whole)
    return [
        {
            "name": chart.value,
            "address": reverse(to, kwargs={**about, "chart": chart.value, "form": "svg"}),
            "alt": alt(report, chart),
        }
        for chart in Chart
        if shows(report, chart)
    ]


def _manages(reader: User, report: LoadReport) -> bool:
    team = Team.objects.filter(pk=report.team_id).first()
    return team is not None and manages(reader, team)


def _chosen(part: Part, query: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each filter in words, and the query without it."""
    return [
        (
            WHAT.get(value, value) if name == "what" else load_rows.KINDS.get(value, value),
            urlencode({**query, **{one: of for one, of in part.chosen.items() if one != name}}),
        )
        for name, value in part.chosen.items()
    ]


def _stored(team: Team, reader: User) -> QuerySet[StoredReport]:
    """Those that the reader may read, the newest first."""
    rows = stored_reports(team)
    if manages(reader, team):
        return rows
    return rows.exclude(pk__in=rows.filter(kind=StoredReport.Kind.SHIFT).exclude(about=reader).values("pk"))


def _strips(teams: Iterable[Team], *, since: datetime) -> list[Strip]:
    strips = {team.pk: Strip(team=team) for team in teams}
    rows = StoredReport.objects.filter(team__in=strips, kind=StoredReport.Kind.WEEKLY, until__gt=since)
    for row in rows.defer("body").order_by("until"):
        strips[row.team_id].weeks.append(row)
    return list(strips.values())
