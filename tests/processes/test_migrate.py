"""`manage.py migrate` on a database that is in use (docs/several-machines.md)."""

import subprocess
import sys

import psycopg
import pytest

from tests import servers
from tests.processes.tree import PATIENCE, ROOT, clean_environment

pytestmark = pytest.mark.processes


def start(given, folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "--no-input", *arguments],
        cwd=ROOT,
        env=clean_environment(folder / "var", SECRET_KEY="m" * 50, **given),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.usefixtures("both_servers")  # of the leg that has them
def test_two_machines_that_start_it_at_the_same_moment_both_have_it_done(tmp_path):
    with servers.own_database() as empty:
        both = [start({"DATABASE_URL": empty}, tmp_path) for _ in range(2)]
        said = [one.communicate(timeout=PATIENCE)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert sorted("No migrations to apply" in text for text in said) == [False, True]


def test_who_holds_a_table_keeps_the_migration_out_and_not_the_alerts(both_servers, tmp_path):
    first = start(both_servers, tmp_path)
    first.communicate(timeout=PATIENCE)
    assert first.returncode == 0
    with psycopg.connect(both_servers["DATABASE_URL"]) as backup:
        backup.execute("LOCK TABLE escalation_hotcall IN ACCESS SHARE MODE")
        migrate = start(both_servers, tmp_path, "escalation", "0001")
        said, _ = migrate.communicate(timeout=PATIENCE)
    assert migrate.returncode == 1
    assert "Somebody holds a table that a migration needs, for more than 5s" in said
    again = start(both_servers, tmp_path)
    assert "No migrations to apply" not in again.communicate(timeout=PATIENCE)[0]
    assert again.returncode == 0
