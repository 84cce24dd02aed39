"""What keeps Watchbill from starting is one sentence, whichever program was started; never a traceback."""

import socket
import subprocess
import sys

import pytest

from tests.processes.tree import PATIENCE, ROOT, clean_environment, free_port

pytestmark = pytest.mark.processes

UP = ("manage.py", "up")
PROGRAMS = {
    "manage": ("manage.py", "check"),
    "up": UP,
    "gunicorn": ("-m", "gunicorn", "-c", "python:watchbill.processes.gunicorn_conf"),
    "celery": ("-m", "celery", "-A", "watchbill", "worker", "--pool", "threads"),
}


def refusal(tmp_path, *command, **variables):
    """The one line that it said."""
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=clean_environment(tmp_path / "var", **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    (line,) = ended.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize("program", PROGRAMS)
def test_wrong_value_is_one_sentence_from_every_program(tmp_path, program):
    said = refusal(tmp_path, *PROGRAMS[program], DATABASE_URL="mysql://u:hush@db/w")
    assert said.startswith("Watchbill cannot start: DATABASE_URL must begin with postgres:// or sqlite:///")
    assert "hush" not in said


def test_taken_port_is_said_before_anything_starts(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refusal(tmp_path, *UP, "--port", str(port))
    assert f"Nothing can listen on 127.0.0.1 port {port}" in said
    assert "--port" in said
    assert not (tmp_path / "var" / "watchbill.sqlite3").exists()


def test_database_that_does_not_answer_is_said_without_its_password(tmp_path):
    url = f"postgres://u:hush@127.0.0.1:{free_port()}/w"
    said = refusal(tmp_path, *UP, "--port", str(free_port()), DATABASE_URL=url)
    assert "The database does not answer" in said
    assert "hush" not in said


def test_two_web_processes_without_a_broker_are_refused(tmp_path):
    said = refusal(tmp_path, *PROGRAMS["gunicorn"], "--workers", "2")
    assert "2 web workers need a broker; set REDIS_URL, or run one." in said
