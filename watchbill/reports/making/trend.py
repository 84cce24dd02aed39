"""How a team's shifts went over three months, and what was done about it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from escalation.core.matching import matches
from escalation.selectors import IncidentName, Quieted
from oncall.core.span import Span
from watchbill.reports.core.fairness import TRAILING, over_budget, trailing
from watchbill.reports.core.report import DayRow, Marker, Trend
from watchbill.reports.core.thresholds import Thresholds
from watchbill.reports.gathering import A_DAY, FAR
from watchbill.reports.making.figures import Figures, key_named, rounded
from watchbill.reports.making.tallies import Tallies
from watchbill.reports.models import FollowUp

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
    """Rules that keep alerts quiet, and follow-ups that are done, by when, each with what came before it and
    after. What is too old to have all of its before in sight is left out.
    """
    scope, pages, names = figures.scope, figures.gathered.pages, figures.gathered.names
    done = [(at, one) for one in figures.gathered.done if (at := one.done_at) is not None]
    found = [
        *((one.since, _rule(one), partial(_means, one)) for one in figures.gathered.quieted),
        *((at, _follow_up(one), partial(_is_about, one)) for at, one in done),
    ]
    for at, what, is_about in sorted(found, key=lambda one: one[:2]):
        if scope.far.start <= at - AROUND and at < scope.within.end:
            near = [page for page in pages if at - AROUND <= page.asked < at + AROUND]
            about = [page.asked for page in near if is_about(names[page.incident])]
            yield Marker(
                at=at,
                what=what,
                before=sum(asked < at for asked in about),
                after=sum(asked >= at for asked in about),
                days_after=min((scope.within.end - at) // A_DAY, TRAILING),
            )


def _rule(rule: Quieted) -> str:
    words = ", ".join(f"{label}={value}" for label, value in sorted(rule.match.items()))
    return f"{words or 'every alert'} of {rule.service} {QUIETED.get(rule.kind, rule.kind)}"


def _follow_up(done: FollowUp) -> str:
    return f"{done.key} of {done.service} followed up: {done.outcome}"


def _is_about(done: FollowUp, about: IncidentName) -> bool:
    return about.service == done.service and key_named(about) == done.key


def _means(rule: Quieted, about: IncidentName) -> bool:
    return rule.service == about.service and matches(rule.match, about.labels)
