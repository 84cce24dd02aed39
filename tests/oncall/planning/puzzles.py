"""Rosters of a few people, what is known of these, and the solver asked without a process of its own."""

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from oncall.core.final import Roster
from oncall.core.plan.framing import Frame, frame
from oncall.core.plan.load import Person
from oncall.core.plan.problem import NOBODY, Choice, Cost, Problem, cost, is_allowed
from oncall.core.span import Span
from oncall.solver import cpsat
from oncall.solver.question import written
from tests.oncall.core.told import layer, roster

WEEK, DAY, HOUR = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # turns begin here
A, B, C = 1, 2, 3


def crew(plan: Roster, **of: Person) -> Mapping[int, Person]:
    """Everyone the roster names, in UTC and never away, unless `of` says otherwise."""
    named = {user for version in plan.versions for user in version.definition.users()}
    named |= {override.user for override in plan.overrides}
    named |= {shift.user for temporary in plan.temporaries for shift in temporary.shifts}
    known = {user: Person(user, UTC) for user in named}
    return known | {person.number: person for person in of.values()}


def weekly(*people: object, start: str = "2026-03-02T09:00", length: str = "1w", **more: object) -> Roster:
    return roster(layer(list(people), start, length), **more)


def away(person: int, *spans: tuple[datetime, datetime]) -> Person:
    return Person(person, UTC, away=tuple(Span(*span) for span in spans))


def framed(
    plan: Roster, turns: int, *, of: Mapping[str, Person] | None = None, step: timedelta = WEEK
) -> Frame:
    return frame(plan, crew(plan, **(of or {})), MONDAY, MONDAY + turns * step)


def solved(problem: Problem, *, seconds: float = 20) -> tuple[Choice, dict[str, object]]:
    said = cpsat.solve(json.loads(written(problem, seconds=seconds)), lambda _: None)
    options = [[*slot.options, NOBODY] for slot in problem.slots]
    return [of[n] for of, n in zip(options, said["choice"], strict=True)], said


def best(problem: Problem) -> Cost:
    """The least cost there is: every choice is tried."""
    every: Sequence[Sequence[tuple[int, ...]]] = [[*slot.options, NOBODY] for slot in problem.slots]
    return min(cost(problem, choice) for choice in itertools.product(*every) if is_allowed(problem, choice))
