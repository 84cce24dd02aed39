"""Connections that are believed for a second, and statements that are kept where that is safe."""

from unittest.mock import PropertyMock, patch

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from people import prepared
from tests import servers
from watchbill import lasting

pytestmark = pytest.mark.postgres("These are PostgreSQL's")
DEAD = (psycopg.OperationalError, psycopg.InterfaceError)


@pytest.fixture
def lasts():
    with lasting.Lasting.connect(servers.POSTGRES_URL, autocommit=True) as found:
        yield found


def ended(one: psycopg.Connection) -> None:
    with psycopg.connect(servers.POSTGRES_URL, autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [one.info.backend_pid])


def asks(one: psycopg.Connection) -> int:
    """How many empty queries leave for the server."""
    with patch.object(psycopg.Connection, "execute", autospec=True, wraps=psycopg.Connection.execute) as sent:
        ConnectionPool.check_connection(one)
    return sent.call_count


def test_one_that_was_asked_a_moment_ago_is_not_asked_again(lasts):
    assert [asks(lasts), asks(lasts), asks(lasts)] == [1, 0, 0]


def test_after_a_second_it_is(lasts):
    with patch.object(lasting, "monotonic", side_effect=[10.0, 10.5, 11.5]):
        assert [asks(lasts), asks(lasts), asks(lasts)] == [1, 0, 1]


def test_one_whose_server_has_ended_it_is_found_out_at_once(lasts):
    ConnectionPool.check_connection(lasts)
    ended(lasts)
    with pytest.raises(DEAD):
        ConnectionPool.check_connection(lasts)


def test_one_that_is_closed_is_found_out_at_once(lasts):
    ConnectionPool.check_connection(lasts)
    lasts.close()
    with pytest.raises(DEAD):
        ConnectionPool.check_connection(lasts)


def test_a_pool_replaces_what_its_server_has_ended():
    with ConnectionPool(
        servers.POSTGRES_URL, connection_class=lasting.Lasting, min_size=1, max_size=1, open=True,
        kwargs={"autocommit": True}, check=ConnectionPool.check_connection,
    ) as pool:  # fmt: skip
        with pool.connection() as one:
            pid = one.info.backend_pid
        ended(one)
        with pool.connection() as other:
            assert other.execute("SELECT 1").fetchone() == (1,)
            assert other.info.backend_pid != pid


def kept() -> list[str]:
    """What the server keeps planned for this connection."""
    raw = connection.connection
    return [text for (text,) in raw.execute("SELECT statement FROM pg_prepared_statements").fetchall()]


def ask_often() -> None:
    prepared._kept.pop(connection.connection, None)
    for _ in range(3):
        with prepared.cursor() as cursor:
            cursor.execute("SELECT %s::int + 4711", [1])
            assert cursor.fetchone() == (4712,)


@pytest.mark.django_db
def test_a_statement_that_is_asked_often_is_kept():
    ask_often()
    assert any("4711" in text for text in kept())


@pytest.mark.django_db
def test_behind_a_pooler_none_is_kept():
    """One tells its clients a process number of its own."""
    connection.ensure_connection()
    before = kept()
    with patch.object(psycopg.ConnectionInfo, "backend_pid", PropertyMock(return_value=-1)):
        ask_often()
    assert kept() == before
    prepared._kept.pop(connection.connection, None)
