"""Who could carry a span of a role, asked of the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max, Q, QuerySet

from oncall.core import final
from oncall.core.coverage import NEVER_PAGED
from oncall.core.final import Shift
from oncall.core.span import Span
from oncall.core.standins import REST, Candidate, Duty, Person, ranked
from oncall.loading import rosters
from oncall.models import Override, Participation, Schedule, TemporaryShift
from oncall.selectors import away
from paging.selectors import paged_since
from people.models import Membership, User

DAYS = 90  # how far back, and ahead, what somebody carries is counted
COUNTED = timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who could carry it, or could not (`candidate.can`), and why."""

    user: User
    candidate: Candidate
    stands_in: bool
    """A participant of the schedule or a responder of its team; else one of the team's managers."""


def eligible(schedule: Schedule, *, at: datetime) -> QuerySet[User]:
    """Who may carry a shift of `schedule`: its participants from `at` on, and its team but for observers."""
    return User.objects.filter(_stands_in(schedule, at) | _in_team(schedule), is_active=True).order_by("pk")


def may_carry(user: User, schedule: Schedule, *, at: datetime) -> bool:
    return eligible(schedule, at=at).filter(pk=user.pk).exists()


def stands_in(user: User, schedule: Schedule, *, at: datetime) -> bool:
    """Whether the version in force at `at`, or one that begins later, names `user`."""
    return User.objects.filter(_stands_in(schedule, at), pk=user.pk).exists()


def carriable(user: User, schedules: Iterable[Schedule], *, at: datetime) -> set[int]:
    """Those of `schedules` of which `user` may carry a shift, as `may_carry` says, in three queries."""
    if not user.is_active:
        return set()
    asked = {schedule.pk: schedule.team_id for schedule in schedules}
    members = Membership.objects.filter(user=user).exclude(role=Membership.Role.OBSERVER)
    teams = set(members.values_list("team_id", flat=True))
    named = Participation.objects.filter(user=user, version__schedule__in=asked)
    begun = dict(
        Schedule.objects.filter(pk__in=asked, versions__effective_from__lte=at)
        .annotate(begun=Max("versions__effective_from"))
        .values_list("pk", "begun")
    )
    stands = {
        schedule
        for schedule, since in named.values_list("version__schedule_id", "version__effective_from")
        if schedule not in begun or since >= begun[schedule]
    }
    return {schedule for schedule, team in asked.items() if team in teams or schedule in stands}


def standins(
    schedule: Schedule,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    without: Iterable[int] = (),
) -> list[StandIn]:
    """Everybody but `without` who might carry one of its roles from `start` to `end`, the best first.

    Whoever is on call then, in that role or any other, is among those who cannot, at the end. Each has their
    reasons. A fixed number of queries.
    """
    span = Span(start, end)
    left_out = set(without)
    people = {user.pk: user for user in eligible(schedule, at=now) if user.pk not in left_out}
    managers = _only_managers(schedule, at=now)
    facts = [
        replace(person, spare=person.user in managers) for person in _facts(schedule, people, span, now=now)
    ]
    return [
        StandIn(people[candidate.user], candidate, candidate.user not in managers)
        for candidate in ranked(facts, span, days=DAYS)
    ]


def cautions(user: User, schedule: Schedule, *, start: datetime, end: datetime, now: datetime) -> list[str]:
    """What `user` should know before they carry anything in [start, end): away, on elsewhere, no rest."""
    (person,) = _facts(schedule, {user.pk: user}, Span(start, end), now=now)
    (candidate,) = ranked([person], Span(start, end), days=DAYS)
    said = [reason for reason in candidate.reasons[:-1] if reason not in {"free", "rested"}]
    return [f"{user}: {reason}." for reason in said]


def _stands_in(schedule: Schedule, at: datetime) -> Q:
    """Named by the version in force at `at` or one that begins later."""
    versions = schedule.versions.filter(effective_from__lte=at).order_by("-effective_from")
    begun = versions.values_list("effective_from", flat=True).first()
    named = Participation.objects.filter(version__schedule=schedule)
    if begun is not None:
        named = named.filter(version__effective_from__gte=begun)
    return Q(pk__in=named.values("user"))


def _in_team(schedule: Schedule) -> Q:
    members = Membership.objects.filter(team=schedule.team_id).exclude(role=Membership.Role.OBSERVER)
    return Q(pk__in=members.values("user"))


def _only_managers(schedule: Schedule, *, at: datetime) -> set[int]:
    managers = Membership.objects.filter(team=schedule.team_id, role=Membership.Role.MANAGER)
    rows = User.objects.filter(pk__in=managers.values("user")).exclude(_stands_in(schedule, at))
    return set(rows.values_list("pk", flat=True))


def _facts(schedule: Schedule, people: Mapping[int, User], span: Span, *, now: datetime) -> list[Person]:
    duties = _duties(people, span)
    absences = away(people, since=span.start, until=span.end)
    paged = paged_since(people, since=now - REST)
    carried = _carried(schedule, people, now=now)
    return [
        Person(
            user=pk,
            zone=ZoneInfo(user.time_zone),
            duties=tuple(duties.get(pk, ())),
            away=tuple(one for one in absences if one.user == pk),
            paged=tuple(paged.get(pk, ())),
            carried=_length(carried[pk], now - COUNTED, now),
            planned=_length(carried[pk], now, now + COUNTED),
            last_end=max((shift.end for shift in carried[pk] if shift.end <= now), default=None),
        )
        for pk, user in people.items()
    ]


def _duties(people: Mapping[int, User], span: Span) -> dict[int, list[Duty]]:
    """What these people carry around `span`, on every schedule that names one of them."""
    names = dict(_naming(people).filter(retired_at=None).values_list("pk", "name"))
    since, until = span.start - REST, span.end + REST
    found: dict[int, list[Duty]] = defaultdict(list)
    for pk, roster in rosters(sorted(names), since=since, until=until).items():
        for shift in final.shifts(roster, since, until):
            if shift.user is not None and shift.user in people and shift.role not in NEVER_PAGED:
                found[shift.user].append(Duty(names[pk], shift))
    return found


def _naming(people: Iterable[int]) -> QuerySet[Schedule]:
    users = list(people)
    temporary = TemporaryShift.objects.filter(user__in=users, temporary__cancelled_at=None)
    return Schedule.objects.filter(
        Q(pk__in=Participation.objects.filter(user__in=users).values("version__schedule"))
        | Q(pk__in=Override.objects.filter(user__in=users, cancelled_at=None).values("schedule"))
        | Q(pk__in=temporary.values("temporary__schedule"))
    )


def _carried(schedule: Schedule, people: Iterable[int], *, now: datetime) -> dict[int, list[Shift]]:
    since, until = now - COUNTED, now + COUNTED
    found: dict[int, list[Shift]] = {pk: [] for pk in people}
    roster = rosters([schedule.pk], since=since, until=until)[schedule.pk]
    for shift in final.shifts(roster, since, until):
        if shift.user in found and shift.role not in NEVER_PAGED:
            found[shift.user].append(shift)
    return found


def _length(shifts: Sequence[Shift], since: datetime, until: datetime) -> timedelta:
    lengths = (min(shift.end, until) - max(shift.start, since) for shift in shifts)
    return sum((length for length in lengths if length > timedelta(0)), timedelta(0))
