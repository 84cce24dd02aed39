"""From the post of an alert to the page at the mail server, 50 times, one after the other, at idle.

    .venv/bin/python bench/page_latency.py [times] [DATABASE_URL REDIS_URL]

Without arguments: the embedded default, and, where they answer, PostgreSQL with Redis, in one run.
"""

import statistics
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import servers
from tests.processes.killing import Sink, post
from tests.processes.tree import Tree, manage


def measure(name: str, environment: dict[str, str], times: int) -> float:
    """Print one row; the median comes back, in milliseconds."""
    taken: list[float] = []
    idle = threading.Event()
    with tempfile.TemporaryDirectory() as var, Sink() as sink:
        mail = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
        with Tree(var=var, environment=environment | mail, arguments=["--no-demo"]) as tree:
            manage(tree, "apply", "tests/processes/organisation.yaml")
            for number in range(times + 3):
                alert = f"alert-{number:06}"
                begun = perf_counter()
                if post(tree, alert) != 202 or not sink.wait_for({alert}, within=30):
                    raise SystemExit(f"{name}: {alert} did not arrive")
                taken.append((perf_counter() - begun) * 1000)
                idle.wait(0.1)
    taken = sorted(taken[3:])  # the first three warm it up
    p50, p99 = statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    print(
        f"{name:<28} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   max {taken[-1]:7.1f} ms   n={len(taken)}",
        flush=True,
    )
    return p50


def main(times: int = 50) -> None:
    embedded = measure("SQLite, embedded", {}, times)
    if not (servers.postgres_answers() and servers.redis_answers()):
        print("PostgreSQL with Redis: not run, one of them does not answer")
        return
    with servers.own_database() as database, servers.own_redis() as broker:
        whole = measure("PostgreSQL and Redis", {"DATABASE_URL": database, "REDIS_URL": broker}, times)
    print(f"ratio embedded / PostgreSQL and Redis: {embedded / whole:.2f}")


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
