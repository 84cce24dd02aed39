"""What a solver is asked, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from oncall.core.plan.problem import Group, Problem


class SolverMissing(RuntimeError):
    """The solver is not installed; the text is a sentence that says how to install it."""


class SolverFailed(RuntimeError):
    """The solver ended without an answer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A better plan was found: its points, the fewest there could still be, and after how many seconds."""

    points: int
    bound: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A choice for every slot. `points` are those of `oncall.core.plan.problem.cost`; no plan has fewer than
    `bound`. `proven`: none is better. `repeatable`: the same question gets the same answer, which may not be
    so where the clock, rather than the steps taken, ended the search.
    """

    choice: tuple[Group, ...]
    points: int
    bound: int
    proven: bool
    repeatable: bool
    seconds: float


class Solver(Protocol):
    def solve(
        self, problem: Problem, *, seconds: float, progress: Callable[[Progress], None] | None = None
    ) -> Answer:
        """The best choice that is found within about `seconds`.

        Raises SolverMissing where it is not installed, and SolverFailed.
        """
