from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

from watchbill.processes import startup

LOCKS_WITHIN = "5s"


class Command(migrate.Command):
    """Django's own, for a database that is in use: several machines may start it at the same moment, and the
    version before this one takes alerts meanwhile.

    Whoever waits for a table makes all others wait behind it, so nobody waits long: a backup that reads all
    night would otherwise keep every alert out.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        try:
            with startup.alone(alias), _impatient(alias):
                super().handle(*args, **options)
        except OperationalError as fault:
            if not isinstance(fault.__cause__, LockNotAvailable):
                raise
            raise CommandError(
                f"Somebody holds a table that a migration needs, for more than {LOCKS_WITHIN} (a backup, an "
                "open transaction). It changed nothing, and alerts are taken on; run migrate again."
            ) from None


@contextmanager
def _impatient(alias: str) -> Iterator[None]:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [LOCKS_WITHIN])
    try:
        yield
    finally:
        connection.close()  # the setting ends with its session
