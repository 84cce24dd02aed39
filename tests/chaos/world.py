"""All that runs in one place: servers, our processes, the world outside; and what faults do to them."""

import contextlib
import tempfile
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time

from tests.chaos import tables, zones
from tests.chaos.organisation import Organisation
from tests.chaos.outside import Outside
from tests.chaos.processes import Processes
from tests.chaos.servers import Postgres, Redis
from tests.chaos.source import Errands, Source


class World:
    """`long` is how long a fault lasts, in seconds; `messages` how many incidents go to phones; clocks change
    `changes_in` seconds after our processes have started; the clock of the last machine is `ahead` (seconds).
    """

    def __init__(self, *, copies, step, messages, long, changes_in, ahead=0):
        self.copies, self.step, self.long, self._ahead = copies, step, long, ahead
        self._messages, self._changes_in = messages, changes_in
        self.kills = []
        self.in_flight = Counter()
        self.taken = []
        self.now_doing = ""
        self._never = threading.Event()
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start(self, stack):
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        self._outside = [stack.enter_context(Outside(kind, self.folder)) for kind in ("mail", "phone")]
        self.postgres = stack.enter_context(Postgres())
        self.redis = stack.enter_context(Redis())
        environment = {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.redis.url}
        for server in self._outside:
            environment |= server.environment
        environment |= zones.environment(self.folder / "zones")
        self.processes = self._processes(environment)
        self.processes.manage("migrate", "--no-input", "--verbosity", "0")
        stack.enter_context(self.processes)
        self.processes.wait_until_up()
        self.changes_at = int(time() + self._changes_in)
        zones.write(self.folder / "zones", self.changes_at)
        organisation = Organisation(step=self.step, messages=self._messages, changes_at=self.changes_at)
        document = self.folder / "organisation.yaml"
        document.write_text(organisation.text())
        self.processes.manage("apply", str(document))
        self.services = defaultdict(list)
        for service in organisation.services:
            self.services[service.kind].append(service)
        self.errands = stack.enter_context(Errands())
        self._faults = stack.enter_context(ThreadPoolExecutor(1))
        self.source = Source(self.processes.urls, self.errands)

    def _processes(self, environment):
        return Processes(copies=self.copies, folder=self.folder, environment=environment, ahead=self._ahead)

    def later(self, when, does):
        """Its future: what it raises is raised by whoever asks for its result."""

        def at_its_time():
            self.pause(when - time())
            does()

        return self._faults.submit(at_its_time)

    def pause(self, seconds):
        self._never.wait(max(0.0, seconds))

    def moments(self, chance, many, seconds):
        """So many moments of the next seconds, drawn by chance, each as it comes."""
        begun = time()
        for at in sorted(chance.uniform(0, seconds) for _ in range(many)):
            self.pause(begun + at - time())
            yield at

    def kill(self, chance, *names):
        self.processes.kill(chance, *names)
        self._note()

    def kill_all(self):
        self.processes.kill_all()
        self._note()

    def take_away(self, machine):
        self.processes.take_away(machine)
        self._note()

    def restart_postgres(self, *, away):
        self.postgres.stop_at_once()
        self.pause(away)
        self.postgres.start()
        self._note()

    def tell_providers(self, word):
        for server in self._outside:
            server.be(word)

    def news(self):
        """What was received since this was asked last; all of it is kept in `taken`."""
        new = [one for server in self._outside for one in server.news()]
        self.taken += new
        return new

    def _note(self):
        """What was in somebody's hands at this end of one."""
        at, held = time(), tables.in_flight(self.postgres)
        self.kills.append((self.now_doing, at, held))
        self.in_flight[self.now_doing] += len(held)
