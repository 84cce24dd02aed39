"""Web, worker, beat and engine as they run in production: each command is the one of docker-compose.yml."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from ruamel.yaml import YAML

from tests.chaos import clock
from tests.processes.tree import ROOT, clean_environment, fetch, free_port, until

NAMES = ("web", "worker", "beat", "engine")
RESTART = 0.1  # seconds after which a dead one is seen


class Process:
    """One program of a machine, which is a number: all of one number die and come back together."""

    def __init__(self, name, machine, command, environment, log):
        self.name = name
        self.machine = machine
        self._command = command
        self._environment = environment
        self._log = log
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self):
        return self._process.pid

    @property
    def runs(self):
        return self._process is not None and self._process.poll() is None

    def kill(self):
        """SIGKILL, for its own children too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Processes:
    """So many machines with one of each; one that is killed is started again at once, as an orchestrator
    does, unless its whole machine is away. The clock of the last machine is `ahead` (seconds) of all others.
    """

    def __init__(self, *, copies, folder, environment, ahead=0):
        self._folder = Path(folder)
        self._ahead = {copies - 1: ahead} if ahead else {}
        self._away = set()
        self._lock = threading.Lock()
        self.ports = [free_port() for _ in range(copies)]
        self.urls = [f"http://127.0.0.1:{port}" for port in self.ports]
        self._environment = clean_environment(
            self._folder / "var",
            PUBLIC_URL=self.urls[0],
            ALLOWED_HOSTS="127.0.0.1",
            SECRET_KEY="of-a-chaos-run-0123456789abcdefghijklmnopqrstuvwxyz",
            DEMO="0",
            WEB_CONCURRENCY="1",
            **environment,
        )
        services = YAML(typ="safe", pure=True).load(ROOT / "docker-compose.yml")["services"]
        self._all = [
            self._make(name, services[name]["command"], number) for name in NAMES for number in range(copies)
        ]
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def _make(self, name, command, number):
        own = {"PROMETHEUS_MULTIPROC_DIR": str(self._folder / "metrics" / f"{name}-{number}")}
        if name == "web":
            own["PORT"] = str(self.ports[number])
        if number in self._ahead:
            own |= clock.environment(self._environment, ahead=self._ahead[number])
        python = [sys.executable if word == "python" else word for word in command]
        return Process(name, number, python, self._environment | own, self._folder / f"{name}-{number}.log")

    def manage(self, *arguments):
        """What `manage.py` prints. CalledProcessError with its output where it fails."""
        command = [sys.executable, "manage.py", *arguments]
        ran = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise RuntimeError(f"manage.py {arguments[0]} failed:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def __enter__(self):
        for process in self._all:
            process.start()
        self._watcher.start()
        return self

    def wait_until_up(self):
        for url in self.urls:
            until(lambda url=url: fetch(f"{url}/healthz")[0] == 200, "the web answers")

    def __exit__(self, *_):
        self._ending.set()
        self._watcher.join()
        for process in self._all:
            process.kill()

    def processor_time(self):
        """Seconds, of those that run now and of their children."""
        sessions = {process.pid for process in self._all if process.runs}
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                said = path.read_text().rpartition(")")[2].split()
                if int(said[3]) in sessions:
                    ticks += int(said[11]) + int(said[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def kill(self, chance, *names):
        """One process by chance, of those names."""
        chance.choice([process for process in self._all if process.name in names]).kill()

    def kill_all(self):
        for process in self._all:
            process.kill()

    def take_away(self, machine):
        """All of it at the same moment; nobody starts it again."""
        with self._lock:
            self._away.add(machine)
            for process in self._all:
                if process.machine == machine:
                    process.kill()

    def bring_back(self, machine):
        self._away.discard(machine)

    def _watch(self):
        while not self._ending.wait(RESTART):
            with self._lock:
                for process in self._all:
                    if process.machine not in self._away and not process.runs:
                        process.start()
