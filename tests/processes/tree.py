"""The real thing: `manage.py up` and every process below it, on a free port and in a folder of its own.

    with Tree(var=tmp_path, environment={...}) as tree:
        post(tree.url + "/v2/enqueue", ...)
        tree.wait_for(lambda line: "outbox" in line)

Nothing here sleeps: it waits for lines of output, for answers and for processes that end.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # only a failure waits this long
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def clean_environment(var, **variables):
    """What a fresh shell has, and the variables of the case. Nothing of the settings of the tests."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"VAR_DIR": str(var), "PYTHONPATH": str(ROOT), "MAIL_LISTEN": "off", **variables}


def until(condition, what, *, within=PATIENCE):
    """Ask again and again; what it answered at last is returned."""
    pause = threading.Event()
    deadline = monotonic() + within
    while not (found := condition()):
        if monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within:.0f} s")
        pause.wait(0.02)
    return found


def fetch(url, data=None, **headers):
    """(status, body). Status 0 when nobody answers."""
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()
    except (OSError, http.client.HTTPException):
        return 0, b""


class Tree:
    """`manage.py up`; its output arrives in `lines`. Leaving the block kills whatever is still there."""

    def __init__(self, *, var, environment=None, arguments=()):
        self.var = Path(var)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines = []
        self._environment = clean_environment(var, **(environment or {}))
        self._arguments = arguments
        self._more = threading.Condition()
        self._readers = []
        self._up = None

    def __enter__(self):
        self.start()
        self.wait_until_up()
        return self

    def __exit__(self, *_):
        self.kill()

    @property
    def environment(self):
        """What its processes were given, for a `manage.py` beside them."""
        return dict(self._environment)

    @property
    def outbox_lines(self):
        """What left by the outbox, as dicts: at, to, via, user, subject, text."""
        found = (json.loads(line) for line in list(self.lines) if line.startswith('{"outbox"'))
        return [line["outbox"] for line in found]

    @property
    def log_lines(self):
        return [json.loads(line) for line in list(self.lines) if line.startswith('{"') and '"event"' in line]

    def start(self):
        command = [sys.executable, "manage.py", "up", "--port", str(self.port), *self._arguments]
        self._up = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._readers.append(threading.Thread(target=self._read, args=(self._up.stdout,), daemon=True))
        self._readers[-1].start()

    def _read(self, output):
        with output:
            for line in output:
                with self._more:
                    self.lines.append(line.rstrip("\n"))
                    self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def wait_for(self, wanted, *, within=PATIENCE):
        """The first line for which `wanted` is true, of those printed so far or still to come."""
        found = []

        def look():
            found.extend(line for line in self.lines if wanted(line))
            return bool(found)

        with self._more:
            if not self._more.wait_for(look, timeout=within):
                raise AssertionError("no such line in:\n" + "\n".join(self.lines))
        return found[0]

    def wait_until_up(self):
        self.wait_for(lambda line: line.startswith("Ctrl-C stops everything"))
        return self

    def processes(self):
        """{pid: its command line} of every process of this tree, by the folder it was given."""
        mine = f"VAR_DIR={self.var}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mine in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    @property
    def pid(self):
        return self._up.pid

    def children(self, command=""):
        """The pids of what `up` itself started, with `command` in their command lines."""
        return [pid for pid, line in self.processes().items() if _parent(pid) == self.pid and command in line]

    def kill(self):
        """SIGKILL for every process at once, as a power cut would."""
        while found := self.processes():
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self._up is not None:
            self._up.wait(PATIENCE)
        self._finish_reading()

    def send(self, number):
        self._up.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ask it to end; its exit status is returned."""
        self.send(number)
        return self.wait()

    def wait(self, within=PATIENCE):
        code = self._up.wait(within)
        self._finish_reading()
        return code

    def _finish_reading(self):
        for reader in self._readers:
            reader.join(PATIENCE)


def _parent(pid):
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def manage(tree, *arguments):
    """What `manage.py` prints, run beside a tree with the tree's own environment."""
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=tree.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
