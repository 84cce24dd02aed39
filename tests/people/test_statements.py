"""A statement that is handed to libpq itself answers what a cursor answers, and fails as a cursor fails."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from unittest.mock import patch

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people import prepared
from people.prepared import Statement
from tests.racing import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres("SQLite has no libpq"),
]

ALL = Statement("""
    SELECT %(text)s::text, %(number)s::bigint, %(flag)s::boolean, %(share)s::float8, %(at)s::timestamptz,
           %(text)s || ' 100 %%', now() - now()
""")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=11))])
EARLY, LATE = datetime.fromisoformat("0001-01-02"), datetime.fromisoformat("9999-12-30")
VALUES = st.fixed_dictionaries({
    "text": st.none() | TEXTS,
    "number": st.none() | st.integers(-(2**63), 2**63 - 1),
    "flag": st.none() | st.booleans(),
    "share": st.none() | st.floats(allow_nan=False),
    "at": st.none() | st.datetimes(EARLY, LATE, timezones=ZONES),
})  # fmt: skip
ONE = Statement("SELECT 1")
ANY = Statement("SELECT %(text)s || ''")


@pytest.fixture
def straight(monkeypatch):
    """How often a statement was handed to libpq."""
    asked = []
    usual = Statement._straight

    def counted(self, *given):
        asked.append(self)
        return usual(self, *given)

    monkeypatch.setattr(Statement, "_straight", counted)
    return asked


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=VALUES)
def test_it_answers_what_a_cursor_answers(straight, values):
    before = len(straight)
    found = ALL.first(values)
    assert len(straight) == before + 1
    assert list(found) == list(ALL._by_cursor(values)[0])
    assert list(found[1:4]) == list(found)[1:4]


def test_nothing_found_is_nothing():
    assert Statement("SELECT 1 WHERE %(flag)s").first({"flag": False}) is None


def test_what_it_says_is_known_by_its_place_alone():
    found = Statement("SELECT 1, 2").first({})
    assert (len(found), list(found)) == (2, [1, 2])
    with pytest.raises(IndexError):
        found[2]


@pytest.mark.parametrize("text", ["a\x00b", "\x00"])
def test_a_nul_is_refused_and_not_the_end_of_the_text(text):
    with pytest.raises(DataError):
        ANY.first({"text": text})


def test_half_a_character_is_refused():
    with pytest.raises(UnicodeEncodeError):
        ANY.first({"text": "\ud800"})


def test_what_libpq_is_not_told_of_goes_by_a_cursor(straight):
    found = Statement("SELECT %(lasting)s::interval").first({"lasting": timedelta(minutes=1)})
    assert (list(found), straight) == ([timedelta(minutes=1)], [])


def test_in_a_transaction_it_is_part_of_it(straight):
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE here (number int)")
        Statement("INSERT INTO here VALUES (%(number)s) RETURNING number").first({"number": 3})
        assert list(Statement("SELECT number FROM here").first({})) == [3]
        transaction.set_rollback(True)
    assert Statement("SELECT to_regclass('here')").first({})[0] is None
    assert len(straight) == 1


def test_after_a_rollback_it_is_planned_anew():
    """psycopg forgets what it planned, and this with it."""
    for _ in range(3):
        ANY.first({"text": "before"})
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")
        with transaction.atomic():
            ONE.first({})
            transaction.set_rollback(True)
    assert ANY.first({"text": "after"})[0] == "after"


def _by_a_cursor():
    with transaction.atomic(), prepared.cursor() as cursor:
        cursor.execute("SELECT %s::int + 4711", [1])


def _change(kind):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE changing ALTER COLUMN name TYPE varchar({kind})")


def test_what_is_planned_anew_leaves_alone_what_psycopg_has_planned():
    """Else whatever it asks next in a transaction would fail."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE changing (name varchar(10))")
    try:
        changing = Statement("SELECT name FROM changing")
        for length in (20, 30):
            changing.first({})
            at_once(partial(_change, length))
            changing.first({})
            _by_a_cursor()
            _by_a_cursor()
        assert connection.connection.prepare_threshold == 1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE changing")


@contextmanager
def table(name, columns):
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} ({columns})")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {name}")


def test_what_fails_as_it_is_committed_is_a_fault():
    """PostgreSQL has answered with the row by then."""
    twice = Statement("INSERT INTO late SELECT %(number)s FROM generate_series(1, 2) RETURNING number")
    with table("late", "number int UNIQUE DEFERRABLE INITIALLY DEFERRED"):
        with pytest.raises(IntegrityError):
            twice.first({"number": 1})
        assert Statement("SELECT count(*) FROM late").first({})[0] == 0


def test_faults_are_django_s_own():
    insert = Statement("INSERT INTO once VALUES (%(number)s) RETURNING number")
    with table("once", "number int PRIMARY KEY"):
        insert.first({"number": 1})
        with pytest.raises(IntegrityError):
            insert.first({"number": 1})
        assert insert.first({"number": 2})[0] == 2


def _end(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_connection_that_is_gone_is_a_fault_once():
    ANY.first({"text": "here"})
    at_once(lambda pid=connection.connection.info.backend_pid: _end(pid))
    with pytest.raises(OperationalError):
        ANY.first({"text": "lost"})
    connection.close()
    assert ANY.first({"text": "back"})[0] == "back"


def test_whoever_counts_statements_sees_it(straight):
    with CaptureQueriesContext(connection) as queries:
        ANY.first({"text": "seen"})
    assert len(queries) == 1
    assert not straight


def test_behind_a_pooler_it_goes_by_a_cursor(straight):
    connection.ensure_connection()
    prepared._kept.pop(connection.connection, None)
    with patch.object(psycopg.ConnectionInfo, "backend_pid", -1):
        assert ANY.first({"text": "pooled"})[0] == "pooled"
    prepared._kept.pop(connection.connection, None)
    assert not straight
