"""CP-SAT in a process of its own, ended when it takes too long."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from oncall.core.plan.problem import NOBODY, Problem
from oncall.solver.base import Answer, Progress, SolverFailed, SolverMissing
from oncall.solver.question import read, written

INSTALLED = find_spec("ortools") is not None
HOW = "Planning needs OR-tools, which is not installed; run: pip install 'watchbill[plan]'"
ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 15.0  # seconds beyond the time limit, for loading the library and building the model


class CpSat:
    """See `oncall.solver.base.Solver`."""

    def solve(
        self, problem: Problem, *, seconds: float, progress: Callable[[Progress], None] | None = None
    ) -> Answer:
        if not INSTALLED:
            raise SolverMissing(HOW)
        child = subprocess.Popen(
            [sys.executable, "-m", "oncall.solver.cpsat"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        deadline = threading.Timer(seconds + PATIENCE, child.kill)
        deadline.start()
        try:
            said = _heard(child, written(problem, seconds=seconds), progress)
        finally:
            deadline.cancel()
            child.kill()
            child.communicate()
        return _answer(problem, said)


def _heard(
    child: "subprocess.Popen[str]", question: str, progress: Callable[[Progress], None] | None
) -> dict[str, Any]:
    assert child.stdin is not None  # noqa: S101 - it was asked for
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(question)
        child.stdin.close()
        child.stdin = None
    except BrokenPipeError:
        return {}
    return _last(child.stdout, progress)


def _last(lines: Iterable[str], progress: Callable[[Progress], None] | None) -> dict[str, Any]:
    for line in lines:
        said = read(line)
        if "answer" in said:
            answer: dict[str, Any] = said["answer"]
            return answer
        if progress is not None:
            progress(Progress(**said))
    return {}


def _answer(problem: Problem, said: dict[str, Any]) -> Answer:
    if "choice" not in said:
        why = said.get("failed", "it ended without a word")
        raise SolverFailed(f"The solver found no plan ({why}); give it more time, or a shorter span.")
    options = [[*slot.options, NOBODY] for slot in problem.slots]
    choice = tuple(of[n] for of, n in zip(options, said.pop("choice"), strict=True))
    return Answer(choice=choice, **said)
