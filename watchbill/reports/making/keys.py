"""What each alert cost: pages, sleep, hours and money, and whether it grows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from escalation.core.label import NOT_ACTIONABLE
from watchbill.reports.core.hours import Kind
from watchbill.reports.core.key import match_of
from watchbill.reports.core.report import KeyRow
from watchbill.reports.making.costs import Costs
from watchbill.reports.making.figures import Figures, rounded, seconds

if TYPE_CHECKING:
    from watchbill.reports.gathering import Seen

WEEKS = 12
LATELY = 4
A_WEEK = timedelta(days=7)
AN_INSTANT = timedelta(microseconds=1)
Name = tuple[str, str]
"""A service's name and a key."""


def key_rows(figures: Figures, costs: Costs) -> list[KeyRow]:
    """Of the pages in the report's time, the one with most first; of equal ones by service and key."""
    pages: dict[Name, list[Seen]] = defaultdict(list)
    for page in figures.counted:
        pages[_name(figures, page.incident)].append(page)
    wakes, engaged, weeks, money = _wakes(figures), _engaged(figures), _weeks(figures), costs.of_keys()
    rows = []
    for name, mine in pages.items():
        incidents = [figures.incidents[pk] for pk in dict.fromkeys(page.incident for page in mine)]
        labelled = [one for one in incidents if one.label is not None]
        about = figures.gathered.names[mine[-1].incident]
        rows.append(
            KeyRow(
                service=name[0],
                key=name[1],
                title=about.title,
                pages=len(mine),
                wakes=wakes[name],
                share=rounded(len(mine) / len(figures.counted)),
                incidents=len(incidents),
                resolved_themselves=sum(one.resolved_itself for one in incidents),
                labelled=len(labelled),
                not_actionable=sum(one.label in NOT_ACTIONABLE for one in labelled),
                flapping=any(one.flapping for one in incidents),
                engaged=engaged.get(name, 0),
                weeks=weeks[name],
                trend=_trend(weeks[name]),
                match=match_of(labels=about.labels),
                cost=money.get(name, []),
            )
        )
    return sorted(rows, key=lambda row: (-row.pages, row.service, row.key))


def _name(figures: Figures, incident: int) -> Name:
    return figures.gathered.names[incident].service, figures.key(incident)


def _wakes(figures: Figures) -> Counter[Name]:
    """An interruption of several keys counts for each."""
    about = {page.id: page.incident for page in figures.gathered.pages}
    found: Counter[Name] = Counter()
    for one in figures.counted_interruptions:
        if figures.kind(one.user, one.first) is Kind.SLEEP:
            found.update({_name(figures, about[page]) for page in one.pages if page in about})
    return found


def _engaged(figures: Figures) -> Mapping[Name, int]:
    """Seconds: what something of several keys took is shared by their pages."""
    about = {page.id: page.incident for page in figures.counted}
    found: dict[Name, float] = defaultdict(float)
    for mine in figures.gathered.beside.engagements.values():
        for one in mine:
            pages = [page for page in one.pages if page in about]
            for page in pages:
                found[_name(figures, about[page])] += seconds(one.span.end - one.span.start) / len(one.pages)
    return {name: round(sum_) for name, sum_ in found.items()}


def _weeks(figures: Figures) -> Mapping[Name, list[int]]:
    end = figures.scope.within.end
    found: dict[Name, list[int]] = defaultdict(lambda: [0] * WEEKS)
    for page in figures.gathered.pages:
        ago = (end - page.asked - AN_INSTANT) // A_WEEK  # what came as a week began is of that week
        if 0 <= ago < WEEKS:
            found[_name(figures, page.incident)][WEEKS - 1 - ago] += 1
    return found


def _trend(weeks: Sequence[int]) -> float | None:
    before = sum(weeks[-2 * LATELY : -LATELY])
    return rounded(sum(weeks[-LATELY:]) / before) if before else None
