"""One team's report, from what was gathered of it."""

from collections import Counter

from escalation.core.label import NOT_ACTIONABLE
from watchbill.reports.core.hours import Kind
from watchbill.reports.core.report import LoadReport, Money, Totals
from watchbill.reports.core.response import severities
from watchbill.reports.core.thresholds import Said, Thresholds
from watchbill.reports.gathering import Gathered
from watchbill.reports.making.costs import Costs
from watchbill.reports.making.figures import Figures, kinds
from watchbill.reports.making.keys import key_rows
from watchbill.reports.making.people import person_rows
from watchbill.reports.making.response import response
from watchbill.reports.making.shifts import page_rows, shift_rows
from watchbill.reports.making.tallies import Tallies
from watchbill.reports.making.trend import trend


def make(gathered: Gathered, thresholds: Thresholds, *, terms: int = 0) -> LoadReport:
    """`terms`: the version of the team's thresholds, 0 for the usual ones."""
    team, scope = gathered.crew.team, gathered.scope
    budget = team.pages_per_shift_budget
    figures = Figures(gathered)
    costs, tallies = Costs(figures), Tallies(figures)
    shifts = shift_rows(figures, costs, thresholds, budget=budget)
    colours = Counter(row.verdict for row in shifts)
    return LoadReport(
        team=team.name,
        team_id=team.pk or 0,
        zone=team.time_zone,
        since=scope.since,
        until=scope.until,
        made_at=scope.now,
        whole=scope.whole,
        budget=budget,
        terms=terms,
        totals=_totals(figures, colours, costs.of_all()),
        shifts=shifts,
        keys=key_rows(figures, costs),
        people=person_rows(figures, tallies, thresholds),
        trend=trend(figures, tallies, thresholds, budget=budget),
        response=response(figures),
        pages=page_rows(figures, shifts),
        faults=list(gathered.beside.faults),
    )


def _totals(figures: Figures, colours: Counter[Said], cost: list[Money]) -> Totals:
    incidents = [figures.incidents[pk] for pk in dict.fromkeys(page.incident for page in figures.counted)]
    labelled = [one for one in incidents if one.label is not None]
    by_kind = Counter(figures.kinds_of_interruptions[one.pages[0]] for one in figures.counted_interruptions)
    return Totals(
        shifts=len(figures.shifts),
        red=colours["red"],
        amber=colours["amber"],
        green=colours["green"],
        pages=len(figures.counted),
        pages_beside=sum(page.duty is None for page in figures.counted),
        interruptions=len(figures.counted_interruptions),
        sleep_interruptions=by_kind[Kind.SLEEP],
        interruptions_by_kind=kinds(by_kind),
        incidents=len(incidents),
        by_severity=dict(severities(incidents)),
        labelled=len(labelled),
        not_actionable=sum(one.label in NOT_ACTIONABLE for one in labelled),
        cost=cost,
    )
