"""Programs that read calendars and that we did not write: what each of them makes of a document of ours."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import icalendar
import pytest
import recurring_ical_events

HERE = Path(__file__).resolve().parent
CI = os.environ.get("CI", "").lower() in {"1", "true"}
DATES = "%Y-%m-%d %H:%M"
KHAL = f"""
[calendars]
[[feed]]
path = {{folder}}/feed
readonly = True
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = {DATES}
longdatetimeformat = {DATES}
[sqlite]
path = {{folder}}/khal.sqlite3
"""


class Read(NamedTuple):
    """An event, as far as every reader tells."""

    start: datetime
    end: datetime
    uid: str
    summary: str
    cancelled: bool


def missing() -> str:
    """What ical.js lacks here; empty where it can run."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (HERE / "node_modules/ical.js").is_dir():
        return "its module is not installed: npm ci --prefix tests/readers"
    return ""


def with_icalendar(document: bytes, since: datetime, until: datetime, folder: Path) -> list[Read]:
    """icalendar, and recurring-ical-events to say what there is in a span."""
    calendar = icalendar.Calendar.from_ical(document)
    found = recurring_ical_events.of(calendar).between(since, until)
    return sorted(
        Read(one.start, one.end, str(one["uid"]), str(one["summary"]), one["status"] == "CANCELLED")
        for one in found
    )


def with_ical_js(documents: list[bytes]) -> list[dict]:
    """ical.js, in one process for all of them; instants as text, as JavaScript writes them."""
    done = subprocess.run(
        ["node", "read.js"],
        cwd=HERE,
        input=json.dumps([document.decode() for document in documents]),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{missing()}\n{done.stderr}"
    return json.loads(done.stdout)


def with_ical_js_alone(document: bytes, since: datetime, until: datetime, folder: Path) -> list[Read]:
    (found,) = with_ical_js([document])
    return sorted(map(_of_ical_js, found["events"]))


def _of_ical_js(event: dict) -> Read:
    start, end = (datetime.fromisoformat(event[when]) for when in ("start", "end"))
    return Read(start, end, event["uid"], event["summary"], event["status"] == "CANCELLED")


def with_khal(document: bytes, since: datetime, until: datetime, folder: Path) -> list[Read]:
    """khal, with a home of its own, on the folder that vdirsyncer would make of the calendar."""
    feed = folder / "feed"
    feed.mkdir(parents=True)
    head, *events = document.split(b"BEGIN:VEVENT\r\n")
    for number, event in enumerate(events):
        alone = event.partition(b"END:VEVENT\r\n")[0]
        whole = b"%bBEGIN:VEVENT\r\n%bEND:VEVENT\r\nEND:VCALENDAR\r\n" % (head, alone)
        (feed / f"{number}.ics").write_bytes(whole)
    config = folder / "config"
    config.write_text(KHAL.format(folder=folder))
    fields = ("start-long", "end-long", "uid", "title", "cancelled")
    done = subprocess.run(
        [Path(sys.executable).with_name("khal"), "--config", config, "list", "--once"]
        + [word for field in fields for word in ("--json", field)]
        + [f"{since:%Y-%m-%d}", f"{until:%Y-%m-%d}"],
        env={"HOME": str(folder), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    days = (json.loads(line) for line in done.stdout.split("\n") if line)
    return sorted(_of_khal(one, *fields) for day in days for one in day)


def _of_khal(event: dict, *fields: str) -> Read:
    start, end, uid, title, cancelled = (event[field] for field in fields)
    starts, ends = (datetime.strptime(at, DATES).replace(tzinfo=UTC) for at in (start, end))
    return Read(starts, ends, uid, title, bool(cancelled.strip()))


READERS = [with_icalendar, with_khal, pytest.param(with_ical_js_alone, marks=pytest.mark.ical_js)]
