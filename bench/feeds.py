"""Calendars on PostgreSQL: a whole answer, “not changed”, and what it costs to keep slots up to date.

    .venv/bin/python bench/feeds.py [schedules] [times]

In a database of its own. Calendars go through the whole stack of the web, in one process; the floor is a
constant answer through the same stack, measured in turn with the rest.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import servers

OURS = "BENCH_OWNS_THE_DATABASE"


def in_a_database_of_its_own() -> int:
    if not servers.postgres_answers():
        raise SystemExit("PostgreSQL does not answer; set TEST_DATABASE_URL.")
    with servers.own_database() as database, tempfile.TemporaryDirectory() as var:
        given = {OURS: "1", "DATABASE_URL": database, "VAR_DIR": var}
        settings = {"DJANGO_SETTINGS_MODULE": "watchbill.settings", "PUBLIC_URL": "http://127.0.0.1:8000"}
        return subprocess.run(  # noqa: S603 - this file again
            [sys.executable, *sys.argv], env=os.environ | given | settings, check=False
        ).returncode


if OURS not in os.environ:
    sys.exit(in_a_database_of_its_own())

import django

django.setup()

from django.core.management import call_command
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from oncall import actions, calendars
from oncall.actions import slots
from oncall.actions.feeds import issue_feed
from oncall.core.definition import Definition
from oncall.models import Feed, Override, Schedule, Slot
from people.actions import create_user
from people.ledger.record import Actor
from people.models import User
from watchbill import urls

NOW = datetime.now(UTC).replace(microsecond=0)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BENCH = Actor("the benchmark")
PEOPLE, OVERRIDES = 8, 50
WORKED = ["mon", "tue", "wed", "thu", "fri"]
EVENINGS = [{"days": WORKED, "start": "18:00", "end": "23:00"}]
WEEKENDS = [{"days": ["sat", "sun"], "start": "09:00", "end": "21:00"}]


def measured(
    what: dict[str, Callable[[], object]], times: int, before: Callable[[str], object] = str
) -> None:
    """Print the median of each, all in turn: a slow moment of the machine is one of all.

    What is done `before` each, by its name, is not in its time.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in what}
    for _ in range(times + 3):
        for name, run in what.items():
            before(name)
            begun, used = perf_counter(), process_time()
            run()
            taken[name].append(((perf_counter() - begun) * 1000, (process_time() - used) * 1000))
    floor = 0.0
    for name, rows in taken.items():
        wall, own = zip(*rows[3:], strict=True)  # the first three warm it up
        median = statistics.median(wall)
        floor = floor or median
        print(
            f"{name:<28} median {median:7.2f} ms   best {min(wall):7.2f} ms   "
            f"this process {statistics.median(own):7.2f} ms   {median / floor:5.1f} x the first",
            flush=True,
        )


def definition(people: list[User]) -> Definition:
    """Three layers of eight people: days, and evenings and weekends over them."""
    who = {
        "participants": [person.pk for person in people],
        "start": "2020-01-06T09:00",
        "shift_length": "1d",
    }
    layers = [
        {"name": "All", **who},
        {"name": "Evenings", **who, "restrictions": EVENINGS},
        {"name": "Weekends", **who, "restrictions": WEEKENDS},
    ]
    return Definition.from_json({"roles": {"primary": {"layers": layers}}})


def create(name: str, people: list[User]) -> Schedule:
    return actions.create_schedule(
        name=name,
        team=None,
        time_zone="Europe/Paris",
        holidays="",
        definition=definition(people),
        by=BENCH,
        now=NOW,
    )


def lay(start: datetime, hours: int, user: User, among: list[Schedule]) -> None:
    """A cover over each of the schedules, as the verb would leave it."""
    span = {"role": "primary", "start": start, "end": start + hours * HOUR, "created_at": NOW}
    Override.objects.bulk_create(Override(schedule=schedule, user=user, **span) for schedule in among)
    touched = Schedule.objects.filter(pk__in=[schedule.pk for schedule in among])
    touched.update(revision=F("revision") + 1)


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(constant.body)


class Program:
    """A calendar program that polls."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.known = ""

    def get(self, status: int = 200, **headers: str) -> HttpResponse:
        answer = self.client.get(self.address, headers=headers)
        assert answer.status_code == status, answer.status_code
        self.known = answer.get("ETag", "")
        return answer

    def again(self) -> HttpResponse:
        return self.get(304, **{"If-None-Match": self.known})


def forget(name: str) -> None:
    """Before a cold answer: nobody served the calendar before, nor any other with the same texts."""
    if name.endswith("cold"):
        calendars._text.cache_clear()  # noqa: SLF001
        Feed.objects.update(etag="", rests_on="", fresh_until=None)


def calendars_of(schedule: Schedule, user: User, times: int) -> None:
    everyone = Program(f"/ical/{issue_feed(owner=schedule, by=BENCH, now=NOW)}.ics")
    person = Program(f"/ical/{issue_feed(owner=user, by=BENCH, now=NOW)}.ics")
    for name, program in {"schedule": everyone, "person": person}.items():
        body = program.get().content
        print(f"calendar of a {name}, 210 days: {body.count(b'BEGIN:VEVENT')} events, {len(body)} bytes")
    constant.body = everyone.get().content
    measured(
        {
            "floor: a constant answer": Program("/floor.ics").get,
            "of a schedule, cold": everyone.get,
            "of a schedule, known texts": everyone.get,
            "of a schedule, 304": everyone.again,
            "of a person, cold": person.get,
            "of a person, known texts": person.get,
            "of a person, 304": person.again,
        },
        times,
        before=forget,
    )


def publishing(schedule: Schedule, user: User, times: int) -> None:
    covers = iter(range(10_000))

    def changed() -> None:
        lay(NOW + 170 * DAY + next(covers) * 2 * HOUR, 1, user, [schedule])
        publish()

    def publish() -> None:
        assert slots.publish(schedule_id=schedule.pk, now=datetime.now(UTC))

    measured({"publish, nothing changed": publish, "publish, one more cover": changed}, times)


def chore(what: str, count: int, now: datetime) -> None:
    """One pass of the keeper over everything that is due."""
    begun, used = perf_counter(), process_time()
    done = 0
    while found := slots.publish_due(clock=lambda: now, limit=10):
        done += found
    assert done == count, done
    wall, own = perf_counter() - begun, process_time() - used
    each = f"{wall / count * 1000:6.2f} ms each" if count else ""
    print(f"{what:<40} {wall:7.2f} s   this process {own:7.2f} s   {each}", flush=True)


def keeping(schedules: int, people: list[User]) -> None:
    many = [create(f"Schedule {number}", people) for number in range(schedules)]
    now = datetime.now(UTC)
    chore(f"chore: {schedules} new", schedules, now)
    print(f"{Slot.objects.count()} slots")
    chore("chore: nothing to do", 0, now)
    lay(NOW + 10 * DAY, 3, people[0], many)
    chore(f"chore: {schedules} changed by a cover", schedules, now + HOUR)
    Schedule.objects.update(published_at=now - DAY - HOUR)
    chore(f"chore: {schedules + 1} a day old, unchanged", schedules + 1, now)


def main(schedules: int = 1000, times: int = 50) -> None:
    call_command("migrate", verbosity=0)
    urls.urlpatterns.insert(0, path("floor.ics", constant))
    people = [create_user(username=f"p{n}", name=f"Person {n}", by=BENCH, now=NOW) for n in range(PEOPLE)]
    checkout = create("Checkout", people)
    for number in range(OVERRIDES):
        lay(NOW + number * 3 * DAY, 7, people[number % PEOPLE], [checkout])
    calendars_of(checkout, people[0], times)
    publishing(checkout, people[0], times)
    keeping(schedules, people)


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
