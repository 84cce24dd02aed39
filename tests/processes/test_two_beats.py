"""More than one beat: each sends its hints, and nothing is done twice for it (docs/several-machines.md)."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from oncall.models import HolidayDate
from people.models import User
from tests.processes.test_compose import OURS
from tests.processes.tree import PATIENCE, clean_environment, until
from tests.racing import at_once
from watchbill import tasks

NAMES = ("one", "other")


@pytest.mark.processes
def test_two_of_one_machine_share_no_file_and_each_sends_its_ticks(both_servers, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    work.chmod(0o500)  # nothing may be written where they run
    beats = [beat(name, both_servers, tmp_path, cwd=work) for name in NAMES]
    try:
        until(lambda: senders(both_servers) == 2, "both have sent")
        assert [one.poll() for one in beats] == [None, None]
        assert all((tmp_path / name).exists() for name in NAMES)
        assert list(work.iterdir()) == []
        for one in beats:
            one.terminate()
            assert one.wait(PATIENCE) == 0
    finally:
        for one in beats:
            one.kill()
            one.wait(PATIENCE)


def beat(name, servers, folder, *, cwd):
    environment = clean_environment(
        folder / "var", ALIVE_FILE=str(folder / name), SECRET_KEY="b" * 50, **servers
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.Popen(OURS["beat"]["command"], cwd=cwd, env=environment | {"PATH": path})


def senders(servers):
    """How many processes have left ticks in the queue. Each says who sent it, and until when it counts."""
    with redis.Redis.from_url(servers["REDIS_URL"]) as server:
        waiting = [json.loads(message)["headers"] for message in server.lrange("celery", 0, -1)]
    assert all(headers["expires"] for headers in waiting)
    return len({headers["origin"] for headers in waiting if headers["task"] == "watchbill.tick"})


@pytest.mark.django_db(transaction=True)
def test_the_night_that_two_beats_ask_for_at_the_same_moment_writes_each_holiday_once():
    for calendar in ("DE-BE", "GB-ENG", "US-NY"):
        User.objects.create(username=calendar, holidays=calendar)
    at_once(*2 * [tasks.housekeeping])
    once = sorted(HolidayDate.objects.values_list("calendar", "date"))
    assert {day.year for _, day in once} >= {datetime.now(UTC).year}
    tasks.housekeeping()
    assert sorted(HolidayDate.objects.values_list("calendar", "date")) == once
    assert len(set(once)) == len(once)
