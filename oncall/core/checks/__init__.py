"""Checks that speak before it hurts. They inform, and never block.

Each takes a `Case`, plain values, and yields findings one by one; `findings_of` sums them up.
"""

from oncall.core.checks.case import Case, Duty, Load, Person
from oncall.core.checks.covering import away, gaps, nobody_reachable, unreachable
from oncall.core.checks.crew import few_people, leavers, outsiders, void_overrides
from oncall.core.checks.load import load_of, night_call_out
from oncall.core.checks.wearing import back_to_back, doubles, long_shifts, rest, shares
from oncall.core.finding import Finding

__all__ = ["CHECKS", "Case", "Duty", "Load", "Person", "findings_of", "load_of", "night_call_out"]

CHECKS = (
    gaps,
    unreachable,
    nobody_reachable,
    leavers,
    void_overrides,
    few_people,
    doubles,
    away,
    rest,
    back_to_back,
    long_shifts,
    shares,
    outsiders,
)


def findings_of(case: Case) -> list[Finding]:
    """What every check has to say about one schedule, each finding by itself."""
    return [finding for check in CHECKS for finding in check(case)]
