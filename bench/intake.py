"""How many events a second come in, beside the least that could be done with them.

    .venv/bin/python bench/intake.py [seconds of each row in each round] [--rounds 5] [--posts 100000]

PostgreSQL and Redis of its own, two gunicorn workers, 16 connections that each wait for their answer. The
servers take turns in each round, so that a machine that has become slower is so for all of them: what is
printed is the median of the rounds, and “of the floor” that of each round's own.

The floor is a bare WSGI application that parses with orjson and runs one upsert through psycopg; beside it a
plain view of Django, without any middleware, with the same upsert. Ours is complete: the key, the alert, its
incident, the record, the counts. “repeat” counts on 1,000 open alerts, “one key” on a single one, “new” opens
an incident each time. Goals: repeats 45 % of the floor, new ones 25 %, p99 40 ms, 6 statements for a new
alert and 2 for a repeat, a group of 100 alerts within 60 ms. With `--posts` so many repeats come in, and what
the workers hold is looked at before and after.

The last column is what workers and the database's processes computed for one request: it changes little
with what else the machine does.
"""

import argparse
import contextlib
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import orjson
import psycopg

from tests import servers
from tests.floors import TABLE
from tests.posting import answer_of, post

KEY = "0123456789abcdef0123456789abcdef"
WORKERS, OPEN = 2, 1000
FLOORS = "the floor"
OURS, FLOOR, PLAIN = "watchbill.wsgi", "tests.floors:floor", "tests.floors:plain()"
ENQUEUE, ALERTMANAGER = "/v2/enqueue", f"/integrations/alertmanager/{KEY}"
# Nobody decides here, so that only the intake is measured; what is overdue would be complained of.
LATER = "UPDATE escalation_incident SET wake_at = now() + interval '1 day' WHERE wake_at < now()"


def pagerduty(key: str) -> bytes:
    return _post(ENQUEUE, {
        "routing_key": KEY, "event_action": "trigger", "dedup_key": key,
        "payload": {
            "summary": "disk of db1 is nearly full", "source": "db1.acme.example", "severity": "critical",
            "component": "postgres", "custom_details": {"free": "3 %", "cluster": "eu1"},
        },
    })  # fmt: skip


def alertmanager(*keys: str) -> bytes:
    firing = [
        {
            "status": "firing", "labels": {"alertname": "DiskFull", "severity": "critical", "instance": key},
            "annotations": {"summary": "disk of db1 is nearly full"}, "startsAt": "2026-01-05T10:00:00Z",
            "fingerprint": key,
        }
        for key in keys
    ]  # fmt: skip
    return _post(ALERTMANAGER, {
        "version": "4", "groupKey": "bench", "status": "firing", "receiver": "watchbill", "alerts": firing,
    })  # fmt: skip


def _post(address: str, body: dict[str, Any]) -> bytes:
    sent = orjson.dumps(body)
    head = f"POST {address} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent


@contextlib.contextmanager
def served(application: str, environment: dict[str, str]) -> Iterator[tuple[int, list[int]]]:
    """By two workers, as ours are: the port, and the workers' process ids."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = ["-c", "python:watchbill.processes.gunicorn_conf"] if application == OURS else []
    given += [
        "-b",
        f"127.0.0.1:{port}",
        "-w",
        str(WORKERS),
        "--threads",
        "32",
        "--keep-alive",
        "5",
        "--no-control-socket",
    ]
    given += [
        "-k",
        "watchbill.processes.web_worker.DeadlineWorker",
        "--pythonpath",
        str(ROOT),
    ]
    process = subprocess.Popen(  # noqa: S603 - this Python
        [sys.executable, "-m", "gunicorn", *given, "--log-level", "warning", application],
        env=os.environ | environment, cwd=ROOT,
    )  # fmt: skip
    try:
        wait(port)
        yield port, children(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            threading.Event().wait(2)  # until both workers are there
            return
        threading.Event().wait(0.1)
    raise SystemExit("The server did not start.")


def children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def computed(pids: list[int]) -> float:
    """Seconds of processor time, children that were waited for left out."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def held(pids: list[int]) -> float:
    """Memory, in MB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def backends(database: str) -> list[int]:
    """The database's processes that serve this database."""
    with psycopg.connect(database, autocommit=True) as server:
        asked = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in server.execute(asked)]


def keys(prefix: str, many: int) -> list[str]:
    return [f"{prefix}-{number:06}" for number in range(many)]


def ever(posts: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from posts


def fresh(one: Callable[[str], bytes]) -> Iterator[bytes]:
    number = 0
    begun = f"{perf_counter():.6f}"
    while True:
        number += 1
        yield one(f"{begun}-{number}")


@dataclass(frozen=True)
class Seen:
    """Of one row in one round: requests a second, seconds waited by half and by all but one in a hundred of
    them, seconds computed for each.
    """

    rate: float
    p50: float
    p99: float
    computed: float


class Table:
    """Rows of measures, each beside the floor's of the same round."""

    def __init__(self, database: str, seconds: float) -> None:
        self._database, self._seconds = database, seconds
        self._seen: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)

    def measure(self, name: str, at: tuple[int, list[int]], one: Callable[[str], bytes]) -> None:
        for kind, sent in kinds(one).items():
            self._seen[name, kind].append(self._measured(at, sent))

    def _measured(self, at: tuple[int, list[int]], posts: Iterator[bytes]) -> Seen:
        port, workers = at
        post(port, posts, many=2 * OPEN)  # what repeats is open then
        with psycopg.connect(self._database, autocommit=True) as server:
            server.execute("ANALYZE")  # which it would do of itself within a minute
            server.execute(LATER)
        pids = [*workers, *backends(self._database)]
        before = computed(pids)
        found = post(port, posts, seconds=self._seconds)
        cost = (computed(pids) - before) / len(found.latencies)
        if found.refused:
            print(f"  {len(found.refused)} were refused, such as {found.refused[0][:300]!r}")
        return Seen(found.rate, found.share(50), found.share(99), cost)

    def print(self) -> None:
        print(f"{'':<34}{'':<9}{'rate':>9}{'of the floor':>19}{'p50':>9}{'p99':>9}{'computed':>15}")
        for (name, kind), some in self._seen.items():
            floors = self._seen[FLOORS, kind]
            ratios = [ours.rate / least.rate for ours, least in zip(some, floors, strict=True)]
            rate, p50, p99, cost = (
                statistics.median(getattr(one, what) for one in some)
                for what in ("rate", "p50", "p99", "computed")
            )
            spread = f"({min(ratios):.0%} to {max(ratios):.0%})"
            print(
                f"{name:<34}{kind:<9}{rate:>7.0f}/s{statistics.median(ratios):>7.0%} {spread:<15}"
                f"{p50 * 1000:>5.1f}{p99 * 1000:>9.1f} ms{cost * 1000:>10.2f} ms",
                flush=True,
            )


def main(seconds: float, rounds: int, posts: int) -> None:
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; the client alone: {ceiling():.0f}/s")
    with (
        servers.own_database() as database,
        servers.own_redis() as redis,
        tempfile.TemporaryDirectory() as var,
    ):
        environment = {
            "DATABASE_URL": database, "REDIS_URL": redis, "VAR_DIR": var, "EVENTS_PER_MINUTE": "0",
            "WEB_CONCURRENCY": str(WORKERS), "SECRET_KEY": "bench-only-0123456789abcdefghijklmnopqrstuvwxyz",
            "DJANGO_SETTINGS_MODULE": "watchbill.settings", "PROMETHEUS_MULTIPROC_DIR": f"{var}/metrics",
            "PUBLIC_URL": "http://localhost",
        }  # fmt: skip
        filled(environment)
        with psycopg.connect(database, autocommit=True) as server:
            server.execute(TABLE)
        table, bare = Table(database, seconds), environment | {"DJANGO_SETTINGS_MODULE": ""}
        for number in range(1, rounds + 1):
            for name, application in ((FLOORS, FLOOR), ("a plain view of Django", PLAIN)):
                with served(application, bare) as at:
                    table.measure(name, at, pagerduty)
            with served(OURS, environment) as at:
                table.measure("ours, PagerDuty's door", at, pagerduty)
                table.measure("ours, Alertmanager's, one alert", at, alertmanager)
            print(f"round {number} of {rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        table.print()
        with served(OURS, environment) as at:
            groups(at[0])
            if posts:
                memory(at, posts)
        subprocess.run([sys.executable, __file__, "--statements"], env=os.environ | environment, check=True)  # noqa: S603


def kinds(one: Callable[[str], bytes]) -> dict[str, Iterator[bytes]]:
    return {
        "repeat": ever([one(key) for key in keys("open", OPEN)]),
        "one key": ever([one("hot")]),
        "new": fresh(one),
    }


def groups(port: int) -> None:
    """Of 100 alerts in one post, one post after the other."""
    for name, same in (("new", False), ("repeats", True)):
        taken = []
        with socket.create_connection(("127.0.0.1", port)) as sock:
            for number in range(20):
                sent = alertmanager(*keys("group" if same else f"group-{name}-{number}", 100))
                begun = perf_counter()
                sock.sendall(sent)
                if not answer_of(sock).startswith(b"HTTP/1.1 200"):
                    raise SystemExit("A group was refused.")
                taken.append(perf_counter() - begun)
        print(
            f"a group of 100 alerts, {name}: p50 {statistics.median(taken[1:]) * 1000:.0f} ms, "
            f"max {max(taken[1:]) * 1000:.0f} ms",
            flush=True,
        )


def memory(at: tuple[int, list[int]], posts: int) -> None:
    port, workers = at
    sent = ever([pagerduty(key) for key in keys("open", OPEN)])
    post(port, sent, many=posts // 20)
    before = held(workers)
    post(port, sent, many=posts)
    print(f"memory of {WORKERS} workers: {before:.0f} MB, {held(workers):.0f} MB after {posts} more posts")


def ceiling() -> float:
    """What the client alone can do, with a server beside it that only answers."""
    code = (
        "import selectors, socket\n"
        "listener = socket.create_server(('127.0.0.1', 0)); print(listener.getsockname()[1], flush=True)\n"
        "poll = selectors.EpollSelector(); poll.register(listener, 1)\n"
        "while True:\n"
        "    for key, _ in poll.select():\n"
        "        if key.fileobj is listener:\n"
        "            poll.register(listener.accept()[0], 1)\n"
        "        elif key.fileobj.recv(65536):\n"
        "            key.fileobj.send(b'HTTP/1.1 202 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}')\n"
        "        else:\n"
        "            poll.unregister(key.fileobj)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        port = int(process.stdout.readline())
        found = post(port, ever([pagerduty(key) for key in keys("open", OPEN)]), seconds=1.0)
        process.kill()
    return found.rate


def filled(environment: dict[str, str]) -> None:
    """An organisation whose service has this key; in a process of its own, for Django is set up once."""
    subprocess.run([sys.executable, __file__, "--fill"], env=os.environ | environment, check=True)  # noqa: S603


def fill() -> None:
    call_command("migrate", verbosity=0)
    World(now=clock.now())
    RoutingKey.objects.update(key=KEY, digest=RoutingKey.digest_of(KEY))


def statements() -> None:
    """Counted as they leave, without BEGIN and COMMIT."""
    client = Client(SERVER_NAME="localhost")
    for name, door in (("PagerDuty's door", pagerduty), ("Alertmanager's", alertmanager)):
        counts = {}
        for kind in ("warm", "new", "repeat"):
            head, _, body = door("warm" if kind == "warm" else f"counted by {name}").partition(b"\r\n\r\n")
            address = head.split(b" ")[1].decode()
            with CaptureQueriesContext(connection) as queries:
                answer = client.post(address, body, content_type="application/json")
            assert 200 <= answer.status_code < 300, answer.content
            counts[kind] = sum(
                not query["sql"].startswith(("BEGIN", "COMMIT")) for query in queries.captured_queries
            )
        print(f"statements, {name}: {counts['new']} for a new alert, {counts['repeat']} for a repeat")


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("seconds", nargs="?", type=float, default=3.0)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--posts", type=int, default=0)
    asked.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    asked.add_argument("--statements", action="store_true", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.fill or given.statements:
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        from escalation.models import RoutingKey
        from people import clock
        from tests.world import World

        fill() if given.fill else statements()
    elif not servers.postgres_answers() or not servers.redis_answers():
        print("The intake: not run. It needs PostgreSQL and Redis (TEST_DATABASE_URL, TEST_REDIS_URL).")
    else:
        main(given.seconds, given.rounds, given.posts)
