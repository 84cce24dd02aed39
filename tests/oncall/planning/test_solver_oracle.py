"""The solver's plan is as good as the best of all plans, tried one by one."""

from datetime import UTC

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oncall.core.override import Override
from oncall.core.plan.load import Person
from oncall.core.plan.problem import cost, is_allowed
from oncall.core.span import Span
from tests.oncall.core.told import layer, roster
from tests.oncall.planning.puzzles import DAY, HOUR, MONDAY, WEEK, A, B, C, away, best, framed, solved, weekly


def check(problem) -> None:
    choice, said = solved(problem)
    assert is_allowed(problem, choice)
    found = cost(problem, choice)
    assert said["proven"]
    assert found.points == said["points"] == said["bound"]
    assert found == best(problem)


@pytest.mark.parametrize(
    ("plan", "of"),
    [
        (weekly(A, B, C), {}),
        (weekly(A, B), {}),
        (weekly(A), {}),
        (weekly(A, B, C, length="1d"), {}),
        (weekly(A, B, C, length="8h"), {}),
        (weekly(A, B, C), {"a": away(A, (MONDAY, MONDAY + 2 * WEEK))}),
        (weekly(A, B, C), {"a": away(A, (MONDAY, MONDAY + 9 * WEEK)), "b": away(B, (MONDAY, MONDAY + WEEK))}),
        (weekly([A, B], [B, C], [C, A]), {}),
        (weekly(A, B, C, secondary={"follows": "primary", "layer": "L1", "offset": 1}), {}),
        (
            weekly(A, B, C, overrides=[Override("primary", "cover", MONDAY, MONDAY + WEEK, B)]),
            {},
        ),
    ],
)
def test_small_plans_are_the_best_of_all(plan, of):
    turns = 3 if "secondary" in plan.versions[0].definition.roles else 6
    length = plan.versions[0].definition.layers()[0].shift_length
    step = {"weeks": WEEK, "days": DAY, "hours": 8 * HOUR}[length.unit]
    check(framed(plan, turns, of=of, step=step).problem)


hours = st.integers(0, 5 * 7 * 24).map(lambda n: MONDAY + n * HOUR)
stretches = st.tuples(hours, st.integers(1, 300)).map(lambda pair: Span(pair[0], pair[0] + pair[1] * HOUR))


@st.composite
def situations(draw):
    """Up to five turns for up to three people, some away, some on call elsewhere, some who have carried."""
    people = draw(st.lists(st.sampled_from([A, B, C, (A, B)]), min_size=1, max_size=4))
    slots = [list(one) if isinstance(one, tuple) else one for one in people]
    step, length = draw(st.sampled_from([(WEEK, "1w"), (DAY, "1d"), (12 * HOUR, "12h")]))
    start = draw(st.sampled_from(["2026-01-05T09:00", "2026-02-23T09:00", "2026-03-02T09:00"]))
    plan = roster(layer(slots, start, length))
    known = {
        f"p{user}": Person(
            user,
            UTC,
            holidays=frozenset(draw(st.sets(st.integers(0, 30).map(lambda n: (MONDAY + n * DAY).date())))),
            away=tuple(draw(st.lists(stretches, max_size=2))),
            elsewhere=tuple(draw(st.lists(stretches, max_size=1))),
        )
        for user in plan.versions[0].definition.users()
    }
    return plan, known, step


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(situations())
def test_whatever_the_situation_the_plan_is_the_best_of_all(situation):
    plan, known, step = situation
    problem = framed(plan, 4, of=known, step=step).problem
    if len(problem.slots) <= 7:
        check(problem)
