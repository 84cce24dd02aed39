"""What stands between a fresh machine and a running Watchbill: a free port, a database, its migrations."""

import contextlib
import http.client
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresConnection
from django.db.migrations.executor import MigrationExecutor

from people.models import Team, User
from watchbill.environment import ANY
from watchbill.processes.supervisor import Program

ONE_AT_A_TIME = 0x77617464  # the advisory lock of PostgreSQL that every migrate takes


def port_taken(host: str, port: int) -> str:
    """Why nothing can listen there; empty when something can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except OSError as fault:
        return str(fault.strerror)
    return ""


def check_database() -> None:
    """Raises django.db.OperationalError with the server's own words, which a pool would swallow."""
    probe = connection.copy()
    probe.settings_dict["OPTIONS"].pop("pool", None)
    try:
        probe.ensure_connection()
    finally:
        probe.close()


def unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


@contextlib.contextmanager
def alone(alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Of all that ask for it, on any machine, one at a time may go on. SQLite has one machine."""
    if connections[alias].vendor != "postgresql":
        yield
        return
    holder = connections[alias].copy()
    holder.settings_dict["OPTIONS"].pop("pool", None)
    try:
        holder.set_autocommit(False)  # a lock of a transaction: a pooler in between may share sessions
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield
    finally:
        holder.close()


def is_empty() -> bool:
    return not (User.objects.exists() or Team.objects.exists())


def release_database() -> None:
    """No connection and no thread of a pool may live when children are made."""
    used = connections["default"]
    used.close()
    if isinstance(used, PostgresConnection):
        used.close_pool()


def programs(*, host: str, port: int) -> list[Program]:
    """Web alone on the embedded default; with a broker web, worker, beat, mail, and an engine without one."""
    environment = os.environ | {
        "HOST": host,
        "PORT": str(port),
        "VAR_DIR": str(settings.VAR_DIR),
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    web = ["-m", "gunicorn", "-c", "python:watchbill.processes.gunicorn_conf"]
    if settings.EMBEDDED:
        environment.pop("PROMETHEUS_MULTIPROC_DIR", None)
        return [_program("web", web, environment)]
    folder = settings.VAR_DIR / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    celery = ["-m", "celery", "-q", "-A", "watchbill"]
    pool = ["--pool", "threads", "-c", "8", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    commands = {
        "web": web,
        "worker": [*celery, "worker", *pool, "--loglevel", "warning"],
        "beat": [*celery, "beat", "--loglevel", "warning"],
        "engine": [str(settings.BASE_DIR / "manage.py"), "engine"],
    }
    if settings.MAIL_INTAKE.port:
        commands["mail"] = [str(settings.BASE_DIR / "manage.py"), "mail"]
    return [
        _program(name, command, environment | {"PROMETHEUS_MULTIPROC_DIR": str(folder / name)})
        for name, command in commands.items()
    ]


def _program(name: str, arguments: list[str], environment: Mapping[str, str]) -> Program:
    return Program(name=name, command=[sys.executable, *arguments], environment=environment)


def answers(host: str, port: int) -> bool:
    """Whether the web answers /healthz."""
    web = http.client.HTTPConnection(ANY.get(host, host), port, timeout=1)
    try:
        web.request("GET", "/healthz", headers={"Host": "localhost"})
        return web.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()


def database_file() -> Path | None:
    """The SQLite file, when that is the database."""
    return Path(settings.DATABASES["default"]["NAME"]) if connection.vendor == "sqlite" else None


def set_aside(file: Path) -> Path | None:
    """Rename the database, whole. Raises sqlite3.OperationalError while any process has it open."""
    if not file.exists():
        return None
    with contextlib.closing(sqlite3.connect(file, timeout=1)) as database:
        (mode,) = database.execute("PRAGMA journal_mode=DELETE").fetchone()  # needs it for itself alone
    if mode != "delete":
        raise sqlite3.OperationalError("it is open elsewhere")
    return file.rename(file.with_name(f"{file.stem}.before-demo{file.suffix}"))
