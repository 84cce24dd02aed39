"""One critical alert right behind a storm of 2,000 new alerts of another service.

    .venv/bin/python bench/behind_a_storm.py [alerts]

PostgreSQL and Redis of its own, one web, worker, beat and engine, and a mail server that takes 100 ms. An
Alertmanager posts the storm, 100 alerts in each post, four posts at a time. Says when the critical one was at
the mail server, counted from its own post, right behind the last 2xx of the storm, and from a post in the
midst of it. Goal: 2 s.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.chaos.organisation import Service
from tests.chaos.servers import Missing, check_programs
from tests.chaos.source import Incident
from tests.chaos.world import World
from tests.processes.tree import fetch

IN_ONE_POST = 100
AT_ONCE = 4
STEP = 600
PATIENCE = 120


def main(alerts: int = 2000) -> None:
    try:
        check_programs()
    except Missing as fault:
        print(f"The storm: not run. {fault}")
        return
    with World(copies=1, step=STEP, messages=0, long=0, changes_in=0) as world:
        storm, warm, midst, behind = world.services["mail"][:4]
        critical(world, warm, 1)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            begun = time()
            posts = [
                pool.submit(post_storm, world, storm, first)
                for first in range(1000, 1000 + alerts, IN_ONE_POST)
            ]
            posts[len(posts) // 2].result()
            in_it = critical(world, midst, 2)
            for one in posts:
                one.result()
        taken = time() - begun
        print(
            f"{alerts} alerts taken in {taken:.1f} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        print(f"a critical one in the midst of it: mail after {in_it:.2f} s")
        print(f"a critical one right behind it: mail after {critical(world, behind, 3):.2f} s", flush=True)


def post_storm(world: World, service: Service, first: int) -> None:
    firing = [
        {
            "status": "firing",
            "labels": {"alertname": f"chaos-{number:05}", "severity": "critical"},
            "annotations": {"summary": f"chaos-{number:05}"},
            "startsAt": "2026-01-05T10:00:00Z",
            "fingerprint": f"{number:016x}",
        }
        for number in range(first, first + IN_ONE_POST)
    ]
    body = {
        "version": "4",
        "groupKey": "storm",
        "status": "firing",
        "receiver": "watchbill",
        "alerts": firing,
    }
    address = f"{world.processes.urls[0]}/integrations/alertmanager/{service.key}"
    while fetch(address, json.dumps(body).encode())[0] != 200:  # as Alertmanager does
        world.pause(0.5)


def critical(world: World, service: Service, number: int) -> float:
    """Seconds from the post of one alert to its mail."""
    begun = time()
    one = Incident(f"chaos-{number:05}", service, "storm", begun)
    world.source.send(one)
    while time() < begun + PATIENCE:
        for taken in world.news():
            if taken.pages and one.title in taken.titles:
                return taken.at - begun
        world.pause(0.05)
    raise SystemExit(f"{one.title} was not heard of within {PATIENCE} s")


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
