"""How a team's shifts went over three months, and what was done about it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.core.matching import matches
from escalation.selectors import IncidentName, Quieted
from oncall.core.span import Span
from watchbill.reports.core.fairness import TRAILING, over_budget, trailing
from watchbill.reports.core.report import DayRow, Marker, Trend
from watchbill.reports.core.thresholds import Thresholds
from watchbill.reports.gathering import A_DAY, FAR
from watchbill.reports.making.figures import Figures, rounded
from watchbill.reports.making.tallies import Tallies

AROUND = TRAILING * A_DAY
AN_INSTANT = timedelta(microseconds=1)
QUIETED = {"suppress": "suppressed", "trial": "put on trial"}


def trend(figures: Figures, tallies: Tallies, thresholds: Thresholds, *, budget: int) -> Trend:
    """Days are those of the team's zone; an incident counts on the day of its first page."""
    end = figures.scope.within.end
    zone = ZoneInfo(figures.gathered.crew.team.time_zone)
    last = (end - AN_INSTANT).astimezone(zone).date()
    days = trailing(_by_day(figures, zone), first=last - (FAR - AROUND) + A_DAY, last=last)
    ended = tallies.ended_in(Span(end - FAR, end))
    share = over_budget(ended, budget=budget)
    return Trend(
        days=[DayRow(day=day.day, incidents=day.incidents, average=rounded(day.average)) for day in days],
        shifts=len(ended),
        over_budget=sum(one.pages > budget for one in ended),
        share_over=rounded(share),
        colour=thresholds.shifts_over_budget.colour(share).said,
        markers=list(_markers(figures)),
    )


def _by_day(figures: Figures, zone: ZoneInfo) -> Mapping[date, int]:
    first: dict[int, datetime] = {}
    for page in figures.gathered.pages:
        first[page.incident] = min(page.asked, first.get(page.incident, page.asked))
    return Counter(at.astimezone(zone).date() for at in first.values())


def _markers(figures: Figures) -> Iterator[Marker]:
    """Rules that keep alerts quiet, with what came before each and after. What is too old to have all of its
    before in sight is left out.
    """
    end = figures.scope.within.end
    for one in figures.gathered.quieted:
        if figures.scope.far.start <= one.since - AROUND and one.since < end:
            about = [
                page.asked
                for page in figures.gathered.pages
                if _means(one, figures.gathered.names[page.incident])
            ]
            words = ", ".join(f"{label}={value}" for label, value in sorted(one.match.items()))
            yield Marker(
                at=one.since,
                what=f"{words or 'every alert'} of {one.service} {QUIETED.get(one.kind, one.kind)}",
                before=sum(one.since - AROUND <= at < one.since for at in about),
                after=sum(one.since <= at < one.since + AROUND for at in about),
                days_after=min((end - one.since) // A_DAY, TRAILING),
            )


def _means(rule: Quieted, about: IncidentName) -> bool:
    return rule.service == about.service and matches(rule.match, about.labels)
