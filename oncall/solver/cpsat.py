"""The puzzle for OR-tools' CP-SAT: one JSON question on standard input, JSON lines on standard output.

It runs in a process of its own (`python -m oncall.solver.cpsat`): the library takes a second and 100 MB to
load, which only those pay who plan, and whatever happens in it does not happen to the site.
"""

import json
import sys
import time
from collections.abc import Callable
from math import gcd
from typing import Any

from ortools.sat.python import cp_model

from oncall.core.plan.problem import CHANGE, WEIGHTS

STEADY = 0.5  # of the time, measured in steps taken rather than by the clock; see `_stage`
SEED = 1
WORKERS = 8  # ways of searching, taken in turns by one thread
Say = Callable[[dict[str, Any]], None]


class Puzzle:
    """The model: a yes or no for each option of each slot, "nobody" being one of them."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.slots: list[dict[str, Any]] = asked["slots"]
        self.model = cp_model.CpModel()
        self.given = [self._choices(slot) for slot in self.slots]
        self.has = [self._people(slot, given) for slot, given in zip(self.slots, self.given, strict=True)]
        self.measured: list[tuple[Any, Any, tuple[int, int]]] = []
        self.vacant = [given[-1] for given in self.given]
        for one, other in asked["apart"]:
            for user in self.has[one].keys() & self.has[other].keys():
                self.model.add(self.has[one][user] + self.has[other][user] <= 1)
        self.vacancy = sum(slot["minutes"] * var for slot, var in zip(self.slots, self.vacant, strict=True))
        self.guests = sum(
            var
            for slot, given in zip(self.slots, self.given, strict=True)
            for var, guest in zip(given, slot["guests"], strict=False)
            if guest
        )
        self.rests = self._met("rest", "unrested")
        self.repeats = self._met("in_a_row", "tied")
        self.points = sum(self._spread(crew) for crew in asked["crews"]) + CHANGE * self._changes()

    def _choices(self, slot: dict[str, Any]) -> list[Any]:
        made = [self.model.new_bool_var("") for _ in range(len(slot["options"]) + 1)]
        self.model.add_exactly_one(made)
        for option, var in zip([*slot["options"], []], made, strict=True):
            self.model.add_hint(var, sorted(option) == slot["usual"])
        return made

    @staticmethod
    def _people(slot: dict[str, Any], given: list[Any]) -> dict[int, Any]:
        """For each person whether they have the slot, alone or with others."""
        has: dict[int, Any] = {}
        for option, var in zip(slot["options"], given, strict=False):
            for user in option:
                has[user] = has[user] + var if user in has else var
        return has

    def _met(self, pairs: str, alone: str) -> Any:
        """How often somebody has both slots of a pair, or the slot they should not have."""
        found = [self.has[slot][user] for slot, user in self.asked[alone] if user in self.has[slot]]
        for one, other in self.asked[pairs]:
            for user in self.has[one].keys() & self.has[other].keys():
                both = self.model.new_bool_var("")
                self.model.add(both >= self.has[one][user] + self.has[other][user] - 1)
                found.append(both)
        return sum(found)

    def _spread(self, crew: dict[str, Any]) -> Any:
        if not crew["before"]:
            return 0
        return sum(weight * self._spread_of(crew, measure) for measure, weight in enumerate(WEIGHTS))

    def _spread_of(self, crew: dict[str, Any], measure: int) -> Any:
        """The most that one carries above the least that one does, in units that divide every load."""
        before = {int(user): load[measure] for user, load in crew["before"].items()}
        loads = {
            n: {
                int(user): load[measure]
                for user, load in self.slots[n]["loads"].items()
                if int(user) in before
            }
            for n in crew["slots"]
        }
        unit = gcd(*before.values(), *(load for of in loads.values() for load in of.values())) or 1
        total = sum(before.values()) + sum(max(of.values(), default=0) for of in loads.values())
        least, most = (self.model.new_int_var(0, total // unit, "") for _ in range(2))
        for user, had in before.items():
            mine = [(of[user] // unit, self.has[n].get(user, 0)) for n, of in loads.items() if user in of]
            got = had // unit + sum(load * var for load, var in mine)
            self.model.add(got >= least)
            self.model.add(got <= most)
        self.measured.append((least, most, _mean(self.slots, before, loads, unit)))
        return unit * (most - least)

    def all_are_given(self) -> None:
        """No slot is nobody's or a guest's: then somebody carries the mean, rounded up, and somebody at most
        that rounded down.

        That is no new rule, but what lets the search know that a plan is the best.
        """
        for least, most, (low, high) in self.measured:
            self.model.add(least <= high)
            self.model.add(most >= low)

    def _changes(self) -> Any:
        return sum(
            var
            for slot, given in zip(self.slots, self.given, strict=True)
            for option, var in zip([*slot["options"], []], given, strict=True)
            if sorted(option) != slot["usual"]
        )


def _mean(
    slots: list[dict[str, Any]], before: dict[int, int], loads: dict[int, dict[int, int]], unit: int
) -> tuple[int, int]:
    """The least that the busiest, and the most that the least busy, of a crew can carry once all is given."""
    low = high = sum(before.values())
    for n, of in loads.items():
        own = (who for who, guest in zip(slots[n]["options"], slots[n]["guests"], strict=True) if not guest)
        sums = [sum(of.get(user, 0) for user in who) for who in own] or [0]
        low, high = low + min(sums), high + max(sums)
    return -(-low // (unit * len(before))), high // (unit * len(before))


class _Improving(cp_model.CpSolverSolutionCallback):
    def __init__(self, say: Say) -> None:
        super().__init__()
        self.say = say

    def on_solution_callback(self) -> None:
        points, bound = round(self.objective_value), round(self.best_objective_bound)
        self.say({"points": points, "bound": bound, "seconds": round(self.wall_time, 1)})


def solve(asked: dict[str, Any], say: Say) -> dict[str, Any]:
    """First what must be kept, stage by stage, each held while the next is solved; then the points."""
    began = time.monotonic()
    puzzle = Puzzle(asked)
    steady = proven = all_given = True
    for goal in (puzzle.vacancy, puzzle.rests, puzzle.guests, puzzle.repeats):
        if isinstance(goal, int):
            continue
        solver, status = _stage(puzzle, goal, seconds=_left(asked, began) / 3)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return {"failed": solver.status_name(status)}
        steady = steady and _repeatable(solver, status, _left(asked, began))
        puzzle.model.add(goal <= round(solver.objective_value))
        _hint(puzzle, solver)
        proven = proven and status == cp_model.OPTIMAL
        if goal is puzzle.vacancy or goal is puzzle.guests:
            all_given = all_given and not solver.objective_value
    if all_given:
        puzzle.all_are_given()
    seconds = _left(asked, began)
    solver, status = _stage(puzzle, puzzle.points, seconds=seconds, callback=_Improving(say))
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return {"failed": solver.status_name(status)}
    return {
        "choice": [
            next(n for n, var in enumerate(given) if solver.boolean_value(var)) for given in puzzle.given
        ],
        "points": round(solver.objective_value),
        "bound": round(solver.best_objective_bound),
        "proven": bool(proven and status == cp_model.OPTIMAL),
        "repeatable": steady and _repeatable(solver, status, seconds),
        "seconds": round(time.monotonic() - began, 2),
    }


def _left(asked: dict[str, Any], began: float) -> float:
    return float(max(asked["seconds"] - (time.monotonic() - began), 0.5))


def _stage(puzzle: Puzzle, goal: Any, *, seconds: float, callback: Any = None) -> tuple[Any, Any]:
    """One worker, one seed, and an end after a number of steps: two runs give one answer. The clock is there
    for a machine so slow that the steps would take too long.
    """
    puzzle.model.minimize(goal)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.interleave_search = True
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = puzzle.asked["seconds"] * STEADY
    solver.parameters.max_time_in_seconds = seconds
    return solver, solver.solve(puzzle.model, callback)


def _repeatable(solver: Any, status: Any, seconds: float) -> bool:
    return bool(status == cp_model.OPTIMAL or solver.wall_time < seconds)


def _hint(puzzle: Puzzle, solver: Any) -> None:
    puzzle.model.clear_hints()  # type: ignore[no-untyped-call]
    for var in (var for given in puzzle.given for var in given):
        puzzle.model.add_hint(var, solver.boolean_value(var))


def main() -> None:
    def say(what: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()

    say({"answer": solve(json.loads(sys.stdin.read()), say)})


if __name__ == "__main__":
    main()
