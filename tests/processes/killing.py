"""One trial: alerts are posted, every process is killed at a moment drawn by chance, and started again."""

import json
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass
from math import inf

from tests.fakes.mailbox import AnyPort
from tests.processes.tree import PATIENCE, fetch, manage, until

KEY = "0123456789abcdef0123456789abcdef"
FIRST = "ana@example.com"


class Sink:
    """A mail server that only counts: how often the first one on call was told of each alert."""

    def __init__(self):
        self.told = Counter()
        self._more = threading.Condition()
        self._controller = AnyPort(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - its name in aiosmtpd
        title = re.search(rb"alert-\d+", envelope.content)
        if title and FIRST in envelope.rcpt_tos:  # the secondary hears of it too, two seconds later
            with self._more:
                self.told[title.group().decode()] += 1
                self._more.notify_all()
        return "250 OK"

    def wait_for(self, names, *, within):
        with self._more:
            return self._more.wait_for(lambda: names <= self.told.keys(), timeout=within)

    def __enter__(self):
        self._controller.start()
        self.port = self._controller.port
        return self

    def __exit__(self, *_):
        self._controller.stop()


@dataclass(frozen=True)
class Outcome:
    accepted: int
    lost: int
    doubled: int
    killed_after: float


def trial(make_tree, sink, *, seed, alerts=20, within=PATIENCE):
    """Post until the kill comes, restart, and ask the mailbox: an alert that got its 2xx has been told."""
    chance = random.Random(seed)  # noqa: S311
    killed_after = chance.uniform(0.0, 0.6)
    tree = make_tree("--no-demo", EMAIL_URL=f"smtp://127.0.0.1:{sink.port}")
    tree.start()
    tree.wait_until_up()
    manage(tree, "apply", "tests/processes/organisation.yaml")
    accepted = set()
    killer = threading.Timer(killed_after, tree.kill)
    for number in range(alerts):
        name = f"alert-{seed:03}{number:03}"
        if post(tree, name) == 202:
            accepted.add(name)
        if number == 0:
            killer.start()  # from the first answer on, at whatever it is doing then
    killer.join()
    assert not tree.processes()
    tree.start()
    sink.wait_for(accepted, within=within)
    until(lambda: overdue(tree) < 1, "nothing is due")
    return Outcome(
        accepted=len(accepted),
        lost=len(accepted - sink.told.keys()),
        doubled=sum(sink.told[name] > 1 for name in accepted),
        killed_after=killed_after,
    )


def overdue(tree):
    """Seconds; for ever while nobody answers."""
    status, body = fetch(f"{tree.url}/readyz")
    return json.loads(body)["oldest_overdue_seconds"] if status else inf


def post(tree, name):
    body = {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": name,
        "payload": {"summary": name, "source": "trial", "severity": "critical"},
    }
    return fetch(f"{tree.url}/v2/enqueue", json.dumps(body).encode())[0]
