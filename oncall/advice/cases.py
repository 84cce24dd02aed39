"""Rows to what the checks look at: a fixed number of queries, however many schedules there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.db.models import Q

from oncall.core import final
from oncall.core.checks import Case, Duty, Load, Person, load_of, night_call_out
from oncall.core.checks.case import AHEAD, BEHIND, REACH
from oncall.core.conflicts import Away
from oncall.core.coverage import NEVER_PAGED
from oncall.core.final import Roster, Shift
from oncall.loading import rosters
from oncall.models import Override, Participation, Schedule, TemporaryShift
from oncall.selectors import away
from paging import selectors as paging
from people.models import Membership, Team, User

A_DAY = timedelta(days=1)
NEW = "This schedule"


@dataclass(frozen=True, kw_only=True)
class _Found:
    """One schedule as it is loaded. `id` 0 and the name `NEW` are those of one that is not saved yet."""

    id: int
    name: str
    team: Team | None
    roster: Roster
    shifts: Sequence[Shift] = ()


def cases(schedule_ids: Iterable[int], *, now: datetime) -> list[Case]:
    """Those that are not retired, by name."""
    rows = Schedule.objects.filter(pk__in=list(schedule_ids), retired_at=None).select_related("team")
    schedules = list(rows.order_by("name"))
    found = rosters([row.pk for row in schedules], since=now - BEHIND, until=now + REACH)
    looked_at = [
        _resolved(_Found(id=row.pk, name=row.name, team=row.team, roster=found[row.pk]), now)
        for row in schedules
    ]
    return _cases(looked_at, now)


def case_of_unsaved(*, schedule: Schedule | None, roster: Roster, team: Team | None, now: datetime) -> Case:
    """Somebody who has left is nobody in it, whether the roster says so or not."""
    gone = User.objects.filter(pk__in=_named(roster), is_active=False).values_list("pk", flat=True)
    roster = replace(roster, deactivated=dict.fromkeys(gone, now) | dict(roster.deactivated))
    number, name = (schedule.pk, schedule.name) if schedule is not None else (0, NEW)
    return _cases([_resolved(_Found(id=number, name=name, team=team, roster=roster), now)], now)[0]


def _resolved(one: _Found, now: datetime) -> _Found:
    shifts = final.shifts(one.roster, now - BEHIND, now + REACH, split_at_handoffs=True)
    return replace(one, shifts=shifts)


def _cases(found: Sequence[_Found], now: datetime) -> list[Case]:
    carrying = {shift.user for one in found for shift in one.shifts if shift.user is not None}
    people = _people(carrying.union(*(_named(one.roster) for one in found)))
    members = _members({one.team.pk for one in found if one.team is not None})
    absences = _away(carrying, now)
    loads = _loads(found, carrying, people, now)
    return [
        Case(
            id=one.id,
            schedule=one.name,
            zone=_zone(one.roster, now),
            now=now,
            roster=one.roster,
            shifts=one.shifts,
            people={user: people[user] for user in sorted(_named(one.roster)) if user in people},
            team="" if one.team is None else one.team.name,
            members=None if one.team is None else members[one.team.pk],
            away=[one_away for user in sorted(_named(one.roster)) for one_away in absences.get(user, ())],
            loads=loads,
        )
        for one in found
    ]


def _named(roster: Roster) -> frozenset[int]:
    """Everyone a version, an override or a temporary shift names."""
    named = {user for version in roster.versions for user in version.definition.users()}
    named |= {override.user for override in roster.overrides}
    return frozenset(named | {shift.user for one in roster.temporaries for shift in one.shifts})


def _zone(roster: Roster, now: datetime) -> tzinfo:
    """That of the version in force now; before the first begins, the first's."""
    begun = [version.zone for version in roster.versions if version.effective_from <= now]
    return begun[-1] if begun else next((version.zone for version in roster.versions), UTC)


def _people(users: Collection[int]) -> dict[int, Person]:
    silent = set(paging.unreachable_users().filter(pk__in=users).values_list("pk", flat=True))
    rows = User.objects.filter(pk__in=users).values_list("pk", "username", "name", "time_zone", "is_active")
    return {
        pk: Person(
            username=username,
            name=name or username,
            zone=ZoneInfo(zone),
            active=active,
            reachable=pk not in silent,
        )
        for pk, username, name, zone, active in rows
    }


def _members(teams: Collection[int]) -> Mapping[int, frozenset[int]]:
    found: dict[int, set[int]] = {team: set() for team in teams}
    for team, user in Membership.objects.filter(team__in=teams).values_list("team_id", "user_id"):
        found[team].add(user)
    return {team: frozenset(users) for team, users in found.items()}


def _away(users: Collection[int], now: datetime) -> Mapping[int, Sequence[Away]]:
    found: defaultdict[int, list[Away]] = defaultdict(list)
    for one in away(users, since=now, until=now + AHEAD):
        found[one.user].append(one)
    return found


def _loads(
    found: Sequence[_Found], users: Collection[int], people: Mapping[int, Person], now: datetime
) -> Mapping[int, Load]:
    duties: defaultdict[int, list[Duty]] = defaultdict(list)
    for one in (*found, *_elsewhere(found, users, now)):
        for user, duty in _duties(one):
            if user in users:
                duties[user].append(duty)
    called = _called(users, people, now)
    return {user: load_of(mine, called.get(user), now=now) for user, mine in duties.items()}


def _elsewhere(found: Sequence[_Found], users: Collection[int], now: datetime) -> Iterator[_Found]:
    """What the same people carry on schedules that were not asked for."""
    since, until = now - A_DAY, now + AHEAD
    stands = Participation.objects.filter(user__in=users).values("version__schedule")
    overridden = Override.objects.filter(user__in=users, cancelled_at=None, end__gt=since)
    temporary = TemporaryShift.objects.filter(user__in=users, end__gt=since, temporary__cancelled_at=None)
    theirs = (
        Q(pk__in=stands)
        | Q(pk__in=overridden.values("schedule"))
        | Q(pk__in=temporary.values("temporary__schedule"))
    )
    others = Schedule.objects.filter(theirs, retired_at=None).exclude(pk__in=[one.id for one in found])
    names = dict(others.values_list("pk", "name"))
    for pk, roster in rosters(names, since=since, until=until).items() if names else ():
        shifts = final.shifts(roster, since, until, split_at_handoffs=True)
        yield _Found(id=pk, name=names[pk], team=None, roster=roster, shifts=shifts)


def _duties(one: _Found) -> Iterator[tuple[int, Duty]]:
    """Each person's shifts; where only a new version or a temporary schedule begins, one goes on."""
    seams = {version.effective_from for version in one.roster.versions}
    seams |= {edge for temporary in one.roster.temporaries for edge in (temporary.start, temporary.end)}
    running: dict[tuple[int, str], Duty] = {}
    for shift in one.shifts:
        if shift.user is None or shift.role in NEVER_PAGED:
            continue
        duty = Duty(one.name, shift.role, shift.start, shift.end, shift.override)
        before = running.get((shift.user, shift.role))
        if before is not None and before.end == duty.start and duty.start in seams:
            duty = duty._replace(start=before.start)
        elif before is not None:
            yield shift.user, before
        running[shift.user, shift.role] = duty
    yield from ((user, duty) for (user, _), duty in running.items())


def _called(
    users: Collection[int], people: Mapping[int, Person], now: datetime
) -> Mapping[int, datetime | None]:
    pages: defaultdict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for user, began, stopped in paging.high_pages(users, since=now - A_DAY):
        pages[user].append((began, stopped))
    return {user: night_call_out(ones, people[user].zone, now=now) for user, ones in pages.items()}
