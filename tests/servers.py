"""Which servers this machine offers to the tests, and databases of one's own on them.

TEST_DATABASE_URL and TEST_REDIS_URL name others than the usual local ones.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

POSTGRES_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
CLAIM = "watchbill-tests-own-this"

# Of a server that several machines share, only this machine's leftovers are ours to remove.
PREFIX = f"test_watchbill_{zlib.crc32(socket.gethostname().encode()):08x}_"


def postgres_answers() -> bool:
    return _answers(POSTGRES_URL, 5432)


def redis_answers() -> bool:
    return _answers(REDIS_URL, 6379)


def _answers(url: str, port: int) -> bool:
    parts = urlsplit(url)
    with (
        contextlib.suppress(OSError),
        socket.create_connection((parts.hostname, parts.port or port), timeout=0.5),
    ):
        return True
    return False


def database_name(worker: str) -> str:
    """Says which process made it, so that a later run can see that its maker is gone."""
    return f"{PREFIX}{os.getpid()}_{worker}"


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """The address of an empty PostgreSQL database that is dropped at the end, whoever is still in it."""
    name = database_name(uuid.uuid4().hex[:12])
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(POSTGRES_URL)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def own_redis() -> Iterator[str]:
    """The address of a Redis database that was empty and is ours, emptied again at the end."""
    for number in range(15, 0, -1):
        url = urlsplit(REDIS_URL)._replace(path=f"/{number}").geturl()
        with redis.Redis.from_url(url) as server:
            if not _claimed(server):
                continue
            try:
                yield url
            finally:
                server.flushdb()
            return
    raise RuntimeError(f"No empty database on {REDIS_URL}.")


def _claimed(server: redis.Redis) -> bool:
    """Takes a database that is empty, or that a process of this machine left behind when it was killed."""
    with contextlib.suppress(redis.WatchError), server.pipeline() as pipe:
        pipe.watch(CLAIM)
        owner = (pipe.get(CLAIM) or b"").decode()
        if not _is_orphan(owner) if owner else pipe.dbsize():
            return False
        pipe.multi()
        if owner:
            pipe.flushdb()
        pipe.set(CLAIM, f"{PREFIX}{os.getpid()}")
        pipe.execute()
        return True
    return False


def _is_orphan(owner: str) -> bool:
    return owner.startswith(PREFIX) and not Path(f"/proc/{owner.removeprefix(PREFIX).split('_')[0]}").exists()


def redis_can_be_started() -> bool:
    return shutil.which("redis-server") is not None


class RedisServer:
    """A Redis in a process of its own, which can be made to hang: it listens, and answers nothing."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str) -> None:
        self._process = process
        self.url = url

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def own_redis_server() -> Iterator[RedisServer]:
    """A Redis that is nobody else's, on a free port, which keeps nothing; killed at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"redis://127.0.0.1:{port}/0"
    with tempfile.TemporaryDirectory() as folder:
        given = [
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--dir",
            folder,
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        process = subprocess.Popen(["redis-server", *given], stdout=subprocess.DEVNULL)
        try:
            retry = Retry(ConstantBackoff(0.05), retries=200)
            with redis.Redis.from_url(url, retry=retry, retry_on_error=[redis.ConnectionError]) as asked:
                asked.ping()
            yield RedisServer(process, url)
        finally:
            process.kill()
            process.wait()


def drop_orphans() -> None:
    """Databases whose test run was killed before it could drop them."""
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
        ).fetchall()
        for (name,) in rows:
            if _is_orphan(name):
                server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
