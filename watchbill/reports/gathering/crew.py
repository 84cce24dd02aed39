"""Who carried what for each team, and on other teams' schedules at the same time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from oncall.core.span import Span
from oncall.selectors import Duty, duties, schedules_naming, schedules_of_team
from people.models import Membership, PastMembership, Team
from watchbill.reports.gathering.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Crew:
    """`schedules`: the team's, by id. `duties`: what was carried of them, by start. `users`: whoever carried
    any, and the members.
    """

    team: Team
    schedules: Mapping[int, str]
    duties: Sequence[Duty]
    users: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Carriage:
    """Everything that these people carried, on any schedule."""

    by_user: Mapping[int, Sequence[Duty]]
    _starts: dict[int, list[datetime]] = field(default_factory=dict)

    def at(self, user: int, at: datetime) -> list[Duty]:
        """What the person was on call for then, by schedule and role."""
        mine = self.by_user.get(user, ())
        if user not in self._starts:
            self._starts[user] = [one.span.start for one in mine]
        begun = mine[: bisect_right(self._starts[user], at)]
        held = [one for one in begun if at < one.span.end]
        return sorted(held, key=lambda one: (one.schedule, one.role))


def crews(teams: Iterable[Team], scope: Scope) -> list[Crew]:
    """Of each team, in their order: five queries each, however many people they have."""
    found = []
    for team in teams:
        schedules = schedules_of_team(team.pk, since=scope.far.start)
        carried = duties(schedules, since=scope.far.start, until=scope.far.end)
        users = {one.user for one in carried} | _members(team, scope)
        found.append(Crew(team=team, schedules=schedules, duties=carried, users=frozenset(users)))
    return found


def carriage(several: Collection[Crew], scope: Scope) -> Carriage:
    """With what their people carried for others, so that a page is put down to the shift it was for."""
    known = {pk for crew in several for pk in crew.schedules}
    users = {user for crew in several for user in crew.users}
    others = [pk for pk in schedules_naming(users) if pk not in known]
    by_user: dict[int, list[Duty]] = defaultdict(list)
    elsewhere = duties(others, since=scope.far.start, until=scope.far.end)
    for one in [*elsewhere, *(one for crew in several for one in crew.duties)]:
        if one.user in users:
            by_user[one.user].append(one)
    for mine in by_user.values():
        mine.sort(key=lambda one: one.span)
    return Carriage(by_user=by_user)


def _members(team: Team, scope: Scope) -> set[int]:
    """Those of now who may be paged, and those of then."""
    now = Membership.objects.filter(team=team.pk).exclude(role=Membership.Role.OBSERVER)
    then = PastMembership.objects.filter(
        Q(since=None) | Q(since__lt=scope.within.end), team=team.pk, until__gt=scope.since
    )
    return {*now.values_list("user_id", flat=True), *then.values_list("user_id", flat=True)}


def touching(carried: Iterable[Duty], within: Span) -> list[Duty]:
    return [one for one in carried if one.span.start < within.end and one.span.end > within.start]
