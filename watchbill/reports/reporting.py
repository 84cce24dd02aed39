"""Reports of teams, as they are asked for: the one function from which every number comes."""

from collections.abc import Callable, Iterable, Iterator

from people.models import Team
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.thresholds import Thresholds, read_thresholds
from watchbill.reports.gathering import Scope, crews, gather
from watchbill.reports.making import make
from watchbill.reports.models import Terms

AT_ONCE = 8


def reports(
    teams: Iterable[Team], scope: Scope, *, progress: Callable[[int], None] = lambda _: None
) -> Iterator[LoadReport]:
    """Of each team, by name, one at a time. `progress` hears how many more are made.

    What AT_ONCE teams have in common is read once and held no longer than for them: the queries grow with
    teams and incidents, not with people, and memory with neither.
    """
    wanted = sorted(teams, key=lambda team: team.name)
    terms = terms_of(wanted)
    for n in range(0, len(wanted), AT_ONCE):
        for gathered in gather(crews(wanted[n : n + AT_ONCE], scope), scope):
            number, thresholds = terms[gathered.crew.team.pk]
            yield make(gathered, thresholds, terms=number)
            progress(1)


def nobodys() -> Team:
    """In the place of a team, for the schedules and services that are no team's. It is no row."""
    return Team(name="")


def report_of(team: Team, scope: Scope) -> LoadReport:
    return next(reports([team], scope))


def terms_of(teams: Iterable[Team]) -> dict[int, tuple[int, Thresholds]]:
    """By team, the version in force and what it says; 0 and the usual where nobody said anything else."""
    ids = [team.pk for team in teams]
    found = {pk: (0, Thresholds()) for pk in ids}
    for row in Terms.objects.filter(team__in=ids).order_by("number"):
        found[row.team_id] = (row.number, read_thresholds(row.thresholds))
    return found
