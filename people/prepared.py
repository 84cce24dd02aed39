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
from psycopg import errors
from psycopg.pq import TransactionStatus

OUTDATED = (errors.FeatureNotSupported, errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement)
"""What PostgreSQL says of a plan: its result has other types now, it is not there, another one is there."""
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
        else connection.make_cursor(_Kept(raw))  # type: ignore[arg-type]
    )
    with wrapped as found:
        yield found


class _Kept(psycopg.Cursor[Any]):
    """A plan that does not fit any more, as after a migration that makes a column longer, fails each time
    that it is asked for. Nothing was done by it: this connection keeps none from then on, and asks anew; in a
    transaction, which is over by that, whoever posted is to send again.
    """

    def execute(self, *given: Any, **named: Any) -> Self:
        try:
            return super().execute(*given, **named)
        except OUTDATED as fault:
            self.connection.prepare_threshold = None
            if self.connection.info.transaction_status is not TransactionStatus.IDLE:
                raise psycopg.OperationalError("a statement was planned for what is no more") from fault
            return super().execute(*given, **named)


class _Shown(psycopg.Cursor[Any]):
    """Of a statement that is kept, nothing is left to be logged."""

    def execute(self, *given: Any, **named: Any) -> Self:
        return super().execute(*given, **named, prepare=False)


def _decide(raw: "psycopg.Connection[Any]") -> None:
    """A pooler tells its clients a process number of its own making, not the server's."""
    (pid,) = raw.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    raw.prepare_threshold = 1 if pid == raw.info.backend_pid else None
    _asked.add(raw)
