"""How much longer an alert takes to be accepted while Redis listens and answers nothing: 100 ms at most.

    .venv/bin/python bench/hung_broker.py [times]

Needs PostgreSQL; it starts a redis-server of its own and stops it with SIGSTOP. Also says what the page at
the mail server took from the post, and how long /readyz takes meanwhile.
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
from tests.processes.tree import Tree, fetch, manage


def measure(name: str, tree: Tree, sink: Sink, *, first: int, times: int) -> float:
    """Print one row; the median of the posts comes back, in milliseconds."""
    posts: list[float] = []
    mails: list[float] = []
    idle = threading.Event()
    for number in range(first, first + times):
        alert = f"alert-{number:06}"
        begun = perf_counter()
        if post(tree, alert) != 202:
            raise SystemExit(f"{name}: {alert} was not accepted")
        posts.append((perf_counter() - begun) * 1000)
        if not sink.wait_for({alert}, within=30):
            raise SystemExit(f"{name}: {alert} did not arrive")
        mails.append((perf_counter() - begun) * 1000)
        idle.wait(0.05)
    begun = perf_counter()
    fetch(f"{tree.url}/readyz")
    asked = (perf_counter() - begun) * 1000
    posts, mails = sorted(posts), sorted(mails)
    p50 = statistics.median(posts)
    print(
        f"{name:<16} accepted p50 {p50:7.1f} ms  p95 {posts[int(times * 0.95)]:7.1f}  max {posts[-1]:7.1f}   "
        f"at the mail server p50 {statistics.median(mails):7.1f} ms  max {mails[-1]:7.1f}   "
        f"/readyz {asked:7.1f} ms   n={times}",
        flush=True,
    )
    return p50


def main(times: int = 60) -> None:
    if not (servers.postgres_answers() and servers.redis_can_be_started()):
        print("A Redis that hangs: not run, PostgreSQL does not answer or there is no redis-server")
        return
    with (
        tempfile.TemporaryDirectory() as var,
        Sink() as sink,
        servers.own_database() as database,
        servers.own_redis_server() as broker,
    ):
        environment = {
            "DATABASE_URL": database,
            "REDIS_URL": broker.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }
        with Tree(var=var, environment=environment, arguments=["--no-demo"]) as tree:
            manage(tree, "apply", "tests/processes/organisation.yaml")
            measure("warming up", tree, sink, first=0, times=5)
            usual = measure("Redis answers", tree, sink, first=5, times=times)
            broker.hang()
            hung = measure("Redis hangs", tree, sink, first=5 + times, times=times)
            broker.go_on()
    print(f"accepted {hung - usual:+.1f} ms later at the median while Redis hangs")


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
