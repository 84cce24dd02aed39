"""Checks of who is on call, and whether they can be reached."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from escalation.models import EscalationPolicy, Service
from oncall import selectors as oncall
from oncall.core.coverage import uncovered
from oncall.core.final import Shift
from oncall.core.finding import Finding, error, warning
from oncall.models import Participation, Schedule
from paging import selectors as paging
from people.models import User

AHEAD = timedelta(days=14)
SOON = timedelta(hours=24)
LONGEST = timedelta(weeks=2)
FEWEST, ENOUGH = 2, 5


def shifts_ahead(now: datetime) -> Iterator[Finding]:
    """Gaps, doubles, long shifts and people who cannot be reached, over the next 14 days."""
    unreachable = {user.pk for user in paging.unreachable_users()}
    people = User.objects.in_bulk()
    for schedule in _schedules():
        shifts = oncall.final_shifts(schedule, since=now, until=now + AHEAD)
        yield from _gaps(schedule, shifts, now)
        yield from _doubles(schedule, shifts, people)
        yield from _unreached(schedule, shifts, people, unreachable)


def long_shifts(now: datetime) -> Iterator[Finding]:
    people = User.objects.in_bulk()
    for schedule in _schedules():
        found = {
            (shift.role, shift.user)
            for shift in oncall.final_shifts(schedule, since=now, until=now + 3 * LONGEST)
            if shift.user is not None and shift.end - shift.start > LONGEST
        }
        for role, user in sorted(found, key=str):
            yield warning(
                f"{people[user or 0]} carries {schedule} {role} for more than two weeks at a stretch."
            )


def participants(now: datetime) -> Iterator[Finding]:
    """Too few people, and people who have left, whose turns are nobody's."""
    by_schedule: defaultdict[int, list[User]] = defaultdict(list)
    for schedule in _schedules():
        version = schedule.versions.filter(effective_from__lte=now).order_by("-effective_from").first()
        rows = Participation.objects.filter(version=version).select_related("user").order_by("user__username")
        by_schedule[schedule.pk] = [row.user for row in rows]
        yield from _crew(schedule, by_schedule[schedule.pk])


def policies(now: datetime) -> Iterator[Finding]:
    used = EscalationPolicy.objects.filter(retired_at=None).prefetch_related(
        "steps__targets__user", "steps__targets__schedule"
    )
    for policy in used.order_by("name"):
        steps = list(policy.steps.all())
        if not steps:
            yield error(f"Escalation policy “{policy}” has no step: it pages nobody.", "Give it one.")
        for target in (target for step in steps for target in step.targets.all()):
            if target.user is not None and not target.user.is_active:
                yield error(f"Escalation policy “{policy}” pages {target.user}, who has left.")
            if target.schedule is not None and target.schedule.retired_at is not None:
                yield error(
                    f"Escalation policy “{policy}” asks schedule “{target.schedule}”, which is retired."
                )


def services(now: datetime) -> Iterator[Finding]:
    for service in Service.objects.filter(retired_at=None).order_by("name"):
        if not service.routing_keys.filter(revoked_at=None).exists():
            yield warning(f"Service “{service}” has no routing key: nothing can alert on it.")


def _schedules() -> list[Schedule]:
    return list(Schedule.objects.filter(retired_at=None).order_by("name"))


def _gaps(schedule: Schedule, shifts: list[Shift], now: datetime) -> Iterator[Finding]:
    """The gaps of one role are one finding: who has a hole each night knows it by the first."""
    by_role: defaultdict[str, list[Shift]] = defaultdict(list)
    for gap in uncovered(shifts):
        by_role[gap.role].append(gap)
    for role, (first, *more) in by_role.items():
        words = f"{schedule} {role}: nobody is on call from {_spoken(first.start)} to {_spoken(first.end)}"
        words += f", and {len(more)} more gaps within 14 days." if more else "."
        say = error if first.start - now < SOON and role == "primary" else warning
        yield say(words, "Add an override, or change the rotation.")


def _doubles(schedule: Schedule, shifts: list[Shift], people: Mapping[int, User]) -> Iterator[Finding]:
    primaries = [shift for shift in shifts if shift.role == "primary" and shift.user is not None]
    for second in (shift for shift in shifts if shift.role == "secondary" and shift.user is not None):
        for first in primaries:
            starts, ends = max(first.start, second.start), min(first.end, second.end)
            if first.user == second.user and starts < ends:
                who = people[first.user or 0]
                yield warning(f"{who} is primary and secondary of {schedule} at once from {_spoken(starts)}.")
                return


def _unreached(
    schedule: Schedule, shifts: list[Shift], people: Mapping[int, User], unreachable: set[int]
) -> Iterator[Finding]:
    for user in sorted(
        {shift.user for shift in shifts if shift.user in unreachable and shift.user is not None}
    ):
        first = min(shift.start for shift in shifts if shift.user == user)
        yield error(
            f"{people[user]} is on call for {schedule} from {_spoken(first)}"
            " and has no usable contact method.",
            "Enter one, or give the shift to someone else.",
        )


def _crew(schedule: Schedule, crew: list[User]) -> Iterator[Finding]:
    for user in crew:
        if not user.is_active:
            yield error(f"{user} has left and still stands in {schedule}: those turns are nobody's.")
    active = sum(user.is_active for user in crew)
    if active < FEWEST:
        yield error(f"{schedule} is carried by {active} people: nobody can ever be away.", "Add people.")
    elif active < ENOUGH:
        yield warning(f"{schedule} is carried by {active} people; under {ENOUGH} it wears them out.")


def _spoken(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%a %Y-%m-%d %H:%M UTC")


CHECKS = (shifts_ahead, long_shifts, participants, policies, services)
