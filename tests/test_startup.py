"""What stands before a start: a free port, and a demo that never costs anybody their data."""

import contextlib
import socket
import sqlite3

import pytest
from django.core.management import CommandError, call_command

from watchbill.management.commands.up import greeting
from watchbill.processes import startup
from watchbill.provisioning.demo import DemoLogin


@pytest.fixture
def database(tmp_path):
    """A SQLite database in WAL mode, with one row, that nobody has open."""
    file = tmp_path / "watchbill.sqlite3"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE kept (what TEXT)")
        connection.execute("INSERT INTO kept VALUES ('a row')")
        connection.commit()
    return file


def test_database_is_set_aside_whole(database):
    aside = startup.set_aside(database)
    assert not database.exists()
    assert aside.name == "watchbill.before-demo.sqlite3"
    with contextlib.closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT what FROM kept").fetchall() == [("a row",)]


def test_database_in_use_stays_where_it_is(database):
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("SELECT what FROM kept").fetchall()
        with pytest.raises(sqlite3.OperationalError):
            startup.set_aside(database)
    assert database.exists()


def test_no_database_yet_is_nothing_to_set_aside(tmp_path):
    assert startup.set_aside(tmp_path / "watchbill.sqlite3") is None


def test_demo_never_replaces_a_database_elsewhere(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    with pytest.raises(CommandError, match="never replaced; run this without DATABASE_URL"):
        call_command("demo")


def test_port_is_free_until_somebody_listens():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        one.listen()
        assert startup.port_taken("127.0.0.1", port) == "Address already in use"
    assert startup.port_taken("127.0.0.1", port) == ""


def test_host_that_is_not_ours_is_said():
    assert startup.port_taken("192.0.2.1", 8000) == "Cannot assign requested address"


def test_greeting_gives_a_command_to_paste_and_says_where_the_page_appears(settings):
    said = greeting("http://127.0.0.1:8000", DemoLogin("demo", "secret", "k" * 32))
    assert "Sign in as demo with the password secret" in said
    assert f'"routing_key": "{"k" * 32}"' in said
    assert f"{settings.PUBLIC_URL}/admin/paging/attempt/" in said


def test_greeting_with_a_carrier_promises_no_outbox(settings):
    settings.PAGING_CHANNELS = {
        "email": ("paging.channels.email.EmailChannel",),
        "sms": ("paging.channels.sms.SmsChannel",),
    }
    assert "outbox" not in greeting("http://127.0.0.1:8000", DemoLogin("demo", "secret", "k" * 32))


def test_greeting_without_a_demo_says_how_to_begin():
    said = greeting("http://127.0.0.1:8000", None)
    assert "createsuperuser" in said
    assert "curl" not in said


def test_programs_are_one_without_a_broker_and_four_with_one(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    assert [program.name for program in startup.programs(host="127.0.0.1", port=8000)] == ["web"]
    settings.EMBEDDED = False
    (tmp_path / "metrics" / "old").mkdir(parents=True)
    programs = startup.programs(host="127.0.0.1", port=8000)
    assert [program.name for program in programs] == ["web", "worker", "beat", "engine"]
    assert len({program.environment["PROMETHEUS_MULTIPROC_DIR"] for program in programs}) == 4
    assert not (tmp_path / "metrics" / "old").exists()
