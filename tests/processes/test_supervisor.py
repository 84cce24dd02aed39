"""Programs side by side: what dies comes back, and an end is an end, also for what does not listen."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.processes.tree import PATIENCE, ROOT, clean_environment, until

pytestmark = pytest.mark.processes

LISTENS = "import signal; print('running', flush=True); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {LISTENS}"
DIES = "import time; print(time.monotonic(), flush=True)"
SUPERVISE = """
    import os, sys
    from watchbill import logs
    from watchbill.processes.supervisor import Program, Supervisor
    logs.configure({"level": "ERROR"})
    programs = [
        Program(name=str(n), command=[sys.executable, "-c", code], environment=os.environ)
        for n, code in enumerate(sys.argv[1:])
    ]
    Supervisor(programs, is_up=lambda: True, announce=lambda: print("up", flush=True)).run()
    print("stopped", flush=True)
"""


@pytest.fixture
def supervise(tmp_path):
    """Starts a supervisor of programs, each given as its Python code."""
    started = []

    def start(*codes):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SUPERVISE), *codes],
            cwd=ROOT,
            env=clean_environment(tmp_path / "var"),
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        lines = [process.stdout.readline().strip() for _ in range(len(codes) + 1)]
        assert lines.count("up") == 1
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(PATIENCE)
        process.stdout.close()


def children(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_end_at_the_first_word(supervise, number):
    process = supervise(LISTENS, LISTENS)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert process.stdout.read() == "stopped\n"


def test_what_ignores_the_first_word_is_killed_at_the_second(supervise):
    process = supervise(DEAF, LISTENS)
    deaf, listening = children(process)
    process.send_signal(signal.SIGINT)
    until(lambda: listening not in children(process), "the one that listens has ended")
    assert deaf in children(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert process.stdout.read() == "stopped\n"


def test_what_keeps_dying_is_started_ever_more_slowly(supervise):
    process = supervise(DIES)
    first, second, third = [float(process.stdout.readline()) for _ in range(3)]
    assert second - first > 0.9  # pauses of 1 and 2 s; how long a start takes, nobody knows
    assert third - second > 1.9


def test_child_does_not_outlive_a_killed_parent(supervise):
    process = supervise(LISTENS)
    process.kill()
    process.wait(PATIENCE)
    assert process.stdout.read() == ""  # it ends only when the child, which writes to it too, has ended
