"""Ten trials: post alerts, SIGKILL every process at a random moment, start again, count what arrived.

    .venv/bin/python bench/kill_and_restart.py [trials] [DATABASE_URL REDIS_URL]

An alert that got its 2xx and never arrives is lost. One that was in flight at the kill may arrive twice.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.processes.killing import Sink, trial
from tests.processes.tree import Tree


def main(trials: int = 10, database: str = "", redis: str = "") -> None:
    servers = {"DATABASE_URL": database, "REDIS_URL": redis} if database else {}
    totals = {"accepted": 0, "lost": 0, "doubled": 0}
    print(f"{'trial':>5} {'kill after':>10} {'accepted':>9} {'lost':>5} {'doubled':>8}")
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:

        def make_tree(*arguments: str, **variables: str) -> Tree:
            made.append(
                Tree(
                    var=Path(folder) / f"var{len(made)}", environment=servers | variables, arguments=arguments
                )
            )
            return made[-1]

        made: list[Tree] = []
        for number in range(1, trials + 1):
            outcome = trial(make_tree, sink, seed=number)
            made[-1].kill()
            for name in totals:
                totals[name] += getattr(outcome, name)
            print(
                f"{number:>5} {outcome.killed_after:>8.2f} s {outcome.accepted:>9}"
                f" {outcome.lost:>5} {outcome.doubled:>8}",
                flush=True,
            )
    print(f"{'all':>5} {'':>10} {totals['accepted']:>9} {totals['lost']:>5} {totals['doubled']:>8}")


if __name__ == "__main__":
    main(*[int(argument) if argument.isdecimal() else argument for argument in sys.argv[1:]])  # type: ignore[arg-type]
