"""Whether the time of a refusal tells anything about routing keys.

    .venv/bin/python bench/key_probing.py [posts of each kind]

A whole installation of its own, on SQLite; and one on PostgreSQL and Redis, where they answer. One sender,
who waits for each answer, posts by keys that do not exist, that were revoked, and that take only what is
signed, in random order. All of them hear the same. The last column but one is how far the median lies from
that of keys that do not exist; beside it stands how far apart two halves of those are, which is what cannot
be told from noise.
"""

import http.client
import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import orjson

from tests import servers
from tests.processes.tree import Tree, manage

REVOKED, SIGNED = "1" * 32, "2" * 32
ORGANISATION = """
version: 1
users: [{username: ana, name: Ana Ruiz, email: ana@example.com}]
teams: [{name: Shop, members: {ana: manager}}]
escalation_policies: [{name: Shop, steps: [{timeout: 5m, targets: [{user: ana}]}]}]
services:
  - name: shop
    team: Shop
    escalation_policy: Shop
    routing_keys:
      - {name: signed, key: "22222222222222222222222222222222", signing_secret: not-for-you}
"""
WITH_ONE_MORE = ORGANISATION + '      - {name: revoked, key: "11111111111111111111111111111111"}\n'
Door = Callable[[str], tuple[str, bytes]]


def enqueue(key: str) -> tuple[str, bytes]:
    said = {"summary": "x", "source": "x", "severity": "critical"}
    body = {"routing_key": key, "event_action": "trigger", "dedup_key": "x", "payload": said}
    return "/v2/enqueue", orjson.dumps(body)


def alertmanager(key: str) -> tuple[str, bytes]:
    alert = {"status": "firing", "labels": {"alertname": "x"}, "fingerprint": "x"}
    return f"/integrations/alertmanager/{key}", orjson.dumps({"version": "4", "alerts": [alert]})


def generic(key: str) -> tuple[str, bytes]:
    return f"/integrations/generic/{key}", orjson.dumps({"summary": "x"})


def main(many: int = 1500) -> None:
    print("on SQLite")
    of_one({}, many)
    if servers.postgres_answers() and servers.redis_answers():
        print("on PostgreSQL")
        with servers.own_database() as database, servers.own_redis() as redis:
            of_one({"DATABASE_URL": database, "REDIS_URL": redis, "WEB_CONCURRENCY": "1"}, many)


def of_one(environment: dict[str, str], many: int) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Tree(  # type: ignore[no-untyped-call]  # too
            var=Path(folder) / "var", environment=environment, arguments=("--no-demo",)
        ) as tree,
    ):
        document = Path(folder) / "shop.yaml"
        for text in (WITH_ONE_MORE, ORGANISATION):
            document.write_text(text)
            manage(tree, "apply", str(document), "--prune")  # type: ignore[no-untyped-call]  # of the tests
        print(f"{'':<34}{'p50':>9}{'p95':>9}{'from an unknown one':>22}{'noise':>9}")
        doors = {"PagerDuty's door": enqueue, "Alertmanager's": alertmanager, "generic": generic}
        for name, door in doors.items():
            measure(name, door, http.client.HTTPConnection("127.0.0.1", tree.port, timeout=30), many)


def measure(name: str, door: Door, sender: http.client.HTTPConnection, many: int) -> None:
    kinds: dict[str, Callable[[], str]] = {
        "unknown": lambda: f"{random.getrandbits(128):032x}",
        "revoked": lambda: REVOKED,
        "signed": lambda: SIGNED,
    }
    order = [*kinds] * many
    random.shuffle(order)
    took: dict[str, list[float]] = defaultdict(list)
    heard = set()
    for kind in order:
        path, body = door(kinds[kind]())
        began = perf_counter()
        sender.request("POST", path, body, {"Content-Type": "application/json"})
        answer = sender.getresponse()
        heard.add((answer.status, answer.read()))
        took[kind].append((perf_counter() - began) * 1000)
    assert len(heard) == 1, heard
    unknown = took["unknown"]
    noise = abs(statistics.median(unknown[::2]) - statistics.median(unknown[1::2]))
    for kind, times in took.items():
        off = statistics.median(times) - statistics.median(unknown)
        print(
            f"{name:<20}{kind:<14}{statistics.median(times):>6.2f} ms"
            f"{statistics.quantiles(times, n=20)[-1]:>6.2f} ms{off:>+19.3f} ms{noise:>6.3f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
