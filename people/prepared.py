"""Statements that are asked so often that planning them would cost more than doing them.

PostgreSQL keeps them planned, on each connection. Behind a pooler the session that planned a statement need
not be the one that is asked for it next: there none is kept, and all of it works as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from weakref import WeakSet

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper

_asked: WeakSet[psycopg.Connection[Any]] = WeakSet()


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """On Django's own connection, in its transaction. On SQLite it is the usual one."""
    connection.ensure_connection()
    raw: object = connection.connection
    if not isinstance(raw, psycopg.Connection):
        with connection.cursor() as usual:
            yield usual
        return
    if raw not in _asked:
        with connection.wrap_database_errors:
            _decide(raw)
    # Django's types know its own wrapper alone.
    wrapped: CursorWrapper = (
        connection.make_debug_cursor(_Shown(raw))  # type: ignore[arg-type]
        if connection.queries_logged
        else connection.make_cursor(psycopg.Cursor(raw))  # type: ignore[arg-type]
    )
    with wrapped as found:
        yield found


class _Shown(psycopg.Cursor[Any]):
    """Of a statement that is kept, nothing is left to be logged."""

    def execute(self, *given: Any, **named: Any) -> Self:
        return super().execute(*given, **named, prepare=False)


def _decide(raw: "psycopg.Connection[Any]") -> None:
    """A pooler tells its clients a process number of its own making, not the server's."""
    (pid,) = raw.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    raw.prepare_threshold = 1 if pid == raw.info.backend_pid else None
    _asked.add(raw)
