"""Web, worker, beat and engine as they run in production: each command is the one of docker-compose.yml."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from tests.chaos import clock
from tests.processes.tree import ROOT, clean_environment, fetch, free_port, until

NAMES = ("web", "worker", "beat", "engine")
RESTART = 0.1  # seconds after which a dead one is seen


@dataclass(frozen=True)
class Code:
    """A version of ours: the folder that it lies in, and a Python that has what its lock names."""

    root: Path = ROOT
    python: str = sys.executable


HERE = Code()


class Process:
    """One program of a machine, which is a number: all of one number die and come back together."""

    def __init__(self, name, machine, command, environment, *, root, log):
        self.name = name
        self._root = root
        self.machine = machine
        self._command = command
        self._environment = environment
        self.log = log
        self._process = None

    def start(self):
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._root,
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

    def ask_to_end(self):
        self._process.terminate()

    def kill(self):
        """SIGKILL, for its own children too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Processes:
    """So many machines with one of each; one that is killed is started again at once, as an orchestrator
    does, unless its whole machine is away. The clock of the last machine is `ahead` (seconds) of all others.
    """

    def __init__(self, *, copies, folder, environment, ahead=0, code=HERE):
        self._folder = Path(folder)
        self._folder.mkdir(exist_ok=True)
        self._code = code
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
            PYTHONPATH=str(code.root),
            **environment,
        )
        services = YAML(typ="safe", pure=True).load(code.root / "docker-compose.yml")["services"]
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
        python = [self._code.python if word == "python" else word for word in command]
        log = self._folder / f"{name}-{number}.log"
        return Process(name, number, python, self._environment | own, root=self._code.root, log=log)

    def manage(self, *arguments):
        """What `manage.py` prints. CalledProcessError with its output where it fails."""
        command = [self._code.python, "manage.py", *arguments]
        ran = subprocess.run(
            command, cwd=self._code.root, env=self._environment, capture_output=True, text=True, check=False
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

    @property
    def logs(self):
        """{program: what it has said so far}."""
        return {one.log.stem: one.log.read_text() for one in self._all if one.log.exists()}

    def end(self):
        """All are asked to end, and are waited for. Nobody starts them again."""
        self._ending.set()
        self._watcher.join()
        for process in self._all:
            process.ask_to_end()
        for process in self._all:
            until(lambda process=process: not process.runs, f"{process.name} has ended")

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
