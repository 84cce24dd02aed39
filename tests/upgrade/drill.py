"""An upgrade as it is done, while alerts come: the old version alone, the new one's migrations under it, both
side by side, the new one alone. Each phase has incidents of its own, which the audit of the chaos runs reads.
"""

import json
from collections import Counter

from tests.chaos.processes import Processes
from tests.chaos.run import Options, run
from tests.chaos.world import World
from tests.processes.tree import fetch

PAGES = ("/healthz", "/readyz", "/metrics", "/login/")
WRONG = {"error", "critical"}
SEEN_IN_THE_TABLE = {"unwell", "nobody_can_be_told"}  # that pages are late, on a machine with more to do


class TwoVersions(World):
    """A world whose processes are of the `old` code, until those of this folder take their place."""

    def __init__(self, *, old, **options):
        super().__init__(**options)
        self.complaints, self.before = Counter(), Counter()
        self._old, self._new = old, None

    def _processes(self, environment):
        self._environment = environment
        return self._of("old", code=self._old)

    def _of(self, name, **code):
        return Processes(copies=self.copies, folder=self.folder / name, environment=self._environment, **code)

    def migrate(self):
        """With the new code, while the old runs. Both then say what they think of it."""
        self.before = _complaints("old", self.processes)
        self._new = self._of("new")
        self._new.manage("migrate", "--no-input", "--verbosity", "0")
        self._look()

    def add_new(self):
        self._stack.enter_context(self._new)  # it ends with this world
        self._new.wait_until_up()
        self.source.urls = [*self.processes.urls, *self._new.urls]
        self._new.manage("apply", str(self.folder / "organisation.yaml"))
        self._look()

    def end_old(self):
        """First it ends, and then nobody asks it any more: a balancer notices a little later."""
        self._look()
        self.processes.end()
        self.source.urls = self._new.urls
        self._look()
        said = _complaints("old", self.processes) + _complaints("new", self._new)
        self.complaints += Counter({what: times for what, times in said.items() if what not in self.before})

    def _look(self):
        """What people and monitors look at, at each web that should answer."""
        for url in self.source.urls:
            version = "old" if url in self.processes.urls else "new"
            for page in PAGES:
                status, body = fetch(url + page)
                if status != 200:
                    self.complaints[
                        f"{version} web: {status} at {page}: {body[:200].decode(errors='replace')}"
                    ] += 1


def _complaints(version, processes):
    """{what: how often} of the logs."""
    return Counter(
        f"{version} {program}: {complaint}"
        for program, text in processes.logs.items()
        for line in text.splitlines()
        if (complaint := _complaint(line)) is not None
    )


def _complaint(line):
    """What a line of a log says that is wrong; None where nothing is."""
    try:
        said = json.loads(line)
    except ValueError:
        return line[:200] if "Traceback" in line or "Error:" in line else None
    if not isinstance(said, dict) or said.get("level") not in WRONG or said["event"] in SEEN_IN_THE_TABLE:
        return None
    last = (said.get("exception") or "").strip().splitlines()[-1:]
    return " ".join([str(said.get("event")), *last])[:300]


def old_alone(world, chance, seconds):
    world.pause(seconds)


def migrating(world, chance, seconds):
    """The migrations in the midst of the alerts; the phase ends when the new version answers."""
    world.pause(seconds / 2)
    world.migrate()
    world.pause(seconds / 2)
    world.add_new()


def side_by_side(world, chance, seconds):
    world.pause(seconds)


def new_alone(world, chance, seconds):
    world.pause(seconds / 3)
    world.end_old()


PHASES = {
    "old-alone": old_alone,
    "migrating": migrating,
    "side-by-side": side_by_side,
    "new-alone": new_alone,
}


def drill(old, *, incidents, seed, say):
    """The rows, one for each phase; {complaint: how often} of logs and pages, without what the old version
    said before anything was done to it; and that.
    """
    made = []

    def make(**options):
        made.append(TwoVersions(old=old, **options))
        return made[0]

    options = Options(
        incidents=incidents, seed=seed, faults=tuple(PHASES), copies=1, rate=6, step=2, changes_in=0
    )
    rows = run(options, say, make=make, acts=PHASES)
    return rows, made[0].complaints, made[0].before
