"""`make up`: one command runs everything, says how to use it, and ends without leaving a process behind.

The same promises on the embedded default and, on the leg with PostgreSQL, on five programs with Redis.
"""

import json
import os
import re
import signal
import smtplib
import socket
import subprocess

import pytest

from tests.processes.conftest import WITH_BROKER
from tests.processes.tree import PATIENCE, fetch, free_port, until

pytestmark = pytest.mark.processes


def start(tree):
    tree.start()
    return tree.wait_until_up()


def pasted(tree):
    """The curl that it printed, run as a shell would."""
    printed = "\n".join(tree.lines)
    command = re.search(r"curl .*?-d '.*?'", printed, re.DOTALL).group()
    return subprocess.run(command, shell=True, capture_output=True, check=True, timeout=PATIENCE)  # noqa: S602


def test_fresh_start_pages_somebody_and_a_later_one_goes_on(make_tree):
    tree = start(make_tree())
    printed = "\n".join(tree.lines)
    assert f"Watchbill is up: {tree.url}/" in printed
    assert "Sign in as" in printed
    assert fetch(f"{tree.url}/healthz") == (200, b"ok\n")

    assert json.loads(pasted(tree).stdout)["status"] == "success"
    tree.wait_for(lambda line: line.startswith('{"outbox"') and "/p/" in line)  # the demo sends notices, too
    assert tree.outbox_lines[0]["text"]
    status, ready = fetch(f"{tree.url}/readyz")
    assert (status, json.loads(ready)["broker"]) == (200, "ok" if WITH_BROKER else "embedded")
    assert b'watchbill_pages_total{urgency="high"} ' in fetch(f"{tree.url}/metrics")[1]

    assert tree.stop() == 0
    until(lambda: tree.processes() == {}, "what was killed has ended", within=10)

    again = start(make_tree())
    assert not any("migrations" in line or "Filling" in line for line in again.lines)
    assert "Sign in as" in "\n".join(again.lines)
    assert again.stop(signal.SIGINT) == 0
    until(lambda: again.processes() == {}, "what was killed has ended", within=10)


def test_what_dies_is_started_again_and_a_killed_parent_takes_all_with_it(make_tree):
    tree = start(make_tree("--no-demo"))
    assert any("createsuperuser" in line for line in tree.lines)
    (web,) = tree.children("gunicorn")
    os.kill(web, signal.SIGKILL)
    tree.wait_for(lambda line: "process_died" in line)
    until(lambda: tree.children("gunicorn") not in ([], [web]), "another web process is started")
    until(lambda: fetch(f"{tree.url}/readyz")[0] == 200, "the web answers again")

    os.kill(tree.pid, signal.SIGKILL)
    until(lambda: tree.processes() == {}, "all have ended")


def test_a_mail_to_the_address_that_it_printed_pages_somebody(make_tree):
    port = free_port()
    tree = start(make_tree(MAIL_LISTEN=f"127.0.0.1:{port}"))
    tree.wait_for(lambda line: "mail_listens" in line)
    printed = tree.wait_for(lambda line: "Or by mail" in line)
    address = re.search(r"\w{32}@localhost", printed).group()
    assert printed.endswith(f"{address}, by SMTP to 127.0.0.1:{port}")
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as server:
        server.sendmail("root@db1.example", [address], "Subject: Backup failed\r\n\r\nno space left\r\n")
    tree.wait_for(lambda line: line.startswith('{"outbox"') and "Backup failed" in line)
    until(lambda: b'source="email"' in fetch(f"{tree.url}/metrics")[1], "it is counted")
    assert tree.stop() == 0
    assert not any("tick_fault" in line or "Traceback" in line for line in tree.lines)


def test_a_port_for_mail_that_is_taken_stops_nothing_else(make_tree):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        at = f"127.0.0.1:{other.getsockname()[1]}"
        tree = start(make_tree("--no-demo", MAIL_LISTEN=at))
        said = f"Alerts by mail are not taken: nothing can listen on {at} (Address already in use); set"
        assert any(line.startswith(said) for line in tree.lines)
        assert fetch(f"{tree.url}/readyz")[0] == 200
        other.close()
        tree.wait_for(lambda line: "mail_listens" in line)
        assert tree.stop() == 0
