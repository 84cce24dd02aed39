"""A fair plan for a stretch of a schedule, with its figures beside those of the plain rotation."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.actions import Refused
from oncall.core.final import Shift
from oncall.core.plan.answer import Figures, Vacancy, figures, shifts_of, vacancies
from oncall.core.plan.framing import Frame
from oncall.core.plan.problem import Cost, cost
from oncall.models import Schedule, ScheduleVersion
from oncall.planning.gathering import frame_of
from oncall.selectors import final_shifts
from oncall.solver.base import Answer, Progress, Solver
from oncall.solver.process import CpSat
from people.models import User

LONGEST = timedelta(days=366)
FARTHEST = timedelta(days=5 * 366)
MOST_TURNS = 1000
ONE_AT_A_TIME = threading.Lock()


class Busy(RuntimeError):
    """Another plan is being made by this process; the text is a sentence."""


@dataclass(frozen=True)
class Proposal:
    """What is proposed for [since, until), made for the schedule as it stood at `revision`."""

    schedule: Schedule
    revision: int
    since: datetime
    until: datetime
    zone: ZoneInfo
    people: Mapping[int, User]
    frame: Frame
    answer: Answer
    cost: Cost
    shifts: tuple[Shift, ...]
    rotation: tuple[Shift, ...]
    figures: tuple[Figures, ...]
    rotation_figures: tuple[Figures, ...]
    vacancies: tuple[Vacancy, ...]


@contextmanager
def alone() -> Iterator[None]:
    """One plan at a time in a process that serves others too. Raises Busy."""
    if not ONE_AT_A_TIME.acquire(blocking=False):
        raise Busy("Another plan is being worked out just now; try again in half a minute.")
    try:
        yield
    finally:
        ONE_AT_A_TIME.release()


def propose(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    since: datetime,
    until: datetime,
    seconds: float = 20,
    now: datetime,
    solver: Solver | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Proposal:
    """The fairest plan found for [since, until), from `now` on at the earliest, in about `seconds`.

    Nothing is written but holiday dates. Raises Refused where there is nothing to plan, and what `solver`
    (CP-SAT, if None) raises.
    """
    since = max(since, now)
    revision = _revision(schedule)  # first: what changes after this look is found when the plan is accepted
    check_span(since, until, now=now)
    version = _version(schedule, since)
    frame = frame_of(schedule, since, until)
    if not frame.problem.slots:
        raise Refused("No turn begins in that time that is not taken by overrides; choose a longer time.")
    if len(frame.problem.slots) > MOST_TURNS:
        raise Refused(f"These are {len(frame.problem.slots)} turns; choose a time with at most {MOST_TURNS}.")
    answer = (solver or CpSat()).solve(frame.problem, seconds=seconds, progress=progress)
    shifts = shifts_of(frame, answer.choice)
    rotation = final_shifts(schedule, since=since, until=until, split_at_handoffs=True)
    return Proposal(
        schedule=schedule,
        revision=revision,
        since=since,
        until=until,
        zone=ZoneInfo(version.time_zone),
        people=User.objects.in_bulk(frame.people),
        frame=frame,
        answer=answer,
        cost=cost(frame.problem, answer.choice),
        shifts=tuple(shifts),
        rotation=tuple(rotation),
        figures=tuple(figures(frame, shifts)),
        rotation_figures=tuple(figures(frame, rotation)),
        vacancies=tuple(vacancies(frame, answer.choice)),
    )


def _revision(schedule: Schedule) -> int:
    return Schedule.objects.values_list("revision", flat=True).get(pk=schedule.pk)


def check_span(since: datetime, until: datetime, *, now: datetime) -> None:
    """Raises Refused for a time that is over, long, or far from `now`."""
    if not now - LONGEST < since < until < now + FARTHEST and since < until:
        raise Refused("The time to plan is years away from now; plan the next quarter.")
    if until <= max(since, now):
        raise Refused("The time to plan is over, or has no end after its start; write a later end.")
    if until - since > LONGEST:
        raise Refused("More than a year lies between the start and the end; plan a quarter, or a year.")


def _version(schedule: Schedule, since: datetime) -> ScheduleVersion:
    """The version in force at `since`. Raises Refused with a sentence."""
    if schedule.retired_at is not None:
        raise Refused(f"{schedule.name} is retired; there is nothing to plan.")
    versions = ScheduleVersion.objects.filter(schedule=schedule, effective_from__lte=since)
    version = versions.order_by("-effective_from").first()
    if version is None:
        raise Refused(f"{schedule.name} says nothing yet at that time; begin later.")
    return version
