"""A PostgreSQL and a Redis of one's own, on free ports, that may be killed, stopped and emptied.

The programs are those of this machine: found on PATH, or where Debian puts PostgreSQL's. PostgreSQL refuses
to run as root, so root starts it as the user that its package made.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import redis

from tests.processes.tree import free_port, until

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "fsync": "off",  # only the machine's own end could lose what PostgreSQL has handed to it
}
USERS = ("postgres", "nobody")  # as whom root runs it


class Missing(RuntimeError):
    """A program that is not on this machine. The text says which, and where it was looked for."""


def program(name):
    """Its path. Raises Missing."""
    found = shutil.which(name)
    if found:
        return found
    placed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    if placed:
        return str(placed[-1])
    raise Missing(
        f"{name} is neither on PATH nor in /usr/lib/postgresql/*/bin; "
        "install it (Debian: apt-get install postgresql redis-server)."
    )


def postgres_program():
    """The one of the same version as initdb, which stands beside it. Raises Missing."""
    beside = Path(program("initdb")).resolve().with_name("postgres")
    return str(beside) if beside.exists() else program("postgres")


def check_programs():
    """Raises Missing before anything was made."""
    postgres_program()
    program("redis-server")


class Postgres:
    """Runs from the start of the block to its end; its files go with it."""

    def __init__(self):
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        self._home = None
        self._process = None
        self._as = {}

    def __enter__(self):
        self._home = Path(tempfile.mkdtemp(prefix="chaos-postgres-"))
        if os.geteuid() == 0:
            user = next(name for name in USERS if _exists(name))
            shutil.chown(self._home, user)
            self._as = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
        make = [program("initdb"), "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*make, "--no-locale", "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/", **self._as
        )
        self.start()
        return self

    def __exit__(self, *_):
        self.stop_at_once()
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def _data(self):
        return str(self._home / "data")

    def start(self):
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [postgres_program(), "-D", self._data, "-p", str(self.port), *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                **self._as,
            )
        until(self._answers, "PostgreSQL answers")

    def stop_at_once(self):
        """Its immediate mode: no goodbye to anybody, and recovery from its log at the next start."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def ask(self, question, given=()):
        """The rows of a question; nothing is written."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = on")
            return connection.execute(question, given).fetchall()

    def _answers(self):
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
            return True
        return False


class Redis:
    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        command = [program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        until(self._answers, "Redis answers")

    def kill(self):
        self._process.kill()
        self._process.wait()

    def hang(self):
        """It takes connections, as far as the kernel does that for it, and never says a word."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self._process.send_signal(signal.SIGCONT)

    def flush(self):
        with redis.Redis.from_url(self.url) as server:
            server.flushall()

    def _answers(self):
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.url) as server:
            return server.ping()
        return False


def _exists(user):
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(user)
    return None
