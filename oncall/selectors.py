"""Who is on call, asked of the database. Every answer comes from `oncall.core.final`."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from oncall.core import conflicts as core
from oncall.core import final
from oncall.core.conflicts import Away, Carried, Conflict
from oncall.core.coverage import NEVER_PAGED, uncovered
from oncall.core.final import Roster, Shift
from oncall.core.span import Span, union
from oncall.loading import rosters
from oncall.models import (
    Announcement,
    Override,
    Participation,
    Schedule,
    ScheduleVersion,
    TemporaryShift,
    TimeOff,
)
from people.models import Membership, User

NO_ROSTER = Roster(())
AN_INSTANT = timedelta(microseconds=1)
A_DAY = timedelta(days=1)
AT_ONCE = 250
LOOK_AHEAD = (timedelta(days=8), timedelta(days=60), timedelta(days=400))


def final_shifts(
    schedule: Schedule,
    *,
    since: datetime,
    until: datetime,
    role: str | None = None,
    split_at_handoffs: bool = False,
) -> list[Shift]:
    """The final schedule of [since, until), gaps included, in at most three queries; see `final.shifts`."""
    roster = _roster(schedule, since, until)
    return final.shifts(roster, since, until, role=role, split_at_handoffs=split_at_handoffs)


def on_call(schedule_ids: Iterable[int], *, at: datetime) -> dict[tuple[int, str], tuple[int, ...]]:
    """The user ids on call at `at`, by (schedule id, role), in at most three queries; nobody is ().

    A role that does not exist at `at` is not among the keys.
    """
    return {
        (schedule, role): users
        for schedule, roster in rosters(schedule_ids, since=at, until=at + AN_INSTANT).items()
        for role, users in final.on_call(roster, at).items()
    }


class Ahead:
    """Who is on call at any instant of [since, until), of rows read once, in at most three queries."""

    def __init__(self, schedule_ids: Iterable[int], *, since: datetime, until: datetime) -> None:
        self._rosters = rosters(schedule_ids, since=since, until=until)

    def people(self) -> set[int]:
        """Everyone who may be on call then."""
        return set[int]().union(*(roster.people() for roster in self._rosters.values()))

    def on_call(self, schedule_ids: Iterable[int], *, at: datetime) -> dict[tuple[int, str], tuple[int, ...]]:
        """As `on_call` says it."""
        return {
            (schedule, role): users
            for schedule in schedule_ids
            for role, users in final.on_call(self._rosters[schedule], at).items()
        }


def next_handoff(schedule: Schedule, *, at: datetime, role: str | None = None) -> datetime | None:
    """The first instant after `at` at which who is on call changes; None if that is over 400 days away."""
    for ahead in LOOK_AHEAD:
        until = at + ahead
        shifts = final_shifts(schedule, since=at, until=until, role=role)
        edges = (edge for shift in shifts for edge in (shift.start, shift.end) if edge > at)
        change = min(edges, default=until)
        if change < until:
            return change
    return None


def gaps(schedule_ids: Iterable[int], *, since: datetime, until: datetime) -> Iterator[tuple[int, Shift]]:
    """By schedule id, where nobody is on call in [since, until) in a role that is paged, in order of time.

    At most three queries for each AT_ONCE schedules, and no more rosters than that in memory.
    """
    wanted = iter(schedule_ids)
    while some := list(islice(wanted, AT_ONCE)):
        for schedule, roster in rosters(some, since=since, until=until).items():
            for gap in uncovered(final.shifts(roster, since, until)):
                yield schedule, gap


def schedules_of(user_id: int) -> QuerySet[Schedule]:
    """The schedules that have ever named a person, retired ones included, by name."""
    as_participant = Participation.objects.filter(user=user_id).values("version__schedule")
    by_override = Override.objects.filter(user=user_id, cancelled_at__isnull=True).values("schedule")
    by_temporary = TemporaryShift.objects.filter(user=user_id, temporary__cancelled_at__isnull=True)
    return (
        Schedule.objects.filter(pk__in=as_participant)
        | Schedule.objects.filter(pk__in=by_override)
        | Schedule.objects.filter(pk__in=by_temporary.values("temporary__schedule"))
    ).order_by("name")


def schedules_naming(user_ids: Collection[int]) -> list[int]:
    """The ids of the schedules that have ever named one of them, retired ones included. Three queries."""
    wanted = list(user_ids)
    in_turn = Participation.objects.filter(user__in=wanted).values_list("version__schedule", flat=True)
    by_override = Override.objects.filter(user__in=wanted, cancelled_at=None)
    by_temporary = TemporaryShift.objects.filter(user__in=wanted, temporary__cancelled_at=None)
    return sorted(
        {
            *in_turn.distinct(),
            *by_override.values_list("schedule", flat=True).distinct(),
            *by_temporary.values_list("temporary__schedule", flat=True).distinct(),
        }
    )


def schedules_of_team(team_id: int | None, *, since: datetime) -> dict[int, str]:
    """The name of each of the team's schedules by its id, with those retired after `since`, by name. None: of
    those that are no team's.
    """
    rows = Schedule.objects.filter(Q(retired_at=None) | Q(retired_at__gt=since), team=team_id)
    return dict(rows.order_by("name").values_list("pk", "name"))


class Duty(NamedTuple):
    """One person's time in one role of one schedule without a break, whatever put them there."""

    schedule: int
    role: str
    user: int
    span: Span


def duties(schedule_ids: Iterable[int], *, since: datetime, until: datetime) -> list[Duty]:
    """Those in [since, until), cut at its edges, by start; shadows are on call for nothing and are left out.
    Three queries for each AT_ONCE schedules.
    """
    wanted, found = iter(schedule_ids), list[Duty]()
    while some := list(islice(wanted, AT_ONCE)):
        for schedule, roster in rosters(some, since=since, until=until).items():
            spans: dict[tuple[str, int], list[Span]] = defaultdict(list)
            for shift in final.shifts(roster, since, until):
                if shift.user is not None and shift.role not in NEVER_PAGED:
                    spans[shift.role, shift.user].append(Span(shift.start, shift.end))
            for (role, user), theirs in spans.items():
                found += [Duty(schedule, role, user, span) for span in union(theirs)]
    return sorted(found, key=lambda one: (one.span, one.schedule, one.role, one.user))


def roles_of(schedule: Schedule, *, at: datetime) -> tuple[str, ...]:
    """The roles there are at `at`: primary, secondary, then the others by name."""
    return tuple(final.roles(_roster(schedule, at, at + AN_INSTANT), at, at + AN_INSTANT))


def roles_ahead(schedule_ids: Iterable[int], *, at: datetime) -> dict[int, frozenset[str]]:
    """The roles that each schedule has at `at`, or will have by what is saved: those of its versions, and
    those that only an override gives to somebody. Two queries.
    """
    wanted = set(schedule_ids)
    found: dict[int, set[str]] = {pk: set() for pk in wanted}
    versions = ScheduleVersion.objects.filter(schedule__in=wanted).order_by("effective_from")
    for version in versions.only("schedule_id", "effective_from", "definition"):
        roles = set(version.definition.get("roles", {}))
        begun = version.effective_from <= at
        found[version.schedule_id] = roles if begun else found[version.schedule_id] | roles
    laid_over = Override.objects.filter(
        schedule__in=wanted, cancelled_at=None, end__gt=at, kind__in=["cover", "add"]
    )
    for schedule, role in laid_over.values_list("schedule_id", "role"):
        found[schedule].add(role)
    return {pk: frozenset(roles) for pk, roles in found.items()}


def roles_without_layers(schedule_ids: Iterable[int]) -> set[tuple[int, str]]:
    """(schedule id, role) of what by the newest version has nobody to put on call, and no role to follow."""
    versions = ScheduleVersion.objects.filter(schedule__in=set(schedule_ids)).order_by("effective_from")
    newest = {version.schedule_id: version.definition.get("roles", {}) for version in versions}
    return {
        (schedule, name)
        for schedule, roles in newest.items()
        for name, role in roles.items()
        if not role.get("layers") and not role.get("follows")
    }


def away(user_ids: Iterable[int], *, since: datetime, until: datetime) -> list[Away]:
    """The time off of these people that meets [since, until), in one query.

    Whole days are those of the person's own zone; a day of margin lets every zone in.
    """
    rows = TimeOff.objects.filter(
        Q(ends_at__isnull=True) | Q(starts_at__lt=until, ends_at__gt=since),
        user__in=list(user_ids),
        cancelled_at=None,
        start__lte=(until + A_DAY).date(),
        end__gte=(since - A_DAY).date(),
    )
    found = (
        Away(row.user_id, _span_away(row), row.pk, row.reason)
        for row in rows.select_related("user").order_by("start", "pk")
    )
    return [one for one in found if one.span.start < until and one.span.end > since]


def conflicts(schedule_ids: Iterable[int], *, since: datetime, until: datetime) -> list[Conflict]:
    """The shifts in [since, until) that fall on their person's time off, in at most four queries.

    Turns are kept apart, and a shadow's are left out: nobody waits for one. Ordered by when they meet.
    """
    carried = [
        Carried(schedule, shift)
        for schedule, roster in rosters(schedule_ids, since=since, until=until).items()
        for shift in final.shifts(roster, since, until, split_at_handoffs=True)
        if shift.user is not None and shift.role not in NEVER_PAGED
    ]
    people = {one.shift.user for one in carried if one.shift.user is not None}
    return core.conflicts(carried, away(people, since=since, until=until))


def managers_of(schedule: Schedule) -> list[User]:
    """The active managers of the schedule's team."""
    found = Membership.objects.filter(team=schedule.team_id, role=Membership.Role.MANAGER)
    return list(User.objects.filter(pk__in=found.values("user"), is_active=True).order_by("pk"))


def announcements_of(schedule: Schedule) -> QuerySet[Announcement]:
    """Where the schedule announces who is on call now, the oldest first."""
    live = Announcement.objects.filter(schedule=schedule, retired_at=None)
    return live.select_related("recipient", "schedule", "created_by").order_by("pk")


def announcing_to(recipient_id: int) -> QuerySet[Schedule]:
    """The schedules in use that announce to this room or webhook, by name."""
    live = Announcement.objects.filter(recipient=recipient_id, retired_at=None).values("schedule")
    return Schedule.objects.filter(pk__in=live, retired_at=None).order_by("name")


def _span_away(row: TimeOff) -> Span:
    if row.starts_at is not None and row.ends_at is not None:
        return Span(row.starts_at, row.ends_at)
    return core.days_away(row.start, row.end, ZoneInfo(row.user.time_zone))


def _roster(schedule: Schedule, since: datetime, until: datetime) -> Roster:
    return rosters([schedule.pk], since=since, until=until).get(schedule.pk, NO_ROSTER)
