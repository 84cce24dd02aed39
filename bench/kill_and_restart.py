"""Ten trials: post alerts, SIGKILL every process at a random moment, start again, count what arrived.

    .venv/bin/python bench/kill_and_restart.py [trials]

On the embedded default, and, where they answer, on PostgreSQL with Redis. An alert that got its 2xx and
never arrives is lost. One that was in flight at the kill may arrive twice.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import servers
from tests.processes.killing import Sink, trial
from tests.processes.tree import Tree


def run(name: str, environment: dict[str, str], trials: int) -> None:
    """Print a row for each trial and their sum. Each trial has a folder of its own."""
    totals = {"accepted": 0, "lost": 0, "doubled": 0}
    print(f"{name}\n{'trial':>5} {'kill after':>10} {'accepted':>9} {'lost':>5} {'doubled':>8}")
    for number in range(1, trials + 1):
        with tempfile.TemporaryDirectory() as folder, Sink() as sink:
            made: list[Tree] = []

            def make_tree(
                *arguments: str, folder: str = folder, made: list[Tree] = made, **variables: str
            ) -> Tree:
                made.append(Tree(var=folder, environment=environment | variables, arguments=arguments))
                return made[-1]

            outcome = trial(make_tree, sink, seed=number)
            for tree in made:
                tree.kill()
        for total in totals:
            totals[total] += getattr(outcome, total)
        row = f"{outcome.accepted:>9} {outcome.lost:>5} {outcome.doubled:>8}"
        print(f"{number:>5} {outcome.killed_after:>8.2f} s {row}", flush=True)
    print(f"{'all':>5} {'':>10} {totals['accepted']:>9} {totals['lost']:>5} {totals['doubled']:>8}\n")


def main(trials: int = 10) -> None:
    run("SQLite, embedded", {}, trials)
    if not (servers.postgres_answers() and servers.redis_answers()):
        print("PostgreSQL with Redis: not run, one of them does not answer")
        return
    with servers.own_database() as database, servers.own_redis() as broker:
        run("PostgreSQL and Redis", {"DATABASE_URL": database, "REDIS_URL": broker}, trials)


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
