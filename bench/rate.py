"""Fifty alerts a second with nothing broken: how late steps run, and when the first page is at its server.

    .venv/bin/python bench/rate.py [alerts a second] [seconds]

PostgreSQL and Redis of its own, one web, worker, beat and engine, and a mail server that takes 100 ms.
Twice: with policies whose second step comes long after, and with three steps three seconds apart.
The last column is what our own processes cost, which a busy machine changes little. Goals: step lateness
p99 1.5 s, first page p99 500 ms.
"""

import os
import random
import sys
from pathlib import Path
from time import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.chaos import tables
from tests.chaos.audit import Audit
from tests.chaos.run import share
from tests.chaos.servers import Missing, check_programs
from tests.chaos.source import Incident
from tests.chaos.world import World

LONG = 600
WARM = 10
PATIENCE = 90


def main(rate: int = 50, seconds: int = 10) -> None:
    try:
        check_programs()
    except Missing as fault:
        print(f"The rate: not run. {fault}")
        return
    print(f"{rate} alerts a second for {seconds} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(
        f"{'':<26}{'alerts':>7}{'taken after':>13}{'first page p50 / p99':>23}{'step late p50 / p99':>22}"
        f"{'cpu an alert':>14}"
    )
    for name, step in (("first step only", LONG), ("three steps, 3 s apart", 3)):
        with World(copies=1, step=step, messages=0, long=0, changes_in=0) as world:
            measure(name, world, rate, seconds)


def measure(name: str, world: World, rate: int, seconds: int) -> None:
    """Print one row. What does not arrive is said."""
    warm = post(world, "warm", 2, WARM)
    wait(world, warm)
    before = world.processes.processor_time()
    mine = post(world, "rate", rate, rate * seconds)
    wait(world, mine)
    cost = (world.processes.processor_time() - before) / len(mine)
    verdict = Audit(mine, world.taken).verdicts()["rate"]
    late = tables.step_lateness(world.postgres, world.step)
    steps = [one for incident in mine for one in late[incident.title]]
    taken = [one.accepted_at - one.posts_at for one in mine]
    print(
        f"{name:<26}{len(mine):>7}{share(taken, 50):>11.2f} s{two(verdict.first):>23}{two(steps):>22}"
        f"{cost * 1000:>11.0f} ms",
        flush=True,
    )
    if missing := unheard(world, mine):
        print(f"{'':<26}{missing} were not heard of within {PATIENCE} s")


def post(world: World, fault: str, rate: float, many: int) -> list[Incident]:
    chance, begin = random.Random(many), time() + 0.5  # noqa: S311
    first = 90_000 if fault == "warm" else 0
    found = [
        Incident(
            f"chaos-{first + number:05}", chance.choice(world.services["mail"]), fault, begin + number / rate
        )
        for number in range(many)
    ]
    for one in found:
        world.source.send(one)
    return found


def wait(world: World, incidents: list[Incident]) -> None:
    """Looks seldom, so that it takes nothing from what it measures."""
    world.pause(incidents[-1].posts_at - time())
    until = time() + PATIENCE
    while time() < until and (world.errands.left or unheard(world, incidents)):
        world.pause(1)
        world.news()


def unheard(world: World, incidents: list[Incident]) -> int:
    """Of how many not everybody was told whose step has come."""
    audit = Audit(incidents, world.taken)
    if world.step == LONG:
        return len(incidents) - len(audit.verdicts()[incidents[0].fault].first)
    return sum(bool(audit.unreached(one)) for one in incidents)


def two(values: list[float]) -> str:
    return f"{share(values, 50):.2f} / {share(values, 99):.2f} s"


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
