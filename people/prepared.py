"""Statements that are asked so often that planning them would cost more than doing them.

PostgreSQL keeps them planned, on each connection. Behind a pooler the session that planned a statement need
not be the one that is asked for it next: there none is kept, and all of it works as well.

Outside a transaction such a `Statement` is handed to libpq itself, by psycopg's own `pq`: what a cursor does
around it, for any statement that there may be, takes longer than PostgreSQL does.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from itertools import count
from types import NoneType
from typing import Any, Self, overload
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg import errors, pq
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus

OUTDATED = (errors.FeatureNotSupported, errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement)
"""What PostgreSQL says of a plan: its result has other types now, it is not there, another one is there."""
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
Raw = psycopg.Connection[Any]
_kept: "WeakKeyDictionary[Raw, dict[Statement, bytes] | None]" = WeakKeyDictionary()
"""By connection, by which name the server keeps each `Statement`; None where it may keep none."""
_numbers = count(1)


def _text(value: str) -> bytes:
    if "\x00" in value:  # libpq would end it there
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


_SPELLED: dict[type, tuple[int, Callable[[Any], bytes | None]]] = {
    str: (0, _text),
    int: (psycopg.postgres.types["int8"].oid, lambda value: b"%d" % value),
    bool: (psycopg.postgres.types["bool"].oid, lambda value: b"t" if value else b"f"),
    float: (psycopg.postgres.types["float8"].oid, lambda value: repr(value).encode()),
    datetime: (psycopg.postgres.types["timestamptz"].oid, lambda value: str(value).encode()),
    NoneType: (0, lambda _: None),
}
"""By type, PostgreSQL's number of it (0: as the statement has it) and how a value is written. Of other types
nothing is handed to libpq.
"""


class Statement:
    """SQL with placeholders such as `%(name)s`; a percent sign is written twice."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._names = list(dict.fromkeys(PLACEHOLDER.findall(sql)))
        places = {name: f"${place}" for place, name in enumerate(self._names, start=1)}
        numbered = PLACEHOLDER.sub(lambda found: places[found[1]], sql).replace("%%", "%")
        self._numbered = numbered.encode()

    def first(self, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row that it answers with."""
        found = self.all(values)
        return found[0] if found else None

    def all(self, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """The rows that it answers with."""
        found = connections[DEFAULT_DB_ALIAS]
        found.ensure_connection()
        raw: object = found.connection
        if isinstance(raw, psycopg.Connection) and (kept := _straight_to(found, raw)) is not None:
            some = [values[name] for name in self._names]
            if all(type(value) in _SPELLED for value in some):
                with found.wrap_database_errors:
                    return self._straight(raw, kept, some)
        return self._by_cursor(values)

    def _by_cursor(self, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with cursor() as usual:
            usual.execute(self.sql, values)
            found: Sequence[Sequence[Any]] = usual.fetchall()
        return found

    def _straight(self, raw: Raw, kept: "dict[Statement, bytes]", values: Sequence[Any]) -> "list[_Sent]":
        """A plan that does not fit any more, or was forgotten as psycopg does after a ROLLBACK, has done
        nothing: it is planned anew, by another name. No other plan is touched: psycopg has some of its own
        on this connection.
        """
        given = [_SPELLED[type(value)][1](value) for value in values]
        try:
            result = self._asked(raw, kept, values, given)
        except OUTDATED as fault:
            name = kept.pop(self, None)
            if name is not None and not isinstance(fault, errors.InvalidSqlStatementName):
                raw.execute(b"DEALLOCATE " + name)
            result = self._asked(raw, kept, values, given)
        return [_Sent(raw, result, row) for row in range(result.ntuples)]

    def _asked(
        self, raw: Raw, kept: "dict[Statement, bytes]", values: Sequence[Any], given: Sequence[bytes | None]
    ) -> pq.abc.PGresult:
        name = kept.get(self)
        if name is None:
            name = b"kept_%d" % next(_numbers)
            types = [_SPELLED[type(value)][0] for value in values]
            _well(raw, raw.pgconn.prepare(name, self._numbered, types))
            kept[self] = name
        # psycopg's own types forget that a parameter may be NULL.
        return _well(raw, raw.pgconn.exec_prepared(name, given))  # type: ignore[arg-type]


class _Sent(Sequence[Any]):
    """A row as it came; a value is read when it is asked for."""

    def __init__(self, raw: Raw, result: pq.abc.PGresult, row: int) -> None:
        self._result, self._row = result, row
        self._read = Transformer(raw)

    def __len__(self) -> int:
        return self._result.nfields

    @cached_property
    def _all(self) -> tuple[Any, ...]:
        self._read.set_pgresult(self._result)
        found: tuple[Any, ...] = self._read.load_row(self._row, tuple)
        return found

    @overload
    def __getitem__(self, place: int) -> Any: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Any]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return self._all[place]
        if not 0 <= place < len(self):
            raise IndexError(place)
        sent = self._result.get_value(self._row, place)
        if sent is None:
            return None
        return self._read.get_loader(self._result.ftype(place), pq.Format.TEXT).load(sent)


def stands_alone() -> bool:
    """Whether what this thread asks now is part of no transaction, so that another one may as well ask it.
    A thread without a connection is given none for that question.
    """
    found = connections[DEFAULT_DB_ALIAS]
    commits = not found.in_atomic_block and (found.connection is None or found.autocommit)
    return commits and not found.queries_logged and not found.execute_wrappers


def _straight_to(found: BaseDatabaseWrapper, raw: Raw) -> dict[Statement, bytes] | None:
    """What is kept there; None where nothing may be handed to libpq. In a transaction psycopg may have its
    BEGIN still to send; and whoever listens is to hear of it.
    """
    if found.queries_logged or found.execute_wrappers or not raw.autocommit:
        return None
    if raw not in _kept:
        with found.wrap_database_errors:
            _decide(raw)
    return _kept[raw] if raw.pgconn.transaction_status == TransactionStatus.IDLE else None


def _well(raw: Raw, result: pq.abc.PGresult) -> pq.abc.PGresult:
    if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        if raw.closed:  # which no code of the server's says
            raise psycopg.OperationalError(result.get_error_message(raw.info.encoding))
        raise errors.error_from_result(result, raw.info.encoding)
    return result


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """On Django's own connection, in its transaction. On SQLite it is the usual one."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.ensure_connection()
    raw: object = connection.connection
    if not isinstance(raw, psycopg.Connection):
        with connection.cursor() as usual:
            yield usual
        return
    if raw not in _kept:
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


def _decide(raw: Raw) -> None:
    """A pooler tells its clients a process number of its own making, not the server's."""
    (pid,) = raw.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    is_the_server = pid == raw.info.backend_pid
    raw.prepare_threshold = 1 if is_the_server else None
    _kept[raw] = {} if is_the_server else None
